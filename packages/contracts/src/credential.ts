import { z } from 'zod'

// Credentials as an owner types them in. Secrets go in and never come out.

/** The fewest characters of a secret: shorter ones would be found by chance when answers are scrubbed. */
export const secretCharsMin = 8

const secret = z
  .string()
  .min(secretCharsMin, `must have at least ${secretCharsMin} characters`)
  .max(16_384, 'must have at most 16384 characters')
  .regex(/^[\x20-\x7e]*$/, 'must hold only printable ASCII: it is sent in a header or a URL')
  .regex(/^\S.*\S$/s, 'must not begin or end with white space')

export const headerName = z
  .string()
  .regex(/^[A-Za-z0-9!#$%&'*+.^_`|~-]{1,100}$/, 'must be a header name (RFC 9110)')

/** One scope of OAuth (RFC 6749 §3.3). */
export const Scope = z
  .string()
  .min(1)
  .max(200)
  .regex(
    /^[\x21\x23-\x5b\x5d-\x7e]+$/,
    'must be one scope: printable ASCII without spaces, " and \\',
  )
export const Scopes = z.array(Scope).max(100)

/** An endpoint of an authorization server: an absolute URL without a fragment (RFC 6749 §3.1). */
export const EndpointUrl = z
  .string()
  .max(2000)
  .refine(isEndpoint, 'must be an absolute https URL without user name, password or fragment')

function isEndpoint(text: string): boolean {
  if (!/^[\x21-\x7e]+$/.test(text) || !URL.canParse(text)) return false
  const { protocol, username, password } = new URL(text)
  // Plain http is possible inside the ranges that the operator listed, as for every upstream.
  return /^https?:$/.test(protocol) && username === '' && password === '' && !text.includes('#')
}

/** A client id, as the provider gave it (RFC 6749 appendix A.1). */
export const ClientId = z
  .string()
  .trim()
  .min(1, 'must not be empty')
  .max(500)
  .regex(/^[\x20-\x7e]*$/, 'must be printable ASCII')
export const ClientSecret = z
  .string()
  .min(secretCharsMin, `must have at least ${secretCharsMin} characters`)
  .max(2000)
  .regex(/^[\x20-\x7e]*$/, 'must be printable ASCII')
  .regex(/^\S.*\S$/s, 'must not begin or end with white space')
/** A private key that signs client assertions: PKCS #8 in PEM, or a JWK as JSON. */
export const PrivateKeyText = z.string().trim().min(50, 'must be a private key').max(20_000)
export const KeyId = z
  .string()
  .max(500)
  .regex(/^[\x20-\x7e]+$/, 'must be printable ASCII')

/** How a client proves itself at the token endpoint (OpenID Connect Core §9); `none`: a public client. */
export const clientAuthentications = [
  'client_secret_basic',
  'client_secret_post',
  'private_key_jwt',
  'none',
] as const
export const ClientAuthentication = z.enum(clientAuthentications)
export type ClientAuthentication = z.infer<typeof ClientAuthentication>

const awsName = z.string().regex(/^[a-z0-9-]{1,64}$/, 'must be letters, digits and -')

/** What stands before a key in its header. */
const keyPrefix = z
  .string()
  .max(64)
  .regex(/^[\x20-\x7e]*$/, 'must be printable ASCII')

/** Keys that go on as they stand: one of these is a credential, and several of them together are one too. */
const staticKeys = [
  z.strictObject({ kind: z.literal('bearer'), token: secret }),
  z.strictObject({
    kind: z.literal('header'),
    name: headerName,
    value: secret,
    prefix: keyPrefix.optional(),
  }),
  z.strictObject({
    kind: z.literal('query'),
    name: z.string().regex(/^[A-Za-z0-9._~-]{1,100}$/, 'must be letters, digits and . _ ~ -'),
    value: secret,
  }),
  z.strictObject({
    kind: z.literal('basic'),
    username: z
      .string()
      .max(256)
      .regex(/^[\x20-\x39\x3b-\x7e]*$/, 'must be printable ASCII without a colon'),
    password: secret,
  }),
  z.strictObject({
    kind: z.literal('path'),
    placeholder: z
      .string()
      .regex(
        /^[A-Za-z0-9_-]{1,64}$/,
        'must be letters, digits, _ and -; written {placeholder} in the URL',
      ),
    value: secret.regex(
      /^[A-Za-z0-9._~:@!$&'()*+,;=-]+$/,
      'must hold only characters that a path segment may',
    ),
  }),
  z.strictObject({
    kind: z.literal('cookie'),
    name: z
      .string()
      .regex(/^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,100}$/, 'must be a cookie name (RFC 6265)'),
    value: secret.regex(
      /^[\x21\x23-\x2b\x2d-\x3a\x3c-\x5b\x5d-\x7e]+$/,
      'must hold only characters that a cookie may (RFC 6265)',
    ),
  }),
] as const

export const CredentialInput = z.discriminatedUnion('kind', [
  ...staticKeys,
  z.strictObject({ kind: z.literal('none') }).meta({
    description: 'No credential: for APIs that are open to everybody',
  }),
  z
    .strictObject({
      kind: z.literal('caller'),
      place: z.enum(['header', 'query', 'cookie']),
      name: headerName.meta({ description: 'Of the header, the parameter or the cookie' }),
      prefix: keyPrefix.optional().meta({ description: 'Before it, in a header: Bearer' }),
    })
    .meta({
      description:
        'Nothing is kept: each caller sends a credential of its own with every call (header Sallyport-Caller-Credential), which the vault puts where this says and forgets',
    }),
  z
    .strictObject({
      kind: z.literal('several'),
      parts: z
        .array(z.discriminatedUnion('kind', [...staticKeys]))
        .min(2)
        .max(5),
    })
    .meta({ description: 'All of them go on every request, each in a place of its own' }),
  z
    .strictObject({
      kind: z.literal('oauth2'),
      refreshToken: secret,
      scopes: Scopes.optional().meta({ description: 'What it was granted for, where known' }),
    })
    .meta({
      description:
        'A refresh token that was got elsewhere, for the client of the workspace’s OAuth app. Accounts are else connected by POST /connections/start',
    }),
  z.strictObject({
    kind: z.literal('oauth2-client-credentials'),
    tokenEndpoint: EndpointUrl,
    clientId: ClientId,
    clientAuthentication: ClientAuthentication.exclude(['none']).default('client_secret_basic'),
    clientSecret: ClientSecret.optional(),
    privateKey: PrivateKeyText.optional().meta({ description: 'For private_key_jwt (RFC 7523)' }),
    keyId: KeyId.optional(),
    scopes: Scopes.default([]),
    audience: z.string().max(1000).optional().meta({
      description: 'Some servers want to be told for whom the token is',
    }),
    resource: EndpointUrl.optional().meta({ description: 'RFC 8707' }),
  }),
  z.strictObject({
    kind: z.literal('jwt-service-account'),
    tokenEndpoint: EndpointUrl.default('https://oauth2.googleapis.com/token'),
    issuer: z.string().min(1).max(500).meta({ description: 'client_email of a Google key file' }),
    privateKey: PrivateKeyText,
    keyId: KeyId.optional(),
    scopes: Scopes.min(1, 'must name at least one scope'),
    subject: z.string().min(1).max(500).optional().meta({
      description: 'The user to act for (domain-wide delegation)',
    }),
    audience: z.string().max(1000).optional().meta({
      description: 'The token endpoint unless given',
    }),
  }),
  z.strictObject({
    kind: z.literal('aws-sigv4'),
    accessKeyId: z.string().regex(/^[A-Z0-9]{16,128}$/, 'must be an access key id such as AKIA…'),
    secretAccessKey: secret,
    sessionToken: secret.optional(),
    region: awsName.optional().meta({
      description: 'Read from the host where it is not given: service.region.amazonaws.com',
    }),
    service: awsName.optional(),
  }),
])
export type CredentialInput = z.infer<typeof CredentialInput>
/** The kinds that an owner can give. */
export const inputCredentialKinds = [
  'bearer',
  'header',
  'query',
  'basic',
  'path',
  'cookie',
  'none',
  'caller',
  'several',
  'oauth2',
  'oauth2-client-credentials',
  'jwt-service-account',
  'aws-sigv4',
] as const
/** All kinds that there are: `upstream` is what an upstream MCP server is given, which only its own settings make. */
export const credentialKinds = [...inputCredentialKinds, 'upstream'] as const
export type CredentialKind = (typeof credentialKinds)[number]
