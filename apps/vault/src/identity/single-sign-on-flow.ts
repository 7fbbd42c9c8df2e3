import type { TokenHash } from './secret-token.ts'
import { isToken, newToken } from './secret-token.ts'

/** For how long a sign-in at the provider may take, in ms. */
export const flowLifeMs = 10 * 60_000

/** A sign-in at the provider as it is stored: hashes, and nothing by which to finish it. */
export interface SignInFlow {
  readonly stateHash: Uint8Array
  readonly browserHash: Uint8Array
  readonly workspaceId: string
  /** Of the settings that it was begun with. */
  readonly settingsVersion: number
  /** Who proves again who they are, and in which session. */
  readonly ownerId: string | undefined
  readonly sessionHash: Uint8Array | undefined
  readonly returnTo: string | undefined
  readonly createdAtMs: number
  readonly expiresAtMs: number
}

/** Why an answer belongs to no flow that is open. */
export type FlowFault = 'unknown' | 'other-browser' | 'expired'

export interface FlowStore {
  openFlow(flow: SignInFlow): Promise<void>
  /** Removes a flow and returns it, in one statement, where the browser is the one that began it. */
  consumeFlow(given: {
    readonly stateHash: Uint8Array
    readonly browserHash: Uint8Array
    readonly nowMs: number
  }): Promise<SignInFlow | FlowFault>
}

/** What the vault sends with a sign-in, and what it keeps to itself until it comes back. */
export interface FlowSecrets {
  /** Comes back with the provider's answer (RFC 6749 §10.12). */
  readonly state: string
  /** Binds the ID token to this sign-in (OpenID Connect Core §3.1.2.1). */
  readonly nonce: string
  /** PKCE (RFC 7636): only who knows it can use the code. */
  readonly verifier: string
  readonly stateHash: Uint8Array
  readonly browserHash: Uint8Array
}

interface FlowNeeds {
  readonly tokenHash: TokenHash
}

/** 256 random bits each: the `state`, and the cookie of the browser that begins. */
export function newFlowTokens(needs: { readonly randomBytes: (size: number) => Uint8Array }) {
  return {
    state: newToken('session', needs.randomBytes),
    cookie: newToken('session', needs.randomBytes),
  }
}

/** Whether both have the form of what `newFlowTokens` makes. */
export const areFlowTokens = (state: string, cookie: string) =>
  isToken('session', state) && isToken('session', cookie)

/**
 * Nonce and PKCE verifier are derived from state and cookie under the vault's key, so that nothing has to be kept: neither a
 * dump of the database nor a browser nor the provider's answer holds them. Each is 43 base64url characters.
 */
export function flowSecrets(
  { tokenHash }: FlowNeeds,
  { state, cookie }: { readonly state: string; readonly cookie: string },
): FlowSecrets {
  const derive = (what: string) => tokenHash(`single sign-on ${what} ${state} ${cookie}`)
  const text = (bytes: Uint8Array) => Buffer.from(bytes).toString('base64url')
  return {
    state,
    nonce: text(derive('nonce')),
    verifier: text(derive('verifier')),
    stateHash: tokenHash(`single sign-on state ${state}`),
    browserHash: tokenHash(`single sign-on browser ${cookie}`),
  }
}
