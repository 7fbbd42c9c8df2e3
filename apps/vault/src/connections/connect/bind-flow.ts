import { Buffer } from 'node:buffer'
import type { OAuthClient } from '../oauth-apps/resolve-client.ts'
import type { StoredFlow } from './connect-flow-store.ts'
import type { ConnectNeeds } from './connect-needs.ts'
import { encodeHash, type FlowSecrets, sealFlow } from './flow-secrets.ts'

/** 256 bits, as 43 base64url characters: for state, verifier (RFC 7636 §4.1) and nonce. */
const randomCount = 32

/** What becomes of a flow that is bound to a session. */
export interface BoundFlow {
  readonly bound: Pick<StoredFlow, 'sessionHash' | 'stateHash' | 'sealed' | 'version'>
  readonly authorizationUrl: string
}

/** The keyed hash under which a `state` is stored. Nothing else that is hashed begins so. */
export const stateHashOf = (
  { tokenHash }: Pick<ConnectNeeds, 'tokenHash'>,
  state: string,
): Uint8Array => tokenHash(`connect-state ${state}`)

/**
 * Draws a new state, PKCE verifier and nonce for a flow, and binds it to the session that may finish it. What was drawn before is
 * good for nothing once this is stored.
 */
export async function bindToSession(
  needs: Pick<ConnectNeeds, 'server' | 'keyring' | 'tokenHash' | 'randomBytes'>,
  given: {
    readonly row: Pick<StoredFlow, 'id' | 'workspaceId' | 'version'>
    readonly secrets: FlowSecrets
    readonly client: OAuthClient
    readonly sessionHash: Uint8Array
  },
): Promise<BoundFlow> {
  const { row, client, sessionHash } = given
  const draw = () => Buffer.from(needs.randomBytes(randomCount)).toString('base64url')
  const state = draw()
  const secrets: FlowSecrets = {
    ...given.secrets,
    session: encodeHash(sessionHash),
    ...(client.pkce && { verifier: draw() }),
    // An id token comes for this scope alone, and a nonce is for id tokens (OpenID Connect Core §3.1.2.1).
    ...(given.secrets.scopes.includes('openid') && { nonce: draw() }),
  }
  const authorizationUrl = await needs.server.authorizationUrl(client, { ...secrets, state })
  const sealed = await sealFlow(needs.keyring, row, secrets)
  const { version } = row
  const stateHash = stateHashOf(needs, state)
  return { bound: { sessionHash, stateHash, sealed, version }, authorizationUrl }
}
