import { Problem } from '@sallyport/contracts'
import type { AuthenticatedOwner } from '../identity/caller.ts'
import { scopesOfRole } from '../identity/roles.ts'
import type { LinkingStore } from './linking-store.ts'
import type { NotifyNeeds } from './notify-needs.ts'
import type { StoredChannel } from './notify-store.ts'
import type { SealedChannel } from './sealed-channel.ts'

/** A button that somebody pressed, as a signed callback says. */
export interface Pressed {
  readonly channel: StoredChannel
  readonly opened: Pick<SealedChannel, 'linked'>
  /** Whose press it is, as the other side names accounts. */
  readonly account: string
  readonly approvalId: string
  readonly answer: 'approve' | 'deny'
}

/** What the one who pressed is told. */
export interface PressAnswer {
  readonly isDone: boolean
  readonly words: string
}

export interface PressNeeds extends Pick<NotifyNeeds, 'audit' | 'newId' | 'now' | 'randomBytes'> {
  readonly store: NotifyNeeds['store'] & LinkingStore
  /** The room of approvals: a person's answer, recorded with where it was given. Throws its Problems. */
  readonly decide: (
    owner: AuthenticatedOwner,
    press: Pick<Pressed, 'approvalId' | 'answer'> & { readonly via: string },
  ) => Promise<unknown>
}

/** A press is decided within this time or not at all. */
const pressMsMax = 60_000

/**
 * Lets a press decide, where all of this holds: it is the account that the channel's owner linked; the owner is a member still whose
 * role may answer; this channel was told of this approval with buttons; the approval takes no more than a yes. Whatever else holds
 * for an answer in the dashboard holds here: an approval is answered once (S-26).
 */
export function createPress(needs: PressNeeds) {
  const { store } = needs
  return async (pressed: Pressed): Promise<PressAnswer> => {
    const { channel, opened, account, approvalId, answer } = pressed
    const refuse = (words: string) => recordRefused(needs, pressed, words)
    if (opened.linked === undefined || opened.linked.account !== account) {
      return refuse('This account is not the one that is linked.')
    }
    if (!channel.enabled || channel.status === 'gone') return refuse('The channel is turned off.')
    const person = await store.findOwner(channel)
    if (person === undefined || !scopesOfRole(person.role).has('approvals:write')) {
      return refuse('Your role does not allow this.')
    }
    if (!(await store.wasTold(channel.id, approvalId))) return refuse('There is no such request.')
    const subject = await store.read({
      ...{ workspaceId: channel.workspaceId, kind: 'approval', subjectId: approvalId },
    })
    if (subject?.kind !== 'approval') return refuse('There is no such request.')
    if (subject.freshSignIn || subject.ownersNeeded > 1) {
      return refuse('This takes more than a button: open it in Sallyport.')
    }
    try {
      const owner = asOwner(channel, person, needs.now())
      await needs.decide(owner, { approvalId, answer, via: channel.kind })
      return { isDone: true, words: answer === 'approve' ? 'Approved.' : 'Denied.' }
    } catch (error) {
      if (error instanceof Problem && error.status < 500) return refuse(error.detail)
      throw error
    }
  }
}

/** No session and no token: who may press is decided above, and what needs a session is refused by whoever needs it. */
const asOwner = (
  { ownerId, workspaceId }: StoredChannel,
  { email, role }: NonNullable<Awaited<ReturnType<LinkingStore['findOwner']>>>,
  nowMs: number,
): AuthenticatedOwner => ({
  ...{ ownerId, workspaceId, email, role, scopes: scopesOfRole(role), via: 'token' },
  expiresAtMs: nowMs + pressMsMax,
})

async function recordRefused(
  { audit, newId }: PressNeeds,
  { channel, approvalId, answer }: Pressed,
  words: string,
): Promise<PressAnswer> {
  await audit.record({
    auditId: newId('audit'),
    ...{ workspaceId: channel.workspaceId, ownerId: channel.ownerId },
    ...{ operation: 'pressNotificationButton', outcome: 'failed' },
    detail: { channelId: channel.id, kind: channel.kind, approvalId, answer, reason: words },
  })
  return { isDone: false, words }
}
