import { Buffer } from 'node:buffer'
import { timingSafeEqual } from 'node:crypto'
import type { InputOf, takeTelegramCallback } from '@sallyport/contracts'
import { z } from 'zod'
import type { Linking } from './linking.ts'
import type { LinkingStore } from './linking-store.ts'
import type { NotifyNeeds } from './notify-needs.ts'
import type { StoredChannel } from './notify-store.ts'
import { plainWords } from './plain-words.ts'
import type { PressAnswer, Pressed } from './press.ts'
import { openChannel } from './sealed-channel.ts'
import { sendMsMax, type TargetOf } from './sender.ts'
import { pressPattern, type TelegramCall } from './senders/telegram.ts'
import { callbackRefused } from './slack-callback.ts'

const nameCharsMax = 60
/** Telegram sends what was not taken again for a day. */
const useLastsMs = 25 * 3_600_000
/** Telegram's bound of what a press is answered with, in characters. */
const answerCharsMax = 190

const From = z.object({
  id: z.number().int(),
  is_bot: z.boolean().optional(),
  first_name: z.string().optional(),
  username: z.string().optional(),
})
/** What is read of an update; all else is passed over. */
export const TelegramUpdate = z.object({
  update_id: z.number().int(),
  message: z
    .object({
      from: From.optional(),
      chat: z.object({ id: z.number().int(), type: z.string() }),
      text: z.string().max(5_000).optional(),
    })
    .optional(),
  callback_query: z
    .object({
      id: z.string().max(100),
      from: From,
      data: z.string().max(100).optional(),
      /** The message that the button is of. */
      message: z
        .object({ message_id: z.number().int(), chat: z.object({ id: z.number().int() }) })
        .optional(),
    })
    .optional(),
})
export type TelegramUpdate = z.infer<typeof TelegramUpdate>

export interface TelegramNeeds extends Pick<NotifyNeeds, 'keyring' | 'onFailure'> {
  readonly store: Pick<LinkingStore, 'findAny'>
  readonly press: (pressed: Pressed) => Promise<PressAnswer>
  readonly linking: Pick<Linking, 'finishByMessage'>
  readonly telegram: TelegramCall
  readonly telegramSecret: (channelId: string) => string
}

/** What is done with one update of a bot: an account is linked, or a button was pressed. Who is a stranger gets no answer. */
export type TakeUpdate = (
  channel: StoredChannel,
  target: TargetOf<'telegram'>,
  update: TelegramUpdate,
) => Promise<void>

/** Builds the taking of updates, however they came. */
export function createTakeUpdate(needs: TelegramNeeds): TakeUpdate {
  return async (channel, target, { message, callback_query: query }) => {
    if (query !== undefined) await takePress(needs, { channel, target }, query)
    const [, code] = /^\/start ([A-Za-z0-9_-]{10,64})$/.exec(message?.text ?? '') ?? []
    const { from, chat } = message ?? {}
    if (code === undefined || from === undefined || chat?.type !== 'private') return
    if (from.is_bot === true || from.id !== chat.id) return
    const name = plainWords(from.username ?? from.first_name ?? '', nameCharsMax)
    const account = { account: String(from.id), name: name === '' ? String(from.id) : name }
    if (!(await needs.linking.finishByMessage(channel, code, account))) return
    await say(needs, target, 'sendMessage', {
      chat_id: account.account,
      text: 'Linked. What waits for you is told here, with buttons to answer it.',
    })
  }
}

type Query = NonNullable<TelegramUpdate['callback_query']>

async function takePress(
  needs: TelegramNeeds,
  { channel, target }: { readonly channel: StoredChannel; readonly target: TargetOf<'telegram'> },
  { id, from, data = '', message }: Query,
): Promise<void> {
  const opened = await openChannel(needs.keyring, channel)
  const [, letter, approvalId] = pressPattern.exec(data) ?? []
  const account = String(from.id)
  const answered =
    approvalId === undefined || message === undefined
      ? { outcome: 'done', words: '' }
      : await needs.press({
          ...{ channel, opened, account, approvalId },
          answer: letter === 'a' ? 'approve' : 'deny',
          message: { chat: String(message.chat.id), message: String(message.message_id) },
          use: { proof: `telegram:${id}`, lastsMs: useLastsMs },
        })
  if (account !== opened.linked?.account || answered.outcome === 'repeated') return
  await say(needs, target, 'answerCallbackQuery', {
    callback_query_id: id,
    text: answered.words.slice(0, answerCharsMax),
    show_alert: answered.outcome === 'refused',
  })
}

/** An answer that does not get there changes nothing of what was done. */
async function say(
  { telegram, onFailure }: TelegramNeeds,
  target: TargetOf<'telegram'>,
  ...[method, body]: [string, object]
): Promise<void> {
  await telegram(target, method, { body, signal: AbortSignal.timeout(sendMsMax) }).catch(() =>
    onFailure('a Telegram bot could not answer', new Error(method)),
  )
}

/**
 * Takes an update that Telegram sent by itself. It counts where it came with the secret that was agreed on when linking began.
 * Problem: `callback-refused`.
 */
export function createTelegramCallback(needs: TelegramNeeds & { readonly take: TakeUpdate }) {
  return async (input: InputOf<typeof takeTelegramCallback>): Promise<{ ok: true }> => {
    // The secret follows from the id alone: what comes without it reads nothing.
    const expected = Buffer.from(needs.telegramSecret(input.channelId))
    const given = Buffer.from(input.secret ?? '')
    if (expected.length !== given.length || !timingSafeEqual(expected, given)) {
      throw callbackRefused()
    }
    const channel = await needs.store.findAny(input.channelId)
    if (channel?.kind !== 'telegram') throw callbackRefused()
    const opened = await openChannel(needs.keyring, channel).catch(() => undefined)
    if (opened?.target.kind !== 'telegram') throw callbackRefused()
    const update = TelegramUpdate.safeParse(parse(input.body))
    if (update.success) await needs.take(channel, opened.target, update.data)
    return { ok: true }
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined // From Telegram, and nothing that is known here.
  }
}
