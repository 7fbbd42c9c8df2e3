import { z } from 'zod'
import type { PolledChannel, PollStore } from './linking-store.ts'
import type { NotifyNeeds } from './notify-needs.ts'
import { openChannel } from './sealed-channel.ts'
import type { TelegramCall } from './senders/telegram.ts'
import { type TakeUpdate, TelegramUpdate } from './telegram-updates.ts'

/** How long Telegram holds a question, in seconds; the answer comes at once when there is something. */
const holdSeconds = 6
const askMsMax = 9_000
const leaseMs = 20_000
const againMs = 500
/** After a failure. */
const laterMs = 15_000
const channelsMax = 10
const updatesMax = 50

const Answer = z.object({ ok: z.literal(true), result: z.array(z.unknown()).max(200) })
const Numbered = z.object({ update_id: z.number().int() })

/**
 * Fetches what was pressed, for a vault that Telegram cannot reach: one replica at a time asks for a bot, and only while linking is
 * under way or a message with buttons waits for an answer. One round.
 */
export function createTelegramPolling(
  needs: Pick<NotifyNeeds, 'keyring' | 'onFailure'> & {
    readonly store: PollStore
    readonly telegram: TelegramCall
    readonly take: TakeUpdate
    readonly replica: string
    readonly stop: AbortSignal
  },
) {
  const { store, replica, stop, onFailure } = needs
  return async (): Promise<void> => {
    if (stop.aborted) return
    const claimed = await store.claimPolls({ by: replica, leaseMs, channelsMax })
    await Promise.all(
      claimed.map(async (polled) => {
        const fetched = await fetchUpdates(needs, polled).catch(() => undefined)
        if (fetched === undefined) onFailure('a Telegram bot could not be asked', new Error('poll'))
        await store.endPoll({
          ...{ channelId: polled.channel.id, by: replica, offset: fetched ?? polled.offset },
          againMs: fetched === undefined ? laterMs : againMs,
        })
      }),
    )
  }
}

/** Takes what there is; answers where to go on. What cannot be taken is passed over: it would stand in the way for ever. */
async function fetchUpdates(
  { keyring, telegram, take, stop, onFailure }: Parameters<typeof createTelegramPolling>[0],
  { channel, offset }: PolledChannel,
): Promise<number> {
  const { target } = await openChannel(keyring, channel)
  if (target.kind !== 'telegram') return offset
  const { status, body } = await telegram(target, 'getUpdates', {
    body: {
      ...{ offset, limit: updatesMax, timeout: holdSeconds },
      allowed_updates: ['message', 'callback_query'],
    },
    signal: AbortSignal.any([AbortSignal.timeout(askMsMax), stop]),
  })
  if (status !== 200) throw new Error(`HTTP ${status}`)
  let next = offset
  for (const each of Answer.parse(JSON.parse(body)).result) {
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
  return next
}

/** No message of it: it may quote what it was given. */
const nameOf = (error: unknown) => new Error(error instanceof Error ? error.name : typeof error)
