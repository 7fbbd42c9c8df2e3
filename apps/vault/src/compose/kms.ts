import { readFileSync } from 'node:fs'
import type {
  AwsCredentialsConfig,
  AwsKmsConfig,
  KmsConfig,
  TransitConfig,
} from '../config-keys.ts'
import { signAwsRequest } from '../connections/aws-signature.ts'
import { type AwsCredentialSource, getAwsCredentials } from '../credentials/aws-credentials.ts'
import { createAwsKms, type SignForAws } from '../credentials/aws-kms.ts'
import type { Kms } from '../credentials/kms.ts'
import { RootKeyError } from '../credentials/root-key-error.ts'
import { createTransitKms, type TransitOptions } from '../credentials/transit-kms.ts'
import { createOperatorRequest } from '../egress/operator-request.ts'

/** Where Kubernetes puts the token of a pod's service account. */
const serviceAccountToken = '/var/run/secrets/kubernetes.io/serviceaccount/token'

/** Reads a file anew each time. Throws a RootKeyError that names what says where it is, and never repeats what is in it. */
const readText = (path: string, setting: string) => () => {
  try {
    return readFileSync(path, 'utf8').trim()
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'no answer'
    throw new RootKeyError(
      `${path}, which ${setting} names, cannot be read (${code}), so nobody can sign in at the KMS. Put it back, or let the vault’s user read it. Nothing was changed.`,
    )
  }
}

/** Builds the KMS that the operator chose. */
export function composeKms(config: KmsConfig): Kms {
  const ca = config.caFile === undefined ? undefined : readFileSync(config.caFile, 'utf8')
  const send = createOperatorRequest({ ca })
  if (config.kind === 'transit') {
    return createTransitKms({ ...config, signIn: transitSignIn(config.signIn) }, send)
  }
  const credentials = awsCredentials(config)
  // The operator's authority is the one of the KMS: credentials come from elsewhere.
  const sendToAws = createOperatorRequest()
  return createAwsKms(config, {
    send,
    sign,
    credentials: () => getAwsCredentials(credentials, sendToAws),
  })
}

function transitSignIn(signIn: TransitConfig['signIn']): TransitOptions['signIn'] {
  if (signIn.by === 'kubernetes') {
    return { role: signIn.role, readJwt: readText(serviceAccountToken, 'SALLYPORT_KMS_ROLE') }
  }
  return {
    readToken:
      signIn.by === 'token'
        ? () => signIn.token.reveal()
        : readText(signIn.path, 'SALLYPORT_KMS_TOKEN_FILE'),
  }
}

function awsCredentials({ credentials: by, region }: AwsKmsConfig): AwsCredentialSource {
  const kinds: {
    [By in AwsCredentialsConfig['by']]: (
      given: Extract<AwsCredentialsConfig, { by: By }>,
    ) => AwsCredentialSource
  } = {
    keys: ({ accessKeyId, secretAccessKey, sessionToken }) => ({
      by: 'keys',
      accessKeyId,
      secretAccessKey: secretAccessKey.reveal(),
      sessionToken: sessionToken?.reveal(),
    }),
    'web-identity': ({ roleArn, tokenFile }) => ({
      by: 'web-identity',
      roleArn,
      readToken: readText(tokenFile, 'AWS_WEB_IDENTITY_TOKEN_FILE'),
      url: `https://sts.${region}.amazonaws.com${region.startsWith('cn-') ? '.cn' : ''}`,
    }),
    container: ({ url, tokenFile }) => ({
      by: 'container',
      url,
      readToken:
        tokenFile === undefined
          ? undefined
          : readText(tokenFile, 'AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE'),
    }),
  }
  return kinds[by.by](by as never)
}

const sign: SignForAws = (request, { keys, region }) => {
  const scope = { region, service: 'kms' }
  const { headers } = signAwsRequest(request, { keys, scope, nowMs: Date.now() })
  return { ...request, headers: [...request.headers, ...headers] }
}
