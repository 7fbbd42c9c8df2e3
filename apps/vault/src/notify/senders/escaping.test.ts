import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { verifies } from '../../../../../test/verifies.ts'
import type { MailServerSettings } from '../mail-transport.ts'
import type { Message } from '../message.ts'
import type { Subject } from '../notify-store.ts'
import type { SendContext } from '../sender.ts'
import { writeMessage } from '../write-message.ts'
import { createDiscordSender, escapeDiscord } from './discord.ts'
import { createEmailSender, escapeHtml } from './email.ts'
import type { HttpAnswer, HttpNeeds } from './http-answer.ts'
import { createNtfySender, encodeHeader } from './ntfy.ts'
import { createSlackSender, escapeSlack } from './slack.ts'
import { createWebhookSender } from './webhook.ts'

// Whatever an agent writes is shown as what it wrote, in every channel: it ends no quotation of ours, makes no link and no heading,
// calls nobody, and adds no header.

/** Texts that are made of what has a meaning somewhere. */
const hostile = fc
  .array(
    fc.oneof(
      fc.constantFrom(
        ...['<!channel>', '<@U012345>', '<https://evil.example|Approve>', '@everyone', '<@&1>'],
        ...[
          '**',
          '__',
          '~~',
          '||',
          '`',
          '```',
          '\n# ',
          '\n> ',
          '\n- ',
          '[x](https://evil.example)',
        ],
        ...['</td>', '<script>', '"', "'", '&lt;', '&amp;', '&#60;', '-->', ']]>', '\\', '”', '“'],
        ...['\r\nClick: https://evil.example', '\r\n\r\n', '\nBcc: evil@example.com', '=?UTF-8?B?'],
        ...['\u202e', '\u2066', '\u200b', '\u0000', '\u2028', '\ud800', '\u0301\u0301\u0301\u0301'],
        ...['https://evil.example', 'שלום', 'سلام', '🦊', ':fox:', '*_', '{{', '${', '%0a'],
      ),
      fc.string({ unit: 'binary', maxLength: 12 }),
    ),
    { maxLength: 40 },
  )
  .map((parts) => parts.join(''))

const subjectOf = (text: string): Subject => ({
  kind: 'approval',
  id: 'apr_1',
  status: 'pending',
  agentName: text,
  connectionLabel: text,
  method: 'POST',
  host: 'api.example.com',
  path: `/${text}`,
  reason: text,
  agentReason: text,
  expiresAt: new Date(0),
  freshSignIn: false,
  ownersNeeded: 1,
})
const messageOf = (text: string): Message =>
  writeMessage(
    subjectOf(text),
    { detail: 'full' },
    { pagesUrl: 'https://vault.example', ownerRole: 'owner' },
  )

const context: SendContext = {
  ...{ workspaceId: 'wsp_1', channelId: 'ntc_1', ownerId: 'own_1', deliveryId: 'ntd_1' },
  at: new Date(0),
  signal: new AbortController().signal,
  signing: { secret: `whsec_${Buffer.alloc(32).toString('base64')}` },
}

