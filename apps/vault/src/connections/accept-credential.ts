import { type CredentialInput, Problem, Scope } from '@sallyport/contracts'
import type { ConnectionRecord } from './connection-store.ts'
import { hintOf, secretsOf } from './credential-secrets.ts'
import type { TokenAnswer, TokenEndpoint } from './oauth/token-endpoint.ts'
import type { OAuthClients } from './oauth-apps/oauth-clients.ts'
import type { StoredCredential } from './stored-credential.ts'
import type { AskForToken } from './tokens/ask-for-token.ts'

/** What becomes of a credential that was typed in. Holds secrets: never log it. */
export interface AcceptedCredential {
  readonly stored: StoredCredential
  /** What the row says of it. */
  readonly columns: Pick<
    ConnectionRecord,
    | 'credentialKind'
    | 'credentialHint'
    | 'requestedScopes'
    | 'grantedScopes'
    | 'oauthAppId'
    | 'account'
    | 'accountSubject'
  >
  /** The first tokens, of a credential that becomes tokens. */
  readonly answer?: TokenAnswer
}

/** Whose credential it is. */
export interface CredentialOf {
  readonly workspaceId: string
  /** The OAuth client that a refresh token was given to. */
  readonly oauthAppId: string | undefined
}

export interface AcceptanceNeeds {
  readonly refresh: TokenEndpoint['refresh']
  readonly askForToken: AskForToken
  readonly clients: Pick<OAuthClients, 'get'>
}

const scopesMax = 100

/**
 * Takes a credential that was checked. One that becomes access tokens is tried at once, so that a typing error is told to
 * whoever made it; a refresh token is used up by that where its provider rotates them, and the next one is what is kept.
 * @throws Problem provider-refused, provider-unavailable, origin-not-allowed, oauth-app-missing
 */
export async function acceptCredential(
  needs: AcceptanceNeeds,
  credential: CredentialInput,
  of: CredentialOf,
): Promise<AcceptedCredential> {
  switch (credential.kind) {
    case 'oauth2':
      return acceptRefreshToken(needs, credential, of)
    case 'oauth2-client-credentials':
    case 'jwt-service-account': {
      const answer = await needs.askForToken(credential)
      const scopes = scopesOf(credential.scopes, answer, secretsOf(credential))
      return { stored: credential, answer, columns: { ...plainColumns(credential), ...scopes } }
    }
    default:
      return { stored: credential, columns: plainColumns(credential) }
  }
}

async function acceptRefreshToken(
  { refresh, clients }: AcceptanceNeeds,
  credential: Extract<CredentialInput, { kind: 'oauth2' }>,
  { workspaceId, oauthAppId = '' }: CredentialOf,
): Promise<AcceptedCredential> {
  const { refreshToken, scopes = [] } = credential
  const client = await clients.get(workspaceId, oauthAppId)
  const answer = await refresh(client, refreshToken).catch((error: unknown) => {
    throw error instanceof Problem && error.type === 'connection-needs-reauth'
      ? refusedRefreshToken(error)
      : error
  })
  const secrets = [refreshToken, answer.refreshToken ?? '', answer.accessToken]
  return {
    stored: { kind: 'oauth2', oauthAppId, place: client.place },
    // Where it is not rotated, the one that was typed in stays good.
    answer: { ...answer, refreshToken: answer.refreshToken ?? refreshToken },
    columns: {
      ...plainColumns(credential),
      ...scopesOf(scopes, answer, secrets),
      oauthAppId,
      account: answer.account ?? null,
      accountSubject: answer.subject ?? null,
    },
  }
}

const refusedRefreshToken = ({ detail, cause }: Problem) =>
  new Problem('provider-refused', detail, {
    next: 'Get a new refresh token with the client of this OAuth app; one that was used before may be used up.',
    fields: [{ field: 'credential.refreshToken', message: 'is not taken by the provider' }],
    cause,
  })

const plainColumns = (credential: CredentialInput): AcceptedCredential['columns'] => ({
  credentialKind: credential.kind,
  credentialHint: hintOf(credential),
  requestedScopes: [],
  grantedScopes: [],
  oauthAppId: null,
  account: null,
  accountSubject: null,
})

/** What was asked for, and what was granted: the same where the provider does not say (RFC 6749 §5.1). */
function scopesOf(
  asked: readonly string[],
  { scopes = asked }: TokenAnswer,
  secrets: readonly string[],
): { requestedScopes: string[]; grantedScopes: string[] } {
  const granted = scopes.filter(
    (scope) =>
      Scope.safeParse(scope).success &&
      // Stored in the clear (S-38), whatever the provider takes for a scope.
      !secrets.some((secret) => secret !== '' && scope.includes(secret)),
  )
  return { requestedScopes: [...asked], grantedScopes: [...new Set(granted)].slice(0, scopesMax) }
}
