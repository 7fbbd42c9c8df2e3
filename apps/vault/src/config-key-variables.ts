import { z } from 'zod'

// Where the root key comes from: each variable with its form, its default and what it is for.

/** Form of a root key in a variable. */
const rootKeyText = z
  .string()
  .trim()
  .regex(
    /^[A-Za-z0-9+/_-]{43}=?$/,
    'must be 32 random bytes in base64 (44 characters), such as `openssl rand -base64 32` prints',
  )
const httpUrl = z
  .string()
  .refine(
    (text) =>
      /^https?:\/\//.test(text) &&
      URL.canParse(text) &&
      [new URL(text).username, new URL(text).search, new URL(text).hash].every((part) => !part),
    'must be an http or https URL without user, query or fragment',
  )
  // Tokens and the root key itself pass there.
  .refine(
    (text) => text.startsWith('https:') || (URL.canParse(text) && isHere(new URL(text).hostname)),
    'must be https, but for an address of this machine (localhost, 127.0.0.1 or ::1)',
  )
const isHere = (hostname: string) => /^(?:localhost|127(?:\.\d+){3}|\[::1\])$/.test(hostname)
const pathPart = (what: string) =>
  z.string().regex(/^[A-Za-z0-9_][A-Za-z0-9_./-]*$/, `must be ${what}: letters, digits, _ . / -`)
const headerValue = z.string().regex(/^[!-~]+$/, 'must be printable ASCII without spaces')

/** Stands in the environment of many machines whose vault needs none of it: read only where AWS KMS is asked for. */
const fromAws = z.string().optional()

/** Root key, its successor, and the KMS that can hold both. */
export const keyVariables = {
  SALLYPORT_ROOT_KEY: {
    schema: rootKeyText.optional(),
    secret: true,
    about:
      'The root key, 32 bytes in base64. Unset and embedded: made once in the data directory (root-key, mode 0600). Without it nothing that is stored can be opened.',
    fallback: 'made at first start',
  },
  SALLYPORT_ROOT_KEY_NEXT: {
    schema: rootKeyText.optional(),
    secret: true,
    about:
      'The key that replaces the root key, while it does: every replica gets it before `sallyport keys rotate root` is run. See docs/keys.md.',
    fallback: 'none',
  },
  SALLYPORT_KMS: {
    schema: z.enum(['transit', 'aws-kms']).optional(),
    about:
      'Who keeps the root key: `transit` (HashiCorp Vault or OpenBao) or `aws-kms`. The vault makes the key, and stores only what the KMS has encrypted.',
    fallback: 'none: the operator keeps it',
  },
  SALLYPORT_KMS_KEY: {
    schema: pathPart('a name or an ARN')
      .or(z.string().regex(/^(arn:|alias\/)[A-Za-z0-9_:/-]+$/))
      .optional(),
    about: 'The key in the KMS: its name in transit; the id, alias or ARN in AWS.',
    fallback: 'required with SALLYPORT_KMS',
  },
  SALLYPORT_KMS_URL: {
    schema: httpUrl.optional(),
    about:
      'Where the KMS is. Required for transit (what VAULT_ADDR says); in AWS only for an endpoint of your own. Private addresses are fine; http only on this machine.',
    fallback: 'https://kms.<region>.amazonaws.com for aws-kms',
  },
  SALLYPORT_KMS_CA_FILE: {
    schema: z.string().min(1).optional(),
    about:
      'A PEM file with the certificate authority of the KMS, where the system does not know it.',
    fallback: 'the system’s',
  },
  SALLYPORT_KMS_TOKEN: {
    schema: headerValue.optional(),
    secret: true,
    about:
      'The token for transit. As a file it is read again for every request, so that an agent beside the vault may renew it.',
    fallback: 'required for transit, unless a role signs in',
  },
  SALLYPORT_KMS_ROLE: {
    schema: pathPart('a role').optional(),
    about:
      'The role with which the vault signs in to transit as its Kubernetes service account, instead of a token.',
    fallback: 'none',
  },
  SALLYPORT_KMS_MOUNT: {
    schema: pathPart('a path').default('transit'),
    about: 'Where the transit engine is mounted.',
    fallback: 'transit',
  },
  SALLYPORT_KMS_NAMESPACE: {
    schema: headerValue.optional(),
    about: 'The namespace of HashiCorp Vault Enterprise or OpenBao.',
    fallback: 'none',
  },
  AWS_REGION: {
    schema: fromAws,
    about: 'The region of AWS KMS, where the ARN of the key does not say it.',
    fallback: 'that of the ARN',
  },
  AWS_ACCESS_KEY_ID: {
    schema: fromAws,
    about: 'Credentials for AWS KMS, with AWS_SECRET_ACCESS_KEY.',
    fallback: 'none',
  },
  AWS_SECRET_ACCESS_KEY: {
    schema: fromAws,
    secret: true,
    about: 'Goes with AWS_ACCESS_KEY_ID.',
    fallback: 'none',
  },
  AWS_SESSION_TOKEN: {
    schema: fromAws,
    secret: true,
    about: 'Goes with temporary credentials.',
    fallback: 'none',
  },
  AWS_WEB_IDENTITY_TOKEN_FILE: {
    schema: fromAws,
    about:
      'Credentials for AWS KMS by web identity (EKS service accounts), with AWS_ROLE_ARN. Read again whenever they have run out.',
    fallback: 'none',
  },
  AWS_ROLE_ARN: {
    schema: fromAws,
    about: 'The role of AWS_WEB_IDENTITY_TOKEN_FILE.',
    fallback: 'none',
  },
  AWS_CONTAINER_CREDENTIALS_FULL_URI: {
    schema: fromAws,
    about:
      'Credentials for AWS KMS from the container’s own endpoint (ECS, EKS Pod Identity), set by AWS.',
    fallback: 'none',
  },
  AWS_CONTAINER_CREDENTIALS_RELATIVE_URI: {
    schema: fromAws,
    about: 'The same as a path at 169.254.170.2, set by ECS.',
    fallback: 'none',
  },
  AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE: {
    schema: fromAws,
    about: 'A file with what is sent along to that endpoint, set by AWS.',
    fallback: 'none',
  },
} as const satisfies Record<
  string,
  { schema: z.ZodType; about: string; fallback: string; secret?: true }
>
