import { ActionTemplate, Origin, OriginPattern } from '@sallyport/contracts'
import { z } from 'zod'

// What the catalog says of providers (vendors) and services (their products). Facts, from the providers' own documentation.

const slug = z.string().regex(/^[a-z0-9]+(-[a-z0-9]+)*$/)
const link = z.url({ protocol: /^https$/ })
/** An endpoint; `{name}` stands for one of the provider's parameters, which an owner gives with the OAuth app. */
const endpoint = z.string().regex(/^https:\/\/[^\s#]+$/)
const scope = z
  .string()
  .regex(/^[\x21\x23-\x5b\x5d-\x7e]+$/)
  .max(200)

/** How accounts of a provider are connected by OAuth 2 (RFC 6749), where it departs from the standard included. */
export const OAuthProvider = z.strictObject({
  /** Where the provider publishes its metadata (RFC 8414, OpenID Connect Discovery); what stands here beside it wins. */
  issuer: link.optional(),
  authorizationEndpoint: endpoint,
  tokenEndpoint: endpoint,
  /** RFC 7009. */
  revocationEndpoint: endpoint.optional(),
  /** RFC 8628. */
  deviceAuthorizationEndpoint: endpoint.optional(),
  /** What `{name}` in endpoints stands for: an owner gives it. */
  parameters: z
    .array(
      z.strictObject({
        name: z.string().regex(/^[a-z][A-Za-z0-9]*$/),
        label: z.string().min(1).max(80),
        example: z.string().min(1).max(80),
        /** Taken where the owner gives none. */
        fallback: z.string().min(1).max(80).optional(),
      }),
    )
    .default([]),
  /** How the client proves itself at the token endpoint (OpenID Connect Core §9). `none`: a public client. */
  clientAuthentication: z.enum([
    'client_secret_basic',
    'client_secret_post',
    'private_key_jwt',
    'none',
  ]),
  /** Takes PKCE with S256 (RFC 7636). It is sent in any case unless the provider refuses it. */
  pkce: z.boolean().default(true),
  /** Between the scopes of one request: a space (RFC 6749 §3.3), unless the provider departs from it. */
  scopeSeparator: z.enum([' ', ',']).default(' '),
  /** Further parameters of the authorization request, such as `access_type=offline`. */
  authorizationParameters: z.record(z.string(), z.string()).default({}),
  /** Asked for in any case: what makes the provider give a refresh token, and say whose account it is. */
  baseScopes: z.array(scope).default([]),
  /** Every scope that the catalog names, in plain words that follow "may". */
  scopes: z.record(scope, z.string().min(1).max(160)),
  /** What the provider may write before a scope when it says what was granted, though nobody asked with it. */
  scopePrefix: link.optional(),
  /** Wider scopes with the narrower ones that they include. */
  scopeIncludes: z.record(scope, z.array(scope).min(1)).default({}),
  /** `rotating`: each refresh gives a new refresh token. `none`: access tokens last until they are revoked. */
  refreshTokens: z.enum(['rotating', 'lasting', 'none']),
  /** Revoking one token (RFC 7009) ends all that the account ever granted to the client, the tokens of other sign-ins too. */
  revokesWholeAccount: z.boolean().default(false),
  /** Days after which a refresh token that is not used ends. */
  idleDays: z.number().int().min(1).optional(),
  /** How an owner makes an OAuth app of their own there. */
  registration: z.strictObject({
    url: link,
    steps: z.array(z.string().min(1).max(300)).min(1).max(8),
  }),
  documentation: link,
})
export type OAuthProvider = z.infer<typeof OAuthProvider>

/** A vendor. */
export const Provider = z.strictObject({
  id: slug,
  name: z.string().min(1).max(60),
  documentation: link,
  oauth: OAuthProvider.optional(),
})
export type Provider = z.infer<typeof Provider>

/** What every credential that is typed in says of itself. */
const typedIn = {
  /** What the provider calls it: `Personal access token`. */
  label: z.string().min(1).max(80),
  /** How to get it, in one sentence. */
  hint: z.string().min(1).max(300),
  /** The page on which it is made, or that says how. */
  url: link,
}

/** One of several keys that a service wants together. */
const SlotPart = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('bearer'), label: typedIn.label }),
  z.strictObject({
    kind: z.literal('header'),
    name: z.string().min(1),
    prefix: z.string().optional(),
    label: typedIn.label,
  }),
  z.strictObject({ kind: z.literal('query'), name: z.string().min(1), label: typedIn.label }),
])

