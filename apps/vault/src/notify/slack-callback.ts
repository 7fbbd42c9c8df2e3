import { Buffer } from 'node:buffer'
import { createHmac, timingSafeEqual } from 'node:crypto'
import { type InputOf, Problem, type takeSlackCallback } from '@sallyport/contracts'
import { z } from 'zod'
import type { LinkingStore } from './linking-store.ts'
import type { NotifyNeeds } from './notify-needs.ts'
import type { PressAnswer, Pressed } from './press.ts'
import { openChannel } from './sealed-channel.ts'
import { sendMsMax, type TargetOf } from './sender.ts'
import { escapeSlack } from './senders/slack.ts'
import type { SlackCall } from './senders/slack-app.ts'

/** A signature is good from so long before its time to so long after; it is remembered for longer. */
const useLastsMs = 15 * 60_000
/** Older ones may have been overheard (https://docs.slack.dev/authentication/verifying-requests-from-slack). */
const ageMsMax = 5 * 60_000

/** What is read of a press; all else that Slack sends is passed over. */
const Press = z.object({
  type: z.literal('block_actions'),
  user: z.object({ id: z.string().max(60) }),
  /** The message that the button is of. */
  container: z.object({ channel_id: z.string().max(60), message_ts: z.string().max(60) }),
  actions: z
    .array(z.object({ action_id: z.string().max(100), value: z.string().max(100).optional() }))
    .min(1)
    .max(10),
})

/** One and the same whatever is wrong: nobody learns what channels there are. */
export const callbackRefused = () =>
  new Problem('callback-refused', 'The callback is not signed as it should be.', {
    next: 'Check the signing secret of the channel.',
  })

/**
 * Takes a press of a button in Slack. It counts once its signature is proved with the channel's own signing secret, and each
 * signature counts once. Problem: `callback-refused`.
 */
export function createSlackCallback(
  needs: Pick<NotifyNeeds, 'keyring' | 'now' | 'onFailure'> & {
    readonly store: Pick<LinkingStore, 'findAny'>
    readonly press: (pressed: Pressed) => Promise<PressAnswer>
    readonly slack: SlackCall
  },
) {
  return async (input: InputOf<typeof takeSlackCallback>): Promise<{ ok: true }> => {
    if (!isPlausible(input, needs.now())) throw callbackRefused()
    const channel = await needs.store.findAny(input.channelId)
    if (channel?.kind !== 'slack-app') throw callbackRefused()
    const opened = await openChannel(needs.keyring, channel).catch(() => undefined)
    if (opened?.target.kind !== 'slack-app') throw callbackRefused()
    const { target } = opened
    if (!isSigned(target.signingSecret, input)) throw callbackRefused()
    const press = readPress(input.body)
    if (press === undefined) return { ok: true }
    const use = { proof: `slack:${input.signature}`, lastsMs: useLastsMs }
    const { outcome, words } = await needs.press({ channel, opened, ...press, use })
    // What was done shows on the message itself. Only the owner is told why not: nobody else is to learn anything.
    if (outcome === 'refused' && press.account === opened.linked?.account) {
      say(needs, target, `Nothing was decided. ${words}`)
    }
    return { ok: true }
  }
}

/** Not waited for: Slack takes an answer of the vault's within three seconds or says that it failed. */
function say(
  { slack, onFailure }: Parameters<typeof createSlackCallback>[0],
  target: TargetOf<'slack-app'>,
  words: string,
): void {
  slack(target, 'chat.postMessage', {
    body: { channel: target.memberId, text: escapeSlack(words), mrkdwn: false },
    signal: AbortSignal.timeout(sendMsMax),
  }).catch(() => onFailure('a press in Slack could not be answered', new Error('slack')))
}

/** What can be told without reading anything: a signature that has no form, and a time that is none of now. */
function isPlausible(
  { signature = '', timestamp = '' }: InputOf<typeof takeSlackCallback>,
  nowMs: number,
): boolean {
  if (!/^v0=[0-9a-f]{64}$/.test(signature) || !/^\d{1,12}$/.test(timestamp)) return false
  return Math.abs(nowMs - Number(timestamp) * 1000) <= ageMsMax
}

function isSigned(
  secret: string,
  { signature = '', timestamp = '', body }: InputOf<typeof takeSlackCallback>,
): boolean {
  const expected = `v0=${createHmac('sha256', secret).update(`v0:${timestamp}:${body}`).digest('hex')}`
  const [one, other] = [Buffer.from(expected), Buffer.from(signature)]
  return one.length === other.length && timingSafeEqual(one, other)
}

/** Undefined for what is no answer: opening the page is a press too. */
function readPress(
  body: string,
): Pick<Pressed, 'account' | 'approvalId' | 'answer' | 'message'> | undefined {
  const payload = new URLSearchParams(body).get('payload')
  const parsed = Press.safeParse(parse(payload ?? ''))
  const [action] = parsed.data?.actions ?? []
  const answer = action?.action_id
  if (parsed.data === undefined || action?.value === undefined) return undefined
  if (answer !== 'approve' && answer !== 'deny') return undefined
  const { user, container } = parsed.data
  const message = { channel: container.channel_id, ts: container.message_ts }
  return { account: user.id, approvalId: action.value, answer, message }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined // Signed, and nothing that is known here.
  }
}
