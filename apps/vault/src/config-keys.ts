import type { z } from 'zod'
import type { keyVariables } from './config-key-variables.ts'

/** A value that does not print. */
interface Hidden {
  reveal(): string
}

/** Where the root key comes from. */
export interface KeyConfig {
  /** As text, 32 bytes in base64. Undefined: in the data directory, or with a KMS. */
  readonly rootKey: Hidden | undefined
  /** The file that it stood in, whose successor is looked for beside it. */
  readonly rootKeyFile: string | undefined
  readonly rootKeyNext: Hidden | undefined
  readonly kms: KmsConfig | undefined
}

/** A KMS that encrypts root keys. */
export type KmsConfig = TransitConfig | AwsKmsConfig

export interface TransitConfig {
  readonly kind: 'transit'
  /** Without a slash at its end. */
  readonly url: string
  readonly key: string
  readonly mount: string
  readonly namespace: string | undefined
  readonly caFile: string | undefined
  readonly signIn:
    | { readonly by: 'token'; readonly token: Hidden }
    | { readonly by: 'token-file'; readonly path: string }
    | { readonly by: 'kubernetes'; readonly role: string }
}

export interface AwsKmsConfig {
  readonly kind: 'aws-kms'
  readonly key: string
  readonly region: string
  readonly url: string
  readonly caFile: string | undefined
  readonly credentials: AwsCredentialsConfig
}

/** How credentials of AWS are got. */
export type AwsCredentialsConfig =
  | {
      readonly by: 'keys'
      readonly accessKeyId: string
      readonly secretAccessKey: Hidden
      readonly sessionToken: Hidden | undefined
    }
  | { readonly by: 'web-identity'; readonly roleArn: string; readonly tokenFile: string }
  | { readonly by: 'container'; readonly url: string; readonly tokenFile: string | undefined }

type Data = z.output<
  z.ZodObject<{ [Name in keyof typeof keyVariables]: (typeof keyVariables)[Name]['schema'] }>
>
type Hide = (text: string | undefined) => Hidden | undefined
/** The paths that `<NAME>_FILE` gave. */
type FileOf = (name: string) => string | undefined

/** The host of credentials in ECS; link-local, so it is spoken to without TLS. */
const ecsCredentialsOrigin = 'http://169.254.170.2'

/** What the variables of the root key say together. Throws an Error with a sentence where they do not fit. */
export function readKeys(data: Data, hide: Hide, fileOf: FileOf): KeyConfig {
  return Object.freeze({
    rootKey: hide(data.SALLYPORT_ROOT_KEY),
    rootKeyFile: fileOf('SALLYPORT_ROOT_KEY'),
    rootKeyNext: hide(data.SALLYPORT_ROOT_KEY_NEXT),
    kms: readKms(data, hide, fileOf),
  })
}

function readKms(data: Data, hide: Hide, fileOf: FileOf): KmsConfig | undefined {
  if (data.SALLYPORT_KMS === undefined) return undefined
  const key = data.SALLYPORT_KMS_KEY
  if (key === undefined) throw new Error('SALLYPORT_KMS_KEY must be set where SALLYPORT_KMS is')
  return data.SALLYPORT_KMS === 'transit'
    ? readTransit(data, key, { hide, fileOf })
    : readAws(data, key, hide)
}

function readTransit(
  data: Data,
  key: string,
  { hide, fileOf }: { hide: Hide; fileOf: FileOf },
): TransitConfig {
  const url = data.SALLYPORT_KMS_URL?.replace(/\/+$/, '')
  if (url === undefined) throw new Error('SALLYPORT_KMS_URL must be set for transit')
  const token = hide(data.SALLYPORT_KMS_TOKEN)
  const tokenFile = fileOf('SALLYPORT_KMS_TOKEN')
  const role = data.SALLYPORT_KMS_ROLE
  if ((token === undefined) === (role === undefined)) {
    throw new Error(
      'SALLYPORT_KMS_TOKEN (or SALLYPORT_KMS_TOKEN_FILE) or SALLYPORT_KMS_ROLE must be set for transit: one of them',
    )
  }
  return {
    kind: 'transit',
    ...{ url, key, mount: data.SALLYPORT_KMS_MOUNT, namespace: data.SALLYPORT_KMS_NAMESPACE },
    caFile: data.SALLYPORT_KMS_CA_FILE,
    signIn:
      role !== undefined
        ? { by: 'kubernetes', role }
        : tokenFile !== undefined
          ? { by: 'token-file', path: tokenFile }
          : { by: 'token', token: token as Hidden },
  }
}

function readAws(data: Data, key: string, hide: Hide): AwsKmsConfig {
  const region = /^arn:[^:]+:kms:([a-z0-9-]+):/.exec(key)?.[1] ?? data.AWS_REGION
  if (region === undefined || !/^[a-z0-9-]+$/.test(region)) {
    throw new Error(
      'AWS_REGION must be set, to a region such as eu-central-1, where SALLYPORT_KMS_KEY is no ARN',
    )
  }
  const suffix = region.startsWith('cn-') ? '.amazonaws.com.cn' : '.amazonaws.com'
  return {
    kind: 'aws-kms',
    ...{ key, region },
    url: data.SALLYPORT_KMS_URL?.replace(/\/+$/, '') ?? `https://kms.${region}${suffix}`,
    caFile: data.SALLYPORT_KMS_CA_FILE,
    credentials: readAwsCredentials(data, hide),
  }
}

function readAwsCredentials(data: Data, hide: Hide): AwsCredentialsConfig {
  const secretAccessKey = hide(data.AWS_SECRET_ACCESS_KEY)
  if (data.AWS_ACCESS_KEY_ID !== undefined && secretAccessKey !== undefined) {
    const sessionToken = hide(data.AWS_SESSION_TOKEN)
    return { by: 'keys', accessKeyId: data.AWS_ACCESS_KEY_ID, secretAccessKey, sessionToken }
  }
  const tokenFile = data.AWS_WEB_IDENTITY_TOKEN_FILE
  if (tokenFile !== undefined && data.AWS_ROLE_ARN !== undefined) {
    return { by: 'web-identity', roleArn: data.AWS_ROLE_ARN, tokenFile }
  }
  const relative = data.AWS_CONTAINER_CREDENTIALS_RELATIVE_URI
  const url =
    data.AWS_CONTAINER_CREDENTIALS_FULL_URI ??
    (relative === undefined ? undefined : `${ecsCredentialsOrigin}${relative}`)
  if (url !== undefined && URL.canParse(url)) {
    return { by: 'container', url, tokenFile: data.AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE }
  }
  throw new Error(
    'AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_WEB_IDENTITY_TOKEN_FILE and AWS_ROLE_ARN, or a container’s AWS_CONTAINER_CREDENTIALS_FULL_URI must be set for aws-kms',
  )
}