interface Posted {
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

/** What a sender posts. */
function recorder() {
  const posted: Posted[] = []
  const answer: HttpAnswer = { status: 200, words: '', body: '', retryAfterSeconds: undefined }
  return {
    posted,
    needs: {
      post: async (url, { headers, body }) => {
        posted.push({ url, headers, body: String(body) })
        return answer
      },
      mayUseOrigin: () => true,
    } satisfies HttpNeeds,
  }
}

const runs = { numRuns: 300 }
/** Characters that change how others are read, or are not seen at all; isolates that we add ourselves come in pairs. */
const unseen = /[\p{Cc}\u200b-\u200f\u202a-\u202e\u2060-\u2067\ufeff]|\p{Cs}/u

describe('what an agent writes', () => {
  it('is plain text in Slack, with each character of control as an entity', async () => {
    verifies('S-28')
    await fc.assert(
      fc.asyncProperty(hostile, async (text) => {
        const { posted, needs } = recorder()
        const webhookUrl = 'https://hooks.slack.com/services/a/b/c'
        await createSlackSender(needs).send({ kind: 'slack', webhookUrl }, messageOf(text), context)
        const body = JSON.parse(posted[0]?.body ?? '') as Record<string, unknown>
        const texts = textsOf(body)
        for (const one of texts) {
          expect(one).not.toMatch(/[<>]|&(?!(?:amp|lt|gt);)/)
        }
        expect(JSON.stringify(body.blocks)).not.toContain('mrkdwn')
        expect(body.mrkdwn).toBe(false)
        expect(unseen.test(texts.join('').replaceAll('\n', ''))).toBe(false)
      }),
      runs,
    )
  })

  it('is text in Discord: nothing of it is markup, a link or a mention', async () => {
    verifies('S-28')
    await fc.assert(
      fc.asyncProperty(hostile, async (text) => {
        const { posted, needs } = recorder()
        const webhookUrl = 'https://discord.com/api/webhooks/1/x'
        await createDiscordSender(needs).send(
          { kind: 'discord', webhookUrl },
          messageOf(text),
          context,
        )
        const body = JSON.parse(posted[0]?.body ?? '')
        expect(body.allowed_mentions).toEqual({ parse: [] })
        // What is ours is bold names at the beginning of each line; the rest has no character that is not escaped.
        const lines = String(body.embeds[0].description).split('\n')
        const ours =
          /^\*\*(?:Agent|Request|Connection|Why you are asked|The agent says|A yes takes|Until)(?:\\:)?:\*\* /
        for (const line of [...lines.map((one) => one.replace(ours, '')), body.content]) {
          const left = String(line).replaceAll(/\\[!-/:-@[-`{-~]/g, '')
          expect(left).not.toMatch(/[!-/:-@[-`{-~]/)
        }
        expect(body.embeds[0].url).toBe('https://vault.example/approvals/apr_1')
        expect(String(body.embeds[0].description).length).toBeLessThanOrEqual(4096)
        expect(body.content.length).toBeLessThanOrEqual(2000)
      }),
      runs,
    )
  })

  it('is text in the HTML of a mail, and adds no header to it', async () => {
    verifies('S-28')
    const server: MailServerSettings = {
      ...{ host: 'mail.test', port: 587, security: 'starttls', from: 'vault@example.com' },
    }
    await fc.assert(
      fc.asyncProperty(hostile, async (text) => {
        const mails: { html: string; subject: string; text: string }[] = []
        const sender = createEmailSender({
          findMailServer: async () => server,
          mail: {
            send: async (_server, mail) => {
              mails.push(mail)
              return { taken: true, message: 'ok' }
            },
          },
        })
        await sender.send({ kind: 'email', to: 'me@example.com' }, messageOf(text), context)
        const [mail] = mails
        const withoutOurs = (mail?.html ?? '')
          .replaceAll(
            /<(?:!doctype html|meta charset="utf-8"|h1 style="font-size:18px"|table cellpadding="4"|th align="left" valign="top"|p style="color:#666"|a href="https:\/\/vault\.example\/approvals\/apr_1")>/g,
            '',
          )
          .replaceAll(/<\/?(?:html|head|body|h1|table|tr|th|td|p|a)>/g, '')
        expect(withoutOurs).not.toMatch(/[<>"']/)
        expect(withoutOurs).not.toMatch(/&(?!(?:amp|lt|gt|quot|#39);)/)
        expect(mail?.subject).not.toMatch(/[\r\n\u2028\u2029\0]/)
        // Each line of the text is one of ours, with what was said behind its name.
        const names =
          /^(?:Agent|Request|Connection|Why you are asked|The agent says|A yes takes|Until|Open): /
        const [, , ...rest] = (mail?.text ?? '').split('\n')
        for (const line of rest) {
          expect(line === '' || names.test(line) || line.startsWith('Opening the link')).toBe(true)
        }
      }),
      runs,
    )
  })

  it('is one header value of ntfy, and none of its others', async () => {
    verifies('S-28', 'S-19')
    await fc.assert(
      fc.asyncProperty(hostile, async (text) => {
        const { posted, needs } = recorder()
        await createNtfySender(needs).send(
          { kind: 'ntfy', server: 'https://ntfy.sh', topic: 'topic', token: 'tk_1' },
          messageOf(text),
          context,
        )
        const [got] = posted
        expect(Object.keys(got?.headers ?? {}).toSorted()).toEqual(
          ['authorization', 'click', 'content-type', 'priority', 'tags', 'title'].toSorted(),
        )
        for (const value of Object.values(got?.headers ?? {}))
          expect(value).toMatch(/^[\x20-\x7e]*$/)
        expect(got?.headers.click).toBe('https://vault.example/approvals/apr_1')
        expect(Buffer.byteLength(got?.body ?? '')).toBeLessThan(4096)
        expect(decodeWords(got?.headers.title ?? '')).toBe(messageOf(text).title.trim())
      }),
      runs,
    )
  })

  it('is a string in the JSON of a webhook', async () => {
    await fc.assert(
      fc.asyncProperty(hostile, async (text) => {
        const { posted, needs } = recorder()
        const sender = createWebhookSender({
          ...needs,
          randomBytes: (size) => new Uint8Array(size),
          now: () => 0,
        })
        await sender.send({ kind: 'webhook', url: 'https://a.example/' }, messageOf(text), context)
        const body = JSON.parse(posted[0]?.body ?? '')
        expect(body.type).toBe('approval.requested')
        expect(body.data.url).toBe('https://vault.example/approvals/apr_1')
        expect(Object.keys(body)).toEqual(['type', 'timestamp', 'data'])
      }),
      runs,
    )
  })

  it('comes back from every escaping as it was', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (text) => {
        expect(escapeDiscord(text).replaceAll(/\\([!-/:-@[-`{-~])/g, '$1')).toBe(text)
        expect(
          escapeSlack(text)
            .replaceAll('&lt;', '<')
            .replaceAll('&gt;', '>')
            .replaceAll('&amp;', '&'),
        ).toBe(text)
        expect(
          escapeHtml(text)
            .replaceAll('&lt;', '<')
            .replaceAll('&gt;', '>')
            .replaceAll('&quot;', '"')
            .replaceAll('&#39;', "'")
            .replaceAll('&amp;', '&'),
        ).toBe(text)
        if (/^[^\s]*$/.test(text)) expect(decodeWords(encodeHeader(text))).toBe(text)
      }),
    )
  })
})

/** Every `text` in a structure. */
function textsOf(value: unknown): string[] {
  if (Array.isArray(value)) return value.flatMap(textsOf)
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([name, member]) =>
    name === 'text' && typeof member === 'string' ? [member] : textsOf(member),
  )
}

/** RFC 2047 §6.2: space between two encoded words is not shown. */
const decodeWords = (header: string): string =>
  header
    .replaceAll(/\?= =\?/g, '?==?')
    .replaceAll(/=\?UTF-8\?B\?([A-Za-z0-9+/=]*)\?=/g, (_all, word: string) =>
      Buffer.from(word, 'base64').toString(),
    )
