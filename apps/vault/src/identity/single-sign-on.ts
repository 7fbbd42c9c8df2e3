import { type getSignInMethods, type OutputOf, Problem } from '@sallyport/contracts'
import type { AuthenticatedOwner } from './caller.ts'
import { createFinishSingleSignOn, type FinishNeeds } from './finish-single-sign-on.ts'
import type { SignInOrigin } from './owner-session.ts'
import { sessionOf } from './require-session.ts'
import { type Asking, faultCode } from './single-sign-on-client.ts'
import { flowLifeMs, flowSecrets, newFlowTokens } from './single-sign-on-flow.ts'
import { notSetUp } from './single-sign-on-problems.ts'
import type { SingleSignOnRow } from './single-sign-on-settings.ts'

/** The cookie by which a browser is known again: 43 base64url characters, and when it ends. */
export interface FlowCookie {
  readonly value: string
  readonly expiresAtMs: number
}

/** Where the browser goes, and what it has to bring back. */
export interface Begun {
  readonly output: { readonly authorizationUrl: string }
  readonly flow: FlowCookie
}

interface SingleSignOnNeeds extends FinishNeeds {
  readonly logFailure: (error: unknown, what: string) => void
}

/**
 * Signing in at the organisation's provider (OpenID Connect Core §3.1, with PKCE), and proving there again who one is (S-42).
 * An answer is taken once, from the browser that began, and from the provider that the settings name.
 */
export function createSingleSignOn(needs: SingleSignOnNeeds) {
  const { settings, limit } = needs

  async function begin(
    workspaceId: string | undefined,
    given: { returnTo: string | undefined; owner?: AuthenticatedOwner },
  ): Promise<Begun> {
    const row = await settings.find(workspaceId)
    if (row === undefined) throw notSetUp()
    const { owner, returnTo } = given
    const tokens = newFlowTokens(needs)
    const secrets = flowSecrets(needs, tokens)
    const createdAtMs = needs.now()
    const expiresAtMs = createdAtMs + flowLifeMs
    const authorizationUrl = await askForUrl(needs, row, {
      secrets,
      redirectUri: needs.redirectUri(),
      ...(owner !== undefined && { again: { email: owner.email } }),
    })
    await needs.store.openFlow({
      stateHash: secrets.stateHash,
      browserHash: secrets.browserHash,
      workspaceId: row.workspaceId,
      settingsVersion: row.version,
      ownerId: owner?.ownerId,
      sessionHash: owner?.sessionHash,
      returnTo,
      createdAtMs,
      expiresAtMs,
    })
    return { output: { authorizationUrl }, flow: { value: tokens.cookie, expiresAtMs } }
  }

  return {
    /** What the sign-in page offers. Settings that cannot be read offer nothing: owners sign in without them. */
    async readMethods(): Promise<OutputOf<typeof getSignInMethods>> {
      try {
        const found = await settings.read()
        if (found === undefined) return {}
        const { label, required } = found.settings
        return { singleSignOn: { label, required } }
      } catch (error) {
        if (!(error instanceof Problem) || error.type !== 'credential-unreadable') throw error
        needs.logFailure(error, 'the settings of single sign-on could not be read')
        return {}
      }
    },

    /** Problems: `single-sign-on-not-found`, `too-many-attempts`; of the provider: see the client. */
    async start({ returnTo }: { returnTo?: string | undefined }, from: SignInOrigin) {
      await limit.countProviderSignIn(from.address)
      return begin(undefined, { returnTo })
    },

    /** Begins to prove anew who one is, in the session that asks. Problems as above. */
    async startAgain(
      owner: AuthenticatedOwner,
      { returnTo }: { returnTo?: string | undefined },
      from: SignInOrigin,
    ) {
      sessionOf(owner)
      await limit.countProviderSignIn(from.address)
      return begin(owner.workspaceId, { returnTo, owner })
    },

    finish: createFinishSingleSignOn(needs),
  }
}

/** Where the browser goes. Settings that cannot be read, and a provider that fails, stand in the audit log for who set it up. */
async function askForUrl(
  { settings, client, record }: SingleSignOnNeeds,
  row: SingleSignOnRow,
  asking: Asking,
): Promise<string> {
  try {
    const opened = await settings.open(row)
    return await client.authorizationUrl(opened.settings, asking)
  } catch (error) {
    if (!(error instanceof Problem)) throw error
    const operation = asking.again === undefined ? 'startSingleSignOn' : 'startSingleSignOnAgain'
    const { workspaceId } = row
    const problem = error.type
    await record({ workspaceId, operation, outcome: 'refused', problem, reason: faultCode(error) })
    throw error
  }
}
