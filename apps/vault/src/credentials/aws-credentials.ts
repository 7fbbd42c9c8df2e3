import { Buffer } from 'node:buffer'
import { z } from 'zod'
import { askKms, garbage, type SendToKms } from './kms.ts'
import { RootKeyError } from './root-key-error.ts'

/** A key pair of AWS. */
export interface AwsCredentials {
  readonly accessKeyId: string
  readonly secretAccessKey: string
  readonly sessionToken?: string | undefined
}

/** How credentials are got, each as AWS's own tools get them. */
export type AwsCredentialSource =
  | ({ readonly by: 'keys' } & AwsCredentials)
  | {
      readonly by: 'web-identity'
      readonly roleArn: string
      readonly readToken: () => string
      /** Of the security token service of the region. */
      readonly url: string
    }
  | {
      readonly by: 'container'
      readonly url: string
      readonly readToken: (() => string) | undefined
    }

const FromContainer = z.object({
  AccessKeyId: z.string().min(1),
  SecretAccessKey: z.string().min(1),
  Token: z.string().min(1),
})
const FromSts = z.object({
  AssumeRoleWithWebIdentityResponse: z.object({
    AssumeRoleWithWebIdentityResult: z.object({
      Credentials: z.object({
        AccessKeyId: z.string().min(1),
        SecretAccessKey: z.string().min(1),
        SessionToken: z.string().min(1),
      }),
    }),
  }),
})

/**
 * Gets credentials; a KMS is asked at a start and at a rotation, so they are got each time. Throws a RootKeyError. A container's
 * endpoint is spoken to in the clear only where AWS has it: on this machine, or at its two link-local addresses.
 */
export async function getAwsCredentials(
  source: AwsCredentialSource,
  send: SendToKms,
): Promise<AwsCredentials> {
  if (source.by === 'keys') return source
  const what = 'Getting credentials of AWS'
  if (source.by === 'container') {
    requireLocal(source.url)
    const { readToken } = source
    const answer = await askKms(send, {
      what,
      request: () => ({
        method: 'GET' as const,
        url: source.url,
        headers: readToken === undefined ? [] : [['authorization', readToken()] as const],
      }),
    })
    const parsed = FromContainer.safeParse(answer)
    if (!parsed.success) throw garbage(what)
    const { AccessKeyId: accessKeyId, SecretAccessKey: secretAccessKey, Token } = parsed.data
    return { accessKeyId, secretAccessKey, sessionToken: Token }
  }
  const answer = await askKms(send, {
    what,
    request: () => ({
      method: 'POST' as const,
      url: `${source.url}/`,
      headers: [
        ['content-type', 'application/x-www-form-urlencoded'],
        ['accept', 'application/json'],
      ],
      body: Buffer.from(assumeRole(source), 'utf8'),
    }),
  })
  const parsed = FromSts.safeParse(answer)
  if (!parsed.success) throw garbage(what)
  const { AccessKeyId, SecretAccessKey, SessionToken } =
    parsed.data.AssumeRoleWithWebIdentityResponse.AssumeRoleWithWebIdentityResult.Credentials
  return {
    accessKeyId: AccessKeyId,
    secretAccessKey: SecretAccessKey,
    sessionToken: SessionToken,
  }
}

const assumeRole = (source: { readonly roleArn: string; readonly readToken: () => string }) =>
  new URLSearchParams({
    Action: 'AssumeRoleWithWebIdentity',
    Version: '2011-06-15',
    RoleArn: source.roleArn,
    RoleSessionName: 'sallyport',
    WebIdentityToken: source.readToken(),
  }).toString()

const localHosts = /^(localhost|127\.\d+\.\d+\.\d+|\[::1\]|169\.254\.170\.(2|23)|\[fd00:ec2::23\])$/

function requireLocal(url: string): void {
  const { protocol, hostname } = new URL(url)
  if (protocol === 'https:' || localHosts.test(hostname)) return
  throw new RootKeyError(
    'AWS_CONTAINER_CREDENTIALS_FULL_URI must be an https URL, or one of this machine or of AWS’s own addresses.',
  )
}
