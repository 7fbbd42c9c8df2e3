import { z } from 'zod'
import type { PolledChannel, PollStore } from './linking-store.ts'
import type { NotifyNeeds } from './notify-needs.ts'
import { openChannel } from './sealed-channel.ts'
import type { TelegramCall } from './senders/telegram.ts'
import { type TakeUpdate, TelegramUpdate } from './telegram-updates.ts'
import { allowedUpdates, type TelegramWebhook } from './telegram-webhook.ts'

/** How long Telegram holds a question, in seconds; the answer comes at once when there is something. */
const holdSeconds = 6
const askMsMax = 9_000
/** Longer than asking and taking last together, the last update's own time included. */
const leaseMs = 40_000
/** What was not taken by then is asked for again. */
const takeMsMax = 15_000
const againMs = 500
/** After a failure, and where Telegram sends by itself. */
const laterMs = 15_000
const channelsMax = 40
const updatesMax = 20
const conflict = 409

const Answer = z.object({ ok: z.literal(true), result: z.array(z.unknown()).max(200) })
const Numbered = z.object({ update_id: z.number().int() })

export interface TelegramPollingNeeds extends Pick<NotifyNeeds, 'keyring' | 'onFailure' | 'now'> {
  readonly store: PollStore
  readonly telegram: TelegramCall
  readonly webhook: Pick<TelegramWebhook, 'mend'>
  readonly take: TakeUpdate
  readonly replica: string
  readonly stop: AbortSignal
}

/**
 * Fetches what was pressed, where Telegram does not send it by itself: one replica at a time asks for a bot, and only while linking
 * is under way or a message with buttons waits for an answer. One round.
 */
export function createTelegramPolling(needs: TelegramPollingNeeds) {
  const { store, replica, stop, onFailure } = needs
  return async (): Promise<void> => {
    if (stop.aborted) return
    const claimed = await store.claimPolls({ by: replica, leaseMs, channelsMax })
    await Promise.all(
      claimed.map(async (polled) => {
        const fetched = await fetchUpdates(needs, polled).catch(() => undefined)
        if (fetched === undefined && !stop.aborted) {
          onFailure('a Telegram bot could not be asked', new Error('poll'))
        }
        await store.endPoll({
          ...{ channelId: polled.channel.id, by: replica },
          offset: fetched?.offset ?? polled.offset,
          againMs: stop.aborted ? 0 : (fetched?.againMs ?? laterMs),
        })
      }),
    )
  }
}

interface Fetched {
  readonly offset: number
  readonly againMs: number
}

/** Takes what there is; answers where to go on. What cannot be taken is passed over: it would stand in the way for ever. */
async function fetchUpdates(
  needs: TelegramPollingNeeds,
  { channel, offset }: PolledChannel,
): Promise<Fetched> {
  const { keyring, telegram, take, stop, onFailure } = needs
  const { target } = await openChannel(keyring, channel)
  if (target.kind !== 'telegram') return { offset, againMs: laterMs }
  const { status, body } = await telegram(target, 'getUpdates', {
    body: { offset, limit: updatesMax, timeout: holdSeconds, allowed_updates: allowedUpdates },
    signal: AbortSignal.any([AbortSignal.timeout(askMsMax), stop]),
  })
  if (status === conflict) {
    await needs.webhook.mend(channel.id, target)
    return { offset, againMs: laterMs }
  }
  if (status !== 200) throw new Error(`HTTP ${status}`)
  const untilMs = needs.now() + takeMsMax
  let next = offset
  for (const each of Answer.parse(JSON.parse(body)).result) {
    if (needs.now() >= untilMs || stop.aborted) break
    const numbered = Numbered.safeParse(each)
    if (!numbered.success) continue
    const update = TelegramUpdate.safeParse(each)
    if (update.success) {
      await take(channel, target, update.data).catch((error: unknown) =>
        onFailure('an update of a Telegram bot could not be taken', nameOf(error)),
      )
    }
    next = Math.max(next, numbered.data.update_id + 1)
  }
  return { offset: next, againMs }
}

/** No message of it: it may quote what it was given. */
const nameOf = (error: unknown) => new Error(error instanceof Error ? error.name : typeof error)
