import { type Message, unshownWords } from '../message.ts'
import { askedOf } from '../sealed-reference.ts'
import type { Sender, SendResult, Settled, TargetOf } from '../sender.ts'
import {
  type HttpAnswer,
  type HttpNeeds,
  invalid,
  maskedEnd,
  readUrl,
  resultOf,
} from './http-answer.ts'
import { isLocalGateway } from './local-gateway.ts'
import { settledWords } from './settled-words.ts'

type Target = TargetOf<'telegram'>

const officialOrigin = 'https://api.telegram.org'
/** Telegram's bound of a text, in characters. */
const textCharsMax = 4_096
/** Telegram's bound of what a button sends, in bytes. An approval's id takes 30. */
const dataBytesMax = 64

/** What the buttons send: one letter, a colon, and the approval's id. */
export const pressPattern = /^([ad]):([\x21-\x7e]{1,60})$/

/** Asks a bot's own API (https://core.telegram.org/bots/api). The token stands in the path, as Telegram wants it. */
export type TelegramCall = (
  target: Target,
  method: string,
  asked: { readonly body: object; readonly signal: AbortSignal },
) => Promise<HttpAnswer>

/** Builds the call. Problems: of the way out. */
export const createTelegramCall =
  ({ post }: Pick<HttpNeeds, 'post'>): TelegramCall =>
  ({ server, botToken }, method, { body, signal }) =>
    post(`${server}/bot${botToken}/${method}`, {
      body: JSON.stringify(body),
      headers: { 'content-type': 'application/json; charset=utf-8' },
      signal,
      secrets: [botToken],
    })

/** Writes to its owner as a bot, in plain text: nothing in it is markup. With buttons once its owner linked the account. */
export function createTelegramSender(needs: HttpNeeds): Sender<'telegram'> {
  const call = createTelegramCall(needs)
  return {
    hasButtons: true,
    needsLink: true,

    prepare(target) {
      const url = readUrl(target.server, 'target.server', needs.mayUseOrigin)
      if (url.pathname !== '/' || url.search !== '') {
        throw invalid('target.server', 'must be an origin alone, such as https://api.telegram.org')
      }
      if (url.origin !== officialOrigin && !isLocalGateway(url)) {
        throw invalid(
          'target.server',
          'must be https://api.telegram.org, or a Bot API server at an address of yours',
        )
      }
      return {
        target: { ...target, server: url.origin },
        // What stands before the colon is the bot's id, and no secret.
        shown: maskedEnd(`bot ${target.botToken.split(':', 1)[0]}`, target.botToken),
        status: 'unlinked',
      }
    },

    async send(target, message, { linked, signal }) {
      if (linked === undefined) {
        return { delivered: false, message: 'No account is linked yet.', retry: false }
      }
      const answer = await call(target, 'sendMessage', {
        body: {
          chat_id: linked.account,
          ...textOf(message),
          link_preview_options: { is_disabled: true },
          reply_markup: { inline_keyboard: keyboardOf(message) },
        },
        signal,
      })
      return resultOfCall(answer, {
        ...{ chat: linked.account, url: message.url },
        hasButtons: answersTo(message).length > 0,
      })
    },

    async settle(target, { reference, settled }, { signal }) {
      const { chat, message: messageId, url } = reference
      const answer = await call(target, 'editMessageReplyMarkup', {
        body: {
          chat_id: chat,
          message_id: Number(messageId),
          reply_markup: { inline_keyboard: settledKeyboard(settled, url) },
        },
        signal,
      })
      if (answer.status >= 500 || answer.status === 429) throw new Error('Telegram is busy')
    },
  }
}

/**
 * What is there to be read. With buttons the request is named in any case: they decide what is shown, and nothing else. Telegram
 * makes links of whatever looks like one, but for what is marked as code: all that is not the vault's own address.
 */
function textOf({ title, facts, url, mayDecide, detail }: Message) {
  const lines = [
    { name: '', value: title },
    ...facts.map(({ name, value }) => ({ name: `${name}: `, value })),
    ...(mayDecide !== undefined && detail === 'minimal'
      ? [{ name: '', value: askedOf(mayDecide) }]
      : []),
    ...(mayDecide === undefined ? [] : [{ name: unshownWords, value: '' }]),
  ]
  let text = ''
  const entities: { type: 'code'; offset: number; length: number }[] = []
  for (const { name, value } of lines) {
    const line = `${text === '' ? '' : '\n'}${name}`
    if (text.length + line.length + value.length > textCharsMax) break
    text += line
    if (value !== '') entities.push({ type: 'code', offset: text.length, length: value.length })
    text += value
  }
  const withUrl = `${text}\n${url}`
  const hasRoom = !takesAsButton(url) && withUrl.length <= textCharsMax
  return { text: hasRoom ? withUrl : text, entities }
}

interface Button {
  readonly text: string
  readonly callback_data?: string
  readonly url?: string
}

function keyboardOf(message: Message): Button[][] {
  const answers = answersTo(message)
  return [
    ...(answers.length > 0 ? [answers] : []),
    ...(takesAsButton(message.url) ? [[{ text: 'Open in Sallyport', url: message.url }]] : []),
  ]
}

/** Both, or none. */
function answersTo({ mayDecide }: Message): Button[] {
  if (mayDecide === undefined) return []
  const [approve, deny] = [`a:${mayDecide.approvalId}`, `d:${mayDecide.approvalId}`]
  if (Buffer.byteLength(approve) > dataBytesMax) return []
  return [
    { text: 'Approve', callback_data: approve },
    { text: 'Deny', callback_data: deny },
  ]
}

/** What became of it, in place of the buttons. Pressing it is answered with the same. */
const settledKeyboard = (settled: Settled, url: string | undefined): Button[][] => [
  [{ text: settledWords(settled), callback_data: `n:${settled.approvalId}` }],
  ...(url !== undefined && takesAsButton(url) ? [[{ text: 'Open in Sallyport', url }]] : []),
]

/** Telegram takes no button to an address of this machine. */
const takesAsButton = (url: string): boolean => url.startsWith('https://')

function resultOfCall(
  answer: HttpAnswer,
  {
    hasButtons,
    ...where
  }: { readonly chat: string; readonly url: string; readonly hasButtons: boolean },
): SendResult {
  const said = read(answer.body)
  if (answer.status === 200 && said?.ok === true) {
    if (!hasButtons) return { delivered: true, message: 'HTTP 200' }
    return {
      delivered: true,
      message: 'HTTP 200',
      reference: { ...where, message: String(said.result?.message_id ?? '') },
    }
  }
  const seconds = said?.parameters?.retry_after
  const result = resultOf(
    { ...answer, retryAfterSeconds: typeof seconds === 'number' ? seconds : undefined },
    // The token is no good any more, or its owner stopped the bot.
    { goneAt: [401, 403, 404] },
  )
  return result.delivered ? { ...result, delivered: false, retry: true } : result
}

interface Said {
  readonly ok?: unknown
  readonly result?: { readonly message_id?: unknown }
  readonly parameters?: { readonly retry_after?: unknown }
}

function read(body: string): Said | undefined {
  try {
    const said: unknown = JSON.parse(body)
    return typeof said === 'object' && said !== null ? said : undefined
  } catch {
    return undefined // Not Telegram's: the status tells what to do.
  }
}
