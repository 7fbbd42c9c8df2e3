import { Buffer } from 'node:buffer'
import type { ReadSigningKey } from '../oauth/client-configuration.ts'
import type { TokenAnswer, TokenClient, TokenEndpoint } from '../oauth/token-endpoint.ts'
import type { StoredOf } from '../stored-credential.ts'
import { signServiceAccountAssertion } from './service-account-assertion.ts'

const jtiBytes = 16

/** Credentials that are enough to ask for an access token at any time: they need no refresh token. */
export type SelfRenewing = StoredOf<'oauth2-client-credentials' | 'jwt-service-account'>

/** Asks for an access token. Problems as of the token endpoint. */
export type AskForToken = (credential: SelfRenewing) => Promise<TokenAnswer>

/** Builds what asks for an access token, each kind of credential in its own way. */
export function createAskForToken(needs: {
  readonly readSigningKey: ReadSigningKey
  readonly endpoint: Pick<TokenEndpoint, 'clientCredentials' | 'jwtBearer'>
  readonly randomBytes: (size: number) => Uint8Array
  /** Milliseconds since the epoch. */
  readonly now: () => number
}): AskForToken {
  const ask: AskForToken = async (credential) => {
    const provider = new URL(credential.tokenEndpoint).host
    if (credential.kind === 'oauth2-client-credentials') {
      const { scopes, audience, resource } = credential
      const client = { provider, ...clientOf(credential) }
      return needs.endpoint.clientCredentials(client, { scopes, audience, resource })
    }
    const { tokenEndpoint } = credential
    const assertion = await signServiceAccountAssertion(credential, {
      readSigningKey: needs.readSigningKey,
      nowMs: needs.now(),
      jti: Buffer.from(needs.randomBytes(jtiBytes)).toString('base64url'),
    })
    return needs.endpoint.jwtBearer({ provider, tokenEndpoint, assertion })
  }
  return async (credential) => {
    // One that comes along (RFC 6749 §4.4.3: it should not) is a further secret and good for nothing.
    const { refreshToken: _needless, ...answer } = await ask(credential)
    return answer
  }
}

function clientOf(
  credential: StoredOf<'oauth2-client-credentials'>,
): Omit<TokenClient, 'provider'> {
  const { clientId, clientSecret, privateKey, keyId, tokenEndpoint } = credential
  return {
    clientId,
    authentication: credential.clientAuthentication,
    tokenEndpoint,
    ...(clientSecret !== undefined && { clientSecret }),
    ...(privateKey !== undefined && { privateKey }),
    ...(keyId !== undefined && { keyId }),
  }
}
