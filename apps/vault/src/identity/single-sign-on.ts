import {
  type finishSingleSignOn,
  type getSignInMethods,
  type InputOf,
  type OutputOf,
  Problem,
} from '@sallyport/contracts'
import type { RecordEvent } from './audit-event.ts'
import type { AuthenticatedOwner } from './caller.ts'
import { type NewSessionNeeds, previousSession, type SignInOrigin } from './owner-session.ts'
import { sessionOf } from './require-session.ts'
import type { SignInLimit } from './sign-in-limit.ts'
import { createAdmitPerson } from './single-sign-on-arrival.ts'
import type { SingleSignOnClient } from './single-sign-on-client.ts'
import {
  areFlowTokens,
  type FlowFault,
  type FlowSecrets,
  flowLifeMs,
  flowSecrets,
  newFlowTokens,
  type SignInFlow,
} from './single-sign-on-flow.ts'
import { authorizationRefused, flowRefused, notSetUp } from './single-sign-on-problems.ts'
import type { OpenedSettings, StoredSettings } from './single-sign-on-settings.ts'
import type { SingleSignOnStore } from './single-sign-on-store.ts'

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

/** What http answers to a sign-in that is finished. */
export interface Finished {
  readonly output: OutputOf<typeof finishSingleSignOn>
  readonly session: { readonly value: string; readonly expiresAtMs: number }
  readonly flow: null
}

export interface SingleSignOnNeeds extends NewSessionNeeds {
  readonly store: SingleSignOnStore
  readonly settings: StoredSettings
  readonly client: SingleSignOnClient
  readonly limit: SignInLimit
  readonly record: RecordEvent
  readonly newId: (kind: 'owner' | 'session') => string
  readonly randomBytes: (size: number) => Uint8Array
  /** What has to be registered with the provider. */
  readonly redirectUri: () => string
  readonly logFailure: (error: unknown, what: string) => void
}

type Answer = InputOf<typeof finishSingleSignOn>

/**
 * Signing in at the organisation's provider (OpenID Connect Core §3.1, with PKCE), and proving there again who one is (S-42).
 * An answer is taken once, from the browser that began, and from the provider that the settings name.
 */