/** One way in which a service takes credentials; the first of a service is the one that is offered first. */
export const CredentialSlot = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('oauth2'), scopes: z.array(scope).default([]) }),
  z.strictObject({ kind: z.literal('bearer'), ...typedIn }),
  z.strictObject({
    kind: z.literal('header'),
    name: z.string().min(1),
    prefix: z.string().optional(),
    ...typedIn,
  }),
  z.strictObject({ kind: z.literal('query'), name: z.string().min(1), ...typedIn }),
  z.strictObject({
    kind: z.literal('basic'),
    /** What the user name is there. */
    usernameLabel: z.string().min(1).max(80),
    /** Where it is always the same. */
    username: z.string().optional(),
    ...typedIn,
  }),
  z.strictObject({ kind: z.literal('path'), placeholder: z.string().min(1), ...typedIn }),
  z.strictObject({
    kind: z.literal('several'),
    parts: z.array(SlotPart).min(2).max(5),
    ...typedIn,
  }),
  z.strictObject({
    kind: z.literal('oauth2-client-credentials'),
    tokenEndpoint: endpoint,
    scopes: z.array(scope).default([]),
    ...typedIn,
  }),
  z.strictObject({ kind: z.literal('jwt-service-account'), tokenEndpoint: endpoint, ...typedIn }),
  z.strictObject({ kind: z.literal('aws-sigv4'), ...typedIn }),
])
export type CredentialSlot = z.infer<typeof CredentialSlot>

export const serviceCategories = [
  'mail-and-calendar',
  'files-and-documents',
  'chat',
  'development',
  'projects',
  'business',
  'ai',
  'infrastructure',
  'other',
] as const

/** One product of a vendor, as the catalog describes it. */
export const Service = z.strictObject({
  id: slug,
  name: z.string().min(1).max(60),
  provider: slug,
  category: z.enum(serviceCategories),
  /** A simple-icons slug; a service without one there is shown by its first letter. */
  icon: slug,
  /** A workspace keeps at most one connection to it, so that agents may name the service instead. */
  singleton: z.boolean(),
  /** Where its credential may go. Empty: the owner says. */
  origins: z.array(Origin),
  /** Where each customer has a host of their own: what it looks like, with `*` for the part that differs, and an example. */
  originPattern: z.strictObject({ pattern: OriginPattern, example: Origin }).optional(),
  /** Headers beside the usual ones that its clients send. */
  requestHeaders: z.array(z.string().regex(/^[a-z0-9-]+$/)).default([]),
  /** Headers beside the usual ones that its clients want to see. */
  responseHeaders: z.array(z.string().regex(/^[a-z0-9-]+$/)).default([]),
  /** Some of its identifiers hold an encoded slash. */
  allowEncodedSlash: z.boolean().default(false),
  credentials: z.array(CredentialSlot),
  /** A GET that proves the credential and changes nothing: a path at its first origin, or at the one that is named. */
  probe: z
    .strictObject({ origin: Origin.optional(), path: z.string().regex(/^\/[\x21-\x7e]*$/) })
    .optional(),
  documentation: link,
  actions: z.array(ActionTemplate),
})
export type Service = z.infer<typeof Service>

/** What one file of `services/` says: a vendor and its products. */
export interface Vendor {
  readonly provider: z.input<typeof Provider>
  readonly services: readonly z.input<typeof Service>[]
}
