import { createHash } from 'node:crypto'
import { Problem } from '@sallyport/contracts'
import type { AuthenticatedOwner } from '../identity/caller.ts'
import { scopesOfRole } from '../identity/roles.ts'
import type { PressStore } from './linking-store.ts'
import type { MessageReference } from './message.ts'
import type { NotifyNeeds } from './notify-needs.ts'
import type { StoredChannel } from './notify-store.ts'
import type { SealedChannel } from './sealed-channel.ts'
import { openReference, type ToldMessage } from './sealed-reference.ts'
import { overReason } from './write-message.ts'

/** A button that somebody pressed, as a signed callback says. */
export interface Pressed {
  readonly channel: StoredChannel
  readonly opened: Pick<SealedChannel, 'linked'>
  /** Whose press it is, as the other side names accounts. */
  readonly account: string
  readonly approvalId: string
  readonly answer: 'approve' | 'deny'
  /** The message that the button is of, as the other side calls it: what `reference` of the delivery says, or a part of it. */
  readonly message: MessageReference
  /** What no second press has, and how long it could be sent again. */
  readonly use: { readonly proof: string; readonly lastsMs: number }
}

/** What the one who pressed is told; `repeated` where the very same press was taken before. */
export interface PressAnswer {
  readonly outcome: 'done' | 'refused' | 'repeated'
  readonly words: string
}

export interface PressNeeds extends Pick<NotifyNeeds, 'keyring' | 'audit' | 'newId' | 'now'> {
  readonly store: Pick<NotifyNeeds['store'], 'read'> & PressStore
  /** What an approval asks (`askedOf`), read from the frozen request itself; undefined once that is gone. */
  readonly readAsked: (owner: AuthenticatedOwner, approvalId: string) => Promise<string | undefined>
  /** The room of approvals: a person's answer, recorded with where it was given. Throws its Problems. */
  readonly decide: (
    owner: AuthenticatedOwner,
    press: Pick<Pressed, 'approvalId' | 'answer'> & { readonly via: string },
  ) => Promise<unknown>
}

/** A press is decided within this time or not at all. */
const pressMsMax = 60_000

/**
 * Lets a press decide, once, where all of this holds: it is the account that the channel's owner linked; the owner is a member still
 * whose role may answer; it is the message by which this channel was told of this approval, with buttons; the approval takes no more
 * than a yes, and asks what the message showed, whatever its row says. Whatever else holds for an answer in the dashboard holds
 * here: an approval is answered once (S-26).
 */
export function createPress(needs: PressNeeds) {
  return async (pressed: Pressed): Promise<PressAnswer> => {
    const { channel, opened, account } = pressed
    const { proof, lastsMs } = pressed.use
    const hash = createHash('sha256').update(proof).digest()
    if (!(await needs.store.usePress({ channelId: channel.id, hash, lastsMs }))) {
      return { outcome: 'repeated', words: '' }
    }
    const isLinked = opened.linked?.account === account
    const given = isLinked ? await answer(needs, pressed) : refuse(notLinked)
    return given.outcome === 'refused' ? recordRefused(needs, pressed, given.words) : given
  }
}

const notLinked = 'This account is not the one that is linked.'
const refuse = (words: string): PressAnswer => ({ outcome: 'refused', words })
const unknown = () => refuse('There is no such request.')

/** Of the linked account. */
async function answer(needs: PressNeeds, pressed: Pressed): Promise<PressAnswer> {
  const { channel, approvalId } = pressed
  const { store } = needs
  if (!channel.enabled || channel.status === 'gone') return refuse('The channel is turned off.')
  const person = await store.findOwner(channel)
  if (person === undefined || !scopesOfRole(person.role).has('approvals:write')) {
    return refuse('Your role does not allow this.')
  }
  const told = await findTold(needs, pressed)
  if (told === undefined) return unknown()
  const { workspaceId } = channel
  const subject = await store.read({ workspaceId, kind: 'approval', subjectId: approvalId })
  if (subject?.kind !== 'approval') return unknown()
  if (subject.freshSignIn || subject.ownersNeeded > 1) {
    return refuse('This takes more than a button: open it in Sallyport.')
  }
  const over = overReason(subject)
  if (over !== undefined) return refuse(over)
  const owner = asOwner(channel, person, needs.now())
  try {
    if ((await needs.readAsked(owner, approvalId)) !== told.asked) {
      return refuse('It asks something else than the message said: open it in Sallyport.')
    }
    await needs.decide(owner, { approvalId, answer: pressed.answer, via: channel.kind })
    return { outcome: 'done', words: pressed.answer === 'approve' ? 'Approved.' : 'Denied.' }
  } catch (error) {
    if (error instanceof Problem && error.status < 500) return refuse(error.detail)
    throw error
  }
}

/** The message that was pressed, as this channel sent it. */
async function findTold(
  { store, keyring }: PressNeeds,
  { channel, approvalId, message }: Pressed,
): Promise<ToldMessage | undefined> {
  const { id: channelId, workspaceId } = channel
  for (const { id: deliveryId, reference } of await store.findTold(channelId, approvalId)) {
    const row = { workspaceId, deliveryId, channelId, approvalId }
    const told = await openReference(keyring, row, reference).catch(() => undefined)
    if (told !== undefined && isSame(told.message, message)) return told
  }
  return undefined
}

/** Every name that the press gives has the value that was recorded. */
const isSame = (recorded: MessageReference, given: MessageReference): boolean => {
  const names = Object.entries(given)
  return names.length > 0 && names.every(([name, value]) => recorded[name] === value)
}

/** No session and no token: who may press is decided above, and what needs a session is refused by whoever needs it. */
const asOwner = (
  { ownerId, workspaceId }: StoredChannel,
  { email, role }: NonNullable<Awaited<ReturnType<PressStore['findOwner']>>>,
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
  return refuse(words)
}
