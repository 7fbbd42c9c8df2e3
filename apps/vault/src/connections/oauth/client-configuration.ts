import { Buffer } from 'node:buffer'
import { Problem } from '@sallyport/contracts'
import {
  allowInsecureRequests,
  type ClientAuth,
  ClientSecretPost,
  Configuration,
  type CryptoKey,
  customFetch,
  modifyAssertion,
  None,
  PrivateKeyJwt,
  type ServerMetadata,
} from 'openid-client'
import type { MayUseOrigin } from '../check-connection.ts'
import type { OAuthFetch, TokenClient } from './token-client.ts'

/** Reads a private key that signs; see `credentials/signing-key.ts`. Throws Problem `provider-refused`. */
export type ReadSigningKey = (
  text: string,
) => Promise<{ readonly key: CryptoKey; readonly alg: string; readonly kid?: string }>

export interface ConfigurationNeeds {
  readonly fetch: OAuthFetch
  readonly mayUseOrigin: MayUseOrigin
  readonly readSigningKey: ReadSigningKey
}

/**
 * A client as openid-client takes it. Its requests go through `fetch`, to origins that the operator's rules let the vault use;
 * plain http only there. `metadata` is what more is known of the server.
 * @throws Problem origin-not-allowed; provider-refused where a secret or key is missing or cannot be used
 */
export async function toConfiguration(
  needs: ConfigurationNeeds,
  client: TokenClient,
  options: {
    readonly timeoutMs: number
    readonly metadata?: Partial<ServerMetadata>
    /** Instead of the client's own way to prove itself. */
    readonly proof?: ClientAuth
  },
): Promise<Configuration> {
  const { issuer, authorizationEndpoint, tokenEndpoint, revocationEndpoint } = client
  const { deviceAuthorizationEndpoint } = client
  const asked = [tokenEndpoint, revocationEndpoint, deviceAuthorizationEndpoint].filter(
    (url) => url !== undefined,
  )
  for (const url of asked) checkEndpoint(url, needs.mayUseOrigin)
  const server: ServerMetadata = {
    // openid-client wants one. Where none is known, nothing is compared with it.
    issuer: issuer ?? new URL(tokenEndpoint).origin,
    token_endpoint: tokenEndpoint,
    ...(authorizationEndpoint !== undefined && { authorization_endpoint: authorizationEndpoint }),
    ...(revocationEndpoint !== undefined && { revocation_endpoint: revocationEndpoint }),
    ...(deviceAuthorizationEndpoint !== undefined && {
      device_authorization_endpoint: deviceAuthorizationEndpoint,
    }),
    ...options.metadata,
  }
  const proof = options.proof ?? (await clientAuthentication(needs.readSigningKey, client))
  const configuration = new Configuration(server, client.clientId, undefined, proof)
  configuration[customFetch] = needs.fetch
  configuration.timeout = options.timeoutMs / 1000
  if (asked.some((url) => new URL(url).protocol === 'http:')) allowInsecureRequests(configuration)
  return configuration
}

function checkEndpoint(url: string, mayUseOrigin: MayUseOrigin): void {
  const answer = URL.canParse(url) ? mayUseOrigin(new URL(url).origin) : 'An endpoint is no URL.'
  if (answer === true) return
  throw new Problem('origin-not-allowed', answer, {
    next: 'An owner changes the endpoint, or the operator of the vault lists its range.',
  })
}

/** How a client proves itself at its provider (OpenID Connect Core §9). */
async function clientAuthentication(
  readSigningKey: ReadSigningKey,
  client: TokenClient,
): Promise<ClientAuth> {
  switch (client.authentication) {
    case 'none':
      return None()
    case 'client_secret_post':
      return ClientSecretPost(given(client.clientSecret, 'client secret'))
    case 'client_secret_basic':
      return secretBasic(given(client.clientSecret, 'client secret'))
    case 'private_key_jwt':
      return keyJwt(await readSigningKey(given(client.privateKey, 'private key')), client)
  }
}

function given(secret: string | undefined, what: string): string {
  if (secret !== undefined) return secret
  throw new Problem(
    'provider-refused',
    `The OAuth app has no ${what}, so that nothing was asked.`,
    {
      next: `An owner enters the ${what} of the OAuth app.`,
    },
  )
}

/**
 * RFC 6749 §2.3.1 with the form encoding of the URL standard, which leaves `-`, `_` and `.` alone. openid-client's own encodes
 * these as well, and providers that decode nothing (there are some) would look for a client by another name.
 */
function secretBasic(secret: string): ClientAuth {
  return (...[, { client_id: clientId }, , headers]) => {
    const userPass = `${formEncode(clientId)}:${formEncode(secret)}`
    headers.set('authorization', `Basic ${Buffer.from(userPass).toString('base64')}`)
  }
}

const formEncode = (text: string) => new URLSearchParams([[text, '']]).toString().slice(0, -1)

/** RFC 7523 §2.2. The audience is the issuer, which no other server can pass itself off as; else the token endpoint (§3). */
function keyJwt(
  { key, kid }: Awaited<ReturnType<ReadSigningKey>>,
  client: TokenClient,
): ClientAuth {
  const keyId = client.keyId ?? kid
  return PrivateKeyJwt(
    { key, ...(keyId !== undefined && { kid: keyId }) },
    {
      [modifyAssertion](_header, payload) {
        payload.aud = client.issuer ?? client.tokenEndpoint
      },
    },
  )
}
