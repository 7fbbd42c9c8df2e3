import type { Message } from '../message.ts'
import type { Sender } from '../sender.ts'
import {
  type HttpNeeds,
  invalid,
  longSegments,
  maskedEnd,
  readUrl,
  resultOf,
} from './http-answer.ts'
import { isLocalGateway } from './local-gateway.ts'

const hosts = ['hooks.slack.com', 'hooks.slack-gov.com']

/** Slack's bounds, in characters after escaping. */
const headerCharsMax = 150
const sectionCharsMax = 3_000

/**
 * Posts to an incoming webhook (https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks). Its blocks are plain
 * text throughout: nothing in them is markup, a mention or a link.
 */
export function createSlackSender({ post, mayUseOrigin }: HttpNeeds): Sender<'slack'> {
  return {
    prepare({ webhookUrl }) {
      const url = readUrl(webhookUrl, 'target.webhookUrl', mayUseOrigin)
      if (!hosts.includes(url.host) && !isLocalGateway(url)) {
        throw invalid(
          'target.webhookUrl',
          'must be an incoming webhook of Slack: https://hooks.slack.com/services/…',
          'Make one in the settings of a Slack app, under Incoming Webhooks.',
        )
      }
      return {
        target: { kind: 'slack', webhookUrl: url.href },
        shown: maskedEnd(url.host, url.pathname),
        status: 'active',
      }
    },

    async send({ webhookUrl }, message, { signal }) {
      const answer = await post(webhookUrl, {
        body: JSON.stringify(slackMessage(message)),
        headers: { 'content-type': 'application/json; charset=utf-8' },
        signal,
        secrets: [webhookUrl, ...longSegments(webhookUrl)],
      })
      return resultOf(answer, { goneAt: [404, 410] })
    },
  }
}

/** A message as Slack takes it, with a button that opens the page and decides nothing. */
export function slackMessage(message: Message) {
  const lines = message.facts.map(({ name, value }) => escapeSlack(`${name}: ${value}`))
  return {
    // What notifications of the system show.
    text: escapeSlack(message.title),
    mrkdwn: false,
    link_names: false,
    unfurl_links: false,
    unfurl_media: false,
    blocks: [
      { type: 'header', text: plain(fitting([escapeSlack(message.title)], headerCharsMax)) },
      ...(lines.length === 0
        ? []
        : [{ type: 'section', text: plain(fitting(lines, sectionCharsMax)) }]),
      {
        type: 'actions',
        elements: [
          { type: 'button', text: plain('Open in Sallyport'), url: message.url, action_id: 'open' },
        ],
      },
    ],
  }
}

const plain = (text: string) => ({ type: 'plain_text', text, emoji: false })

/** Slack's three characters of control; everything else means something in `mrkdwn` alone. */
export const escapeSlack = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')

/** As many whole lines as fit, of the first one a part: never half an entity. */
function fitting(lines: readonly string[], charsMax: number): string {
  let text = ''
  for (const line of lines) {
    const longer = text === '' ? line : `${text}\n${line}`
    if (longer.length > charsMax) break
    text = longer
  }
  return text === '' ? cutEntities(lines[0] ?? '', charsMax) : text
}

const cutEntities = (text: string, charsMax: number): string =>
  `${text
    .slice(0, charsMax - 1)
    .replace(/&[a-z]{0,3}$/, '')
    .replace(/[\ud800-\udbff]$/, '')}…`
