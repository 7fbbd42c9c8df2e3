import { type Decidable, type Message, unshownWords } from '../message.ts'
import { askedOf } from '../sealed-reference.ts'
import type { Sender, SendResult, TargetOf } from '../sender.ts'
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
import { escapeSlack, slackMessage } from './slack.ts'

type Target = TargetOf<'slack-app'>

const origins = ['https://slack.com', 'https://slack-gov.com']
/** Slack's bound of the text in a dialog of confirmation, in characters. */
const confirmCharsMax = 300
/** Of the title that is kept, before its characters are escaped: Slack's bound of a header is 150. */
const titleCharsMax = 100

/** Asks Slack's Web API (https://docs.slack.dev/apis/web-api) as the app. */
export type SlackCall = (
  target: Target,
  method: string,
  asked: { readonly body: object; readonly signal: AbortSignal },
) => Promise<HttpAnswer>

/** Builds the call. Problems: of the way out. */
export const createSlackCall =
  ({ post }: Pick<HttpNeeds, 'post'>): SlackCall =>
  ({ server, botToken, signingSecret }, method, { body, signal }) =>
    post(`${server}/api/${method}`, {
      body: JSON.stringify(body),
      headers: {
        'content-type': 'application/json; charset=utf-8',
        authorization: `Bearer ${botToken}`,
      },
      signal,
      secrets: [botToken, signingSecret],
    })

/** Writes to its owner as an own Slack app, with buttons once its owner linked the account. */
export function createSlackAppSender(needs: HttpNeeds): Sender<'slack-app'> {
  const call = createSlackCall(needs)
  return {
    hasButtons: true,

    prepare(target) {
      const url = readUrl(target.server, 'target.server', needs.mayUseOrigin)
      if (url.pathname !== '/' || url.search !== '') {
        throw invalid('target.server', 'must be an origin alone, such as https://slack.com')
      }
      if (!origins.includes(url.origin) && !isLocalGateway(url)) {
        throw invalid('target.server', 'must be https://slack.com or https://slack-gov.com')
      }
      if (!/^[\x21-\x7e]+$/.test(target.botToken)) {
        throw invalid('target.botToken', 'must be a token such as xoxb-…')
      }
      return {
        target: { ...target, server: url.origin },
        shown: maskedEnd(`${url.host} ${target.memberId}`, target.botToken),
        status: 'unlinked',
      }
    },

    async send(target, message, { linked, signal }) {
      const buttons = linked === undefined ? undefined : withButtons(message)
      const answer = await call(target, 'chat.postMessage', {
        // Until the account is linked nobody has shown that the member is the owner: then a link alone.
        body: { channel: target.memberId, ...(buttons ?? slackMessage(message)) },
        signal,
      })
      return resultOfCall(answer, message, buttons !== undefined)
    },

    async settle(target, { reference, settled }, { signal }) {
      const { channel, ts, title = '', url = '' } = reference
      const words = settledWords(settled)
      const blocks = [
        { type: 'header', text: plain(title) },
        { type: 'section', text: plain(escapeSlack(words)) },
        ...(url === ''
          ? []
          : [{ type: 'actions', elements: [{ ...button('open', 'Open in Sallyport'), url }] }]),
      ]
      const answer = await call(target, 'chat.update', {
        body: { channel, ts, text: `${title}: ${escapeSlack(words)}`, blocks },
        signal,
      })
      if (answer.status !== 200 || errorOf(answer.body) === 'ratelimited') {
        throw new Error('Slack is busy')
      }
    },
  }
}

/**
 * The message with a button for each answer. Approving asks once more, and shows exactly what is asked for: undefined where Slack
 * has no room for all of it.
 */
function withButtons(message: Message) {
  const written = slackMessage(message)
  const { mayDecide } = message
  if (mayDecide === undefined) return undefined
  if (confirmationOf(mayDecide).length > confirmCharsMax) return undefined
  const blocks = written.blocks.map((block) =>
    block.type === 'actions' && 'elements' in block
      ? { ...block, elements: [...answersTo(mayDecide), ...block.elements] }
      : block,
  )
  return { ...written, blocks }
}

const confirmationOf = (asked: Decidable): string =>
  `${escapeSlack(askedOf(asked))}\n${unshownWords}`

const answersTo = (asked: Decidable) => [
  {
    ...button('approve', 'Approve'),
    value: asked.approvalId,
    style: 'primary',
    confirm: {
      title: plain('Approve this request?'),
      text: plain(confirmationOf(asked)),
      confirm: plain('Approve'),
      deny: plain('Back'),
    },
  },
  { ...button('deny', 'Deny'), value: asked.approvalId, style: 'danger' },
]

const plain = (text: string) => ({ type: 'plain_text', text, emoji: false })
const button = (actionId: string, text: string) => ({
  type: 'button',
  text: plain(text),
  action_id: actionId,
})

/** Of Slack's errors, those after which there is nobody there any more. */
const gone = new Set([
  'account_inactive',
  'invalid_auth',
  'not_authed',
  'token_revoked',
  'token_expired',
  'channel_not_found',
  'user_not_found',
  'user_disabled',
])
const busy = new Set(['ratelimited', 'internal_error', 'fatal_error', 'service_unavailable'])

/** Slack answers 200 to what it refuses, too. */
function resultOfCall(answer: HttpAnswer, message: Message, hasButtons: boolean): SendResult {
  if (answer.status !== 200) {
    const result = resultOf(answer)
    return result.delivered ? { ...result, delivered: false, retry: true } : result
  }
  const error = errorOf(answer.body)
  if (error === undefined) {
    const { channel, ts } = JSON.parse(answer.body) as { channel?: unknown; ts?: unknown }
    if (!hasButtons) return { delivered: true, message: 'HTTP 200' }
    const title = escapeSlack(message.title.slice(0, titleCharsMax))
    return {
      delivered: true,
      message: 'HTTP 200',
      reference: { channel: String(channel), ts: String(ts), title, url: message.url },
    }
  }
  const said = `Slack said: ${error}`
  if (gone.has(error)) return { delivered: false, message: said, retry: false, gone: true }
  return { delivered: false, message: said, retry: busy.has(error) }
}

/** Undefined where Slack took it. What is no answer of Slack's counts as busy. */
export function errorOf(body: string): string | undefined {
  try {
    const said = JSON.parse(body) as { ok?: unknown; error?: unknown } | null
    if (said?.ok === true) return undefined
    const error = said?.error
    return typeof error === 'string' && /^[a-z_]{1,60}$/.test(error) ? error : 'internal_error'
  } catch {
    return 'internal_error'
  }
}