export function createSingleSignOn(needs: SingleSignOnNeeds) {
  const { settings, limit } = needs
  const finish = createFinish(needs)

  async function begin(
    opened: OpenedSettings,
    given: { returnTo: string | undefined; owner?: AuthenticatedOwner },
  ): Promise<Begun> {
    const { owner, returnTo } = given
    const tokens = newFlowTokens(needs)
    const secrets = flowSecrets(needs, tokens)
    const createdAtMs = needs.now()
    const expiresAtMs = createdAtMs + flowLifeMs
    const authorizationUrl = await needs.client.authorizationUrl(opened.settings, {
      secrets,
      redirectUri: needs.redirectUri(),
      ...(owner !== undefined && { again: { email: owner.email } }),
    })
    await needs.store.openFlow({
      stateHash: secrets.stateHash,
      browserHash: secrets.browserHash,
      workspaceId: opened.workspaceId,
      settingsVersion: opened.version,
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
      const opened = await settings.read()
      if (opened === undefined) throw notSetUp()
      return begin(opened, { returnTo })
    },

    /** Begins to prove anew who one is, in the session that asks. Problems as above. */
    async startAgain(
      owner: AuthenticatedOwner,
      { returnTo }: { returnTo?: string | undefined },
      from: SignInOrigin,
    ) {
      sessionOf(owner)
      await limit.countProviderSignIn(from.address)
      const opened = await settings.read(owner.workspaceId)
      if (opened === undefined) throw notSetUp()
      return begin(opened, { returnTo, owner })
    },

    finish,
  }
}

/** A sign-in whose answer has come, in the right browser. */
interface Attempt {
  readonly flow: SignInFlow
  readonly secrets: FlowSecrets
  readonly from: SignInOrigin
}

/**
 * Builds the operation `finishSingleSignOn`.
 * Problems: `connect-flow-refused`, one for every answer that belongs to no open sign-in of this browser;
 * `authorization-refused`, `sign-in-refused`, `provider-refused`, `provider-unavailable`, `too-many-attempts`.
 */
function createFinish(needs: SingleSignOnNeeds) {
  const { limit } = needs
  const admit = createAdmitPerson(needs)

  async function refuse(workspaceId: string, problem: Problem, reason: string): Promise<never> {
    const { type } = problem
    const outcome = 'refused'
    await needs.record({ workspaceId, operation, outcome, problem: type, reason })
    throw problem
  }

  async function take({ state }: Answer, from: SignInOrigin): Promise<Attempt> {
    const taken = await takeFlow(needs, { state, cookie: from.flowCookie ?? '' })
    if ('flow' in taken) return { ...taken, from }
    const known = await needs.settings.find()
    if (known === undefined) throw flowRefused()
    return refuse(known.workspaceId, flowRefused(), taken.fault)
  }

  /** Reads the answer as far as the provider need not be asked. */
  async function readAnswer({ flow, from }: Attempt, { iss, error, code }: Answer) {
    const opened = await needs.settings.read(flow.workspaceId)
    const deny = (reason: string, problem = flowRefused()) =>
      refuse(flow.workspaceId, problem, reason)
    if (opened?.version !== flow.settingsVersion) return deny('settings-changed')
    const isSession = flow.sessionHash === undefined || isSame(needs, flow.sessionHash, from)
    if (!isSession) return deny('other-session')
    // RFC 9207 §2.4: before anything else of the answer is believed.
    const isOurs =
      iss === undefined
        ? !(await needs.client.sendsIssuer(opened.settings))
        : iss === opened.settings.issuer
    if (!isOurs) return deny('other-issuer')
    if (error !== undefined) return deny(reasonOf(error), authorizationRefused())
    if (code === undefined) return deny('no-code')
    return { opened, code, iss }
  }

  return async (input: Answer, from: SignInOrigin): Promise<Finished> => {
    const who = { address: from.address }
    await limit.begin(who)
    const attempt = await take(input, from)
    // It was no guess; what it costs the provider is counted where it began.
    await limit.succeed(who)
    const { opened, code, iss } = await readAnswer(attempt, input)
    const { flow, secrets } = attempt
    const asking = { secrets, redirectUri: needs.redirectUri() }
    const person = await needs.client
      .exchange(opened.settings, { code, iss }, asking)
      .catch((error: unknown) => {
        if (!(error instanceof Problem)) throw error
        return refuse(flow.workspaceId, error, codeOf(error))
      })
    // The provider knows the person: it was not asked for nothing, whether or not they may come in.
    await limit.takeBackProviderSignIn(from.address)
    const { output, session } = await admit({ opened, person, flow, from })
    const { returnTo } = flow
    return {
      output: { session: output, ...(returnTo !== undefined && { returnTo }) },
      session,
      flow: null,
    }
  }
}

const operation = 'finishSingleSignOn'

/** The code of the provider's failure, for the audit log. */
function codeOf({ cause }: Problem): string {
  return cause instanceof Error && 'code' in cause ? String(cause.code) : 'provider'
}

/** The flow of a `state` and of this browser, which nobody gets again. */
async function takeFlow(
  needs: Pick<SingleSignOnNeeds, 'store' | 'tokenHash' | 'now'>,
  given: { state: string; cookie: string },
): Promise<{ flow: SignInFlow; secrets: FlowSecrets } | { fault: FlowFault | 'no-cookie' }> {
  if (!areFlowTokens(given.state, given.cookie)) {
    return { fault: given.cookie === '' ? 'no-cookie' : 'unknown' }
  }
  const secrets = flowSecrets(needs, given)
  const { stateHash, browserHash } = secrets
  const found = await needs.store.consumeFlow({ stateHash, browserHash, nowMs: needs.now() })
  return typeof found === 'string' ? { fault: found } : { flow: found, secrets }
}

function isSame(needs: SingleSignOnNeeds, sessionHash: Uint8Array, from: SignInOrigin): boolean {
  const given = previousSession(needs, from)
  return given !== undefined && Buffer.from(given).equals(sessionHash)
}

/** A code of RFC 6749 §4.1.2.1 or OpenID Connect Core §3.1.2.6; what is none is not written down. */
const reasonOf = (error: string) => (/^[a-z_]{1,60}$/.test(error) ? error : 'error')
