import type { Problem } from '@sallyport/contracts'
import type { IdentityEvent, RecordEvent } from './audit-event.ts'
import {
  beginning,
  type NewSessionNeeds,
  neverMs,
  newSession,
  previousSession,
  type SignInOrigin,
  type WithSession,
} from './owner-session.ts'
import { decideAdmission } from './single-sign-on-admission.ts'
import type { ProviderPerson } from './single-sign-on-claims.ts'
import type { SignInFlow } from './single-sign-on-flow.ts'
import { flowRefused, notProvenAnew, signInRefused } from './single-sign-on-problems.ts'
import type { OpenedSettings } from './single-sign-on-settings.ts'
import type { Arrived, SingleSignOnStore } from './single-sign-on-store.ts'

/** How far the provider's clock may be off where it says when somebody proved who they are, in ms. */
const clockDifferenceMs = 60_000

interface AdmitNeeds extends NewSessionNeeds {
  readonly store: SingleSignOnStore
  readonly record: RecordEvent
  readonly newId: (kind: 'owner' | 'session') => string
}

/** Somebody whom the provider has just named. */
interface Arriving {
  readonly opened: OpenedSettings
  readonly person: ProviderPerson
  readonly flow: SignInFlow
  readonly from: SignInOrigin
}

/**
 * Builds what begins, or renews, the session of a person whom the provider named, as far as the settings let them in.
 * Problems: `sign-in-refused`; `authorization-refused` where they should have proved anew who they are; `connect-flow-refused`
 * where the session that was to be renewed is gone.
 */
export function createAdmitPerson(needs: AdmitNeeds) {
  const { store, now } = needs

  async function record(
    { person, flow }: Arriving,
    outcome: Pick<IdentityEvent, 'outcome' | 'problem' | 'reason' | 'ownerId'>,
    detail: Readonly<Record<string, string>> = {},
  ): Promise<void> {
    const { subject, email } = person
    const purpose = flow.ownerId === undefined ? 'sign-in' : 'reauthenticate'
    await needs.record({
      workspaceId: flow.workspaceId,
      operation: 'finishSingleSignOn',
      ...outcome,
      detail: { purpose, subject, ...(email !== undefined && { email }), ...detail },
    })
  }

  async function refuse(
    arriving: Arriving,
    problem: Problem,
    {
      reason,
      ownerId,
      roles,
    }: Pick<Extract<Arrived, { kind: 'refused' }>, 'roles'> & {
      reason: string
      ownerId?: string | undefined
    },
  ): Promise<never> {
    const { type } = problem
    const who = ownerId ?? arriving.flow.ownerId
    const outcome = { outcome: 'refused', problem: type, reason } as const
    await record(arriving, { ...outcome, ...(who !== undefined && { ownerId: who }) }, { ...roles })
    throw problem
  }

  return async (arriving: Arriving): Promise<WithSession> => {
    const { opened, person, flow, from } = arriving
    const authenticatedAtMs = provenAtMs(person, now())
    if (flow.ownerId !== undefined && authenticatedAtMs < flow.createdAtMs - clockDifferenceMs) {
      return refuse(arriving, notProvenAnew(), { reason: 'not-proven-anew' })
    }
    const times = { authenticatedAtMs }
    const { value, row: session } = newSession(needs, { method: 'oidc', from, times })
    const arrived = await store.arrive({
      workspaceId: flow.workspaceId,
      settings: opened,
      issuer: person.issuer,
      subject: person.subject,
      email: person.email,
      decide: (known) => decideAdmission(opened.settings, person, { known, mustBe: flow.ownerId }),
      newOwnerId: needs.newId('owner'),
      session,
      ends: flow.sessionHash ?? previousSession(needs, from),
      onlyIfEnded: flow.sessionHash !== undefined,
      nowMs: now(),
    })
    if (arrived.kind === 'session-gone') {
      return refuse(arriving, flowRefused(), { reason: 'session-gone' })
    }
    if (arrived.kind === 'refused') {
      return refuse(arriving, signInRefused(arrived.reason), arrived)
    }
    const { profile } = arrived
    await record(arriving, { outcome: 'done', ownerId: profile.id }, detailOf(arrived))
    return beginning(profile, value, session)
  }
}

/** When they proved to the provider who they are; a time that lies ahead counts for nothing, and none is none. */
function provenAtMs({ authenticatedAtMs }: ProviderPerson, nowMs: number): number {
  if (authenticatedAtMs === undefined || authenticatedAtMs > nowMs + clockDifferenceMs) {
    return neverMs
  }
  return Math.max(neverMs, Math.min(authenticatedAtMs, nowMs))
}

function detailOf(arrived: Extract<Arrived, { profile: unknown }>): Record<string, string> {
  const { kind, profile, roleBefore, invitationId } = arrived
  return {
    account: kind,
    role: profile.role,
    ...(roleBefore !== undefined && { roleBefore }),
    ...(invitationId !== undefined && { invitationId }),
  }
}
