import type { Message, Severity } from '../message.ts'
import type { Sender } from '../sender.ts'
import {
  type HttpAnswer,
  type HttpNeeds,
  invalid,
  longSegments,
  maskedEnd,
  readUrl,
  resultOf,
} from './http-answer.ts'
import { isLocalGateway } from './local-gateway.ts'

const hosts = ['discord.com', 'discordapp.com', 'ptb.discord.com', 'canary.discord.com']

/** Escaping at most doubles a text; Discord takes 256 characters of a title and 4 096 of a description. */
const titleCharsMax = 120
const descriptionCharsMax = 2_000
const colors: Readonly<Record<Severity, number>> = {
  normal: 0x3b82f6,
  high: 0xd97706,
  urgent: 0xdc2626,
}

/** Executes a webhook of a Discord channel. Nobody is mentioned, and nothing in a text is markup. */
export function createDiscordSender({ post, mayUseOrigin }: HttpNeeds): Sender<'discord'> {
  return {
    prepare({ webhookUrl }) {
      const url = readUrl(webhookUrl, 'target.webhookUrl', mayUseOrigin)
      if (!hosts.includes(url.host) && !isLocalGateway(url)) {
        throw invalid(
          'target.webhookUrl',
          'must be a webhook of Discord: https://discord.com/api/webhooks/…',
          'Copy it in Discord, in the settings of the channel, under Integrations.',
        )
      }
      return {
        target: { kind: 'discord', webhookUrl: url.href },
        shown: maskedEnd(url.host, url.pathname),
        status: 'active',
      }
    },

    async send({ webhookUrl }, message, { signal }) {
      const answer = await post(webhookUrl, {
        body: JSON.stringify(payloadOf(message)),
        headers: { 'content-type': 'application/json', 'user-agent': 'Sallyport' },
        signal,
        secrets: [webhookUrl, ...longSegments(webhookUrl)],
      })
      // Of a webhook that was deleted; 401 of a token that is none.
      return resultOf(withPatience(answer), { goneAt: [401, 404] })
    },
  }
}

/** Discord says in the body how long to wait, in seconds with fractions. */
function withPatience(answer: HttpAnswer): HttpAnswer {
  const [, seconds] = /"retry_after"\s*:\s*(\d{1,6}(?:\.\d+)?)/.exec(answer.body) ?? []
  if (answer.status !== 429 || seconds === undefined) return answer
  const said = Math.ceil(Number(seconds))
  return { ...answer, retryAfterSeconds: Math.max(said, answer.retryAfterSeconds ?? 0) }
}

function payloadOf(message: Message) {
  const title = escapeDiscord(message.title.slice(0, titleCharsMax))
  const lines = message.facts.map(
    ({ name, value }) => `**${escapeDiscord(name)}:** ${escapeDiscord(value)}`,
  )
  return {
    username: 'Sallyport',
    content: title,
    allowed_mentions: { parse: [] },
    embeds: [
      {
        title: 'Open in Sallyport',
        url: message.url,
        description: wholeLines(lines),
        color: colors[message.severity],
      },
    ],
  }
}

/** As many whole lines as fit: half an escape would be a beginning of something else. */
function wholeLines(lines: readonly string[]): string {
  const fitting: string[] = []
  let chars = 0
  for (const line of lines) {
    chars += line.length + 1
    if (chars > 2 * descriptionCharsMax) break
    fitting.push(line)
  }
  return fitting.join('\n')
}

/**
 * Text that Discord shows as it is: a backslash before any character but letters, digits and spaces takes away whatever meaning
 * it has, and an address that is broken by one is no link.
 */
export const escapeDiscord = (text: string): string => text.replaceAll(/[!-/:-@[-`{-~]/g, '\\$&')
