import { type finishSingleSignOn, type InputOf, type OutputOf, Problem } from '@sallyport/contracts'
import type { RecordEvent } from './audit-event.ts'
import { type NewSessionNeeds, previousSession, type SignInOrigin } from './owner-session.ts'
import type { SignInLimit } from './sign-in-limit.ts'
import { createAdmitPerson } from './single-sign-on-arrival.ts'
import type { ProviderPerson } from './single-sign-on-claims.ts'
import { faultCode, type SingleSignOnClient } from './single-sign-on-client.ts'
import {
  areFlowTokens,
  type FlowFault,
  type FlowSecrets,
  flowSecrets,
  type SignInFlow,
} from './single-sign-on-flow.ts'
import { authorizationRefused, flowRefused } from './single-sign-on-problems.ts'
import type { OpenedSettings, StoredSettings } from './single-sign-on-settings.ts'
import type { SingleSignOnStore } from './single-sign-on-store.ts'

export interface FinishNeeds extends NewSessionNeeds {
  readonly store: SingleSignOnStore
  readonly settings: StoredSettings
  readonly client: SingleSignOnClient
  readonly limit: SignInLimit
  readonly record: RecordEvent
  readonly newId: (kind: 'owner' | 'session') => string
  /** What has to be registered with the provider. */
  readonly redirectUri: () => string
}

/** What http answers to a sign-in that is finished: the session's cookie, and an end to the one that bound the browser. */
export interface Finished {
  readonly output: OutputOf<typeof finishSingleSignOn>
  readonly session: { readonly value: string; readonly expiresAtMs: number }
  readonly flow: null
}

type Answer = InputOf<typeof finishSingleSignOn>

/** Why an answer is not taken: what is told, and what the audit log says. */
interface Denial {
  readonly problem: Problem
  readonly reason: string
}

const deny = (reason: string, problem = flowRefused()): Denial => ({ problem, reason })

/**
 * Builds the operation `finishSingleSignOn`: the provider's answer is taken once, in the browser that asked.
 * Problems: `connect-flow-refused`, one for every answer that belongs to no open sign-in of this browser;
 * `authorization-refused`, `sign-in-refused`, `provider-refused`, `provider-unavailable`, `too-many-attempts`.
 */
export function createFinishSingleSignOn(needs: FinishNeeds) {
  const { limit } = needs
  const admit = createAdmitPerson(needs)

  async function refuse(workspaceId: string, { problem, reason }: Denial): Promise<never> {
    const operation = 'finishSingleSignOn'
    const refused = { outcome: 'refused', problem: problem.type, reason } as const
    await needs.record({ workspaceId, operation, ...refused })
    throw problem
  }

  async function take({ state }: Answer, from: SignInOrigin): Promise<Attempt> {
    const taken = await takeFlow(needs, { state, cookie: from.flowCookie ?? '' })
    if ('flow' in taken) return { ...taken, from }
    const known = await needs.settings.find()
    if (known === undefined) throw flowRefused()
    return refuse(known.workspaceId, deny(taken.fault))
  }

  return async (input: Answer, from: SignInOrigin): Promise<Finished> => {
    const who = { address: from.address }
    await limit.begin(who)
    const attempt = await take(input, from)
    // It was no guess; what it costs the provider is counted where it began.
    await limit.succeed(who)
    const { flow } = attempt
    const found = await identify(needs, attempt, input)
    if ('problem' in found) return refuse(flow.workspaceId, found)
    // The provider knows the person: it was not asked for nothing, whether or not they may come in.
    await limit.takeBackProviderSignIn(from.address)
    const { output, session } = await admit({ ...found, flow, from })
    const { returnTo } = flow
    return {
      output: { session: output, ...(returnTo !== undefined && { returnTo }) },
      session,
      flow: null,
    }
  }
}

/** A sign-in whose answer has come, in the right browser. */
interface Attempt {
  readonly flow: SignInFlow
  readonly secrets: FlowSecrets
  readonly from: SignInOrigin
}

/** The flow of a `state` and of this browser, which nobody gets again. */
async function takeFlow(
  needs: Pick<FinishNeeds, 'store' | 'tokenHash' | 'now'>,
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

/** Who the provider says that it is, or why that cannot be known. */
async function identify(
  needs: FinishNeeds,
  attempt: Attempt,
  answer: Answer,
): Promise<{ opened: OpenedSettings; person: ProviderPerson } | Denial> {
  try {
    const read = await readAnswer(needs, attempt, answer)
    if ('problem' in read) return read
    const { opened, code } = read
    const asking = { secrets: attempt.secrets, redirectUri: needs.redirectUri() }
    const { iss } = answer
    const person = await needs.client.exchange(opened.settings, { code, iss }, asking)
    return { opened, person }
  } catch (error) {
    if (error instanceof Problem) return deny(faultCode(error), error)
    throw error
  }
}

/** Reads the answer as far as the provider need not be asked. */
async function readAnswer(
  needs: FinishNeeds,
  { flow, from }: Attempt,
  { iss, error, code }: Answer,
): Promise<{ opened: OpenedSettings; code: string } | Denial> {
  const opened = await needs.settings.read(flow.workspaceId)
  if (opened === undefined || !isBegunWith(opened, flow)) return deny('settings-changed')
  const { sessionHash } = flow
  if (sessionHash !== undefined && !isSame(needs, sessionHash, from)) return deny('other-session')
  // RFC 9207 §2.4: before anything else of the answer is believed.
  const isOurs =
    iss === undefined
      ? !(await needs.client.sendsIssuer(opened.settings))
      : iss === opened.settings.issuer
  if (!isOurs) return deny('other-issuer')
  if (error !== undefined) return deny(errorCode(error), authorizationRefused())
  return code === undefined ? deny('no-code') : { opened, code }
}

/** Versions are counted anew once single sign-on was ended and set up again. */
const isBegunWith = ({ version, createdAt }: OpenedSettings, flow: SignInFlow) =>
  version === flow.settingsVersion && createdAt.getTime() <= flow.createdAtMs

function isSame(needs: FinishNeeds, sessionHash: Uint8Array, from: SignInOrigin): boolean {
  const given = previousSession(needs, from)
  return given !== undefined && Buffer.from(given).equals(sessionHash)
}

/** A code of RFC 6749 §4.1.2.1 or OpenID Connect Core §3.1.2.6; what is none is not written down. */
const errorCode = (error: string) => (/^[a-z_]{1,60}$/.test(error) ? error : 'error')
