import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { slackTarget, telegramTarget } from '../../../../../test/fixtures/reach-room.ts'
import { verifies } from '../../../../../test/verifies.ts'
import { type Message, unshownWords } from '../message.ts'
import type { SendContext } from '../sender.ts'
import type { HttpAnswer } from './http-answer.ts'
import { createSlackAppSender } from './slack-app.ts'
import { createTelegramSender } from './telegram.ts'

const message: Message = {
  ...{
    kind: 'approval',
    severity: 'urgent',
    detail: 'full',
    title: 'robot asks: POST a.example/x',
  },
  facts: [
    { name: 'Agent', value: 'robot' },
    { name: 'The agent says', value: '“see https://evil.example @everyone /start”' },
  ],
  url: 'https://vault.example/approvals/apr_1',
  subjectId: 'apr_1',
  mayDecide: { approvalId: 'apr_1', method: 'POST', host: 'a.example', path: '/x' },
}
const { mayDecide: _, ...withoutButtons } = message
const linked = { account: '7', name: 'me' }
const context: SendContext = {
  ...{ workspaceId: 'wsp_1', channelId: 'ntc_1', ownerId: 'own_1', deliveryId: 'ntd_1' },
  at: new Date(0),
  signal: new AbortController().signal,
}

/** Senders, and what they post; `answer` is what comes back. */
function scene(answer: { status?: number; body?: unknown } = {}) {
  const posted: { url: string; body: Record<string, unknown>; headers: object }[] = []
  const needs = {
    mayUseOrigin: (origin: string) =>
      origin.includes('10.0.0.1') ? 'Not an address of yours.' : (true as const),
    async post(url: string, { body, headers }: { body: string | Uint8Array; headers: object }) {
      posted.push({ url, body: JSON.parse(String(body)), headers })
      const ok = { ok: true, channel: 'D1', ts: '1.5', result: { message_id: 5 } }
      return {
        ...{ status: answer.status ?? 200, words: '', retryAfterSeconds: undefined },
        body: typeof answer.body === 'string' ? answer.body : JSON.stringify(answer.body ?? ok),
      } satisfies HttpAnswer
    },
  }
  return { posted, slack: createSlackAppSender(needs), telegram: createTelegramSender(needs) }
}

describe('where a bot’s token goes', () => {
  it('is Slack or Telegram themselves over https, or a host that the operator listed', () => {
    verifies('S-17')
    const { slack, telegram } = scene()
    for (const server of [
      ...['https://slack.com.evil.example', 'https://evil.example', 'http://slack.com'],
      ...[
        'https://slack.com:8443',
        'https://slack.com/api',
        'https://slack.com/?x',
        'https://a@slack.com',
      ],
      ...[
        'https://slack.com/#x',
        'https://10.0.0.1',
        'https://hooks.slack.com',
        'file:///etc/passwd',
      ],
    ]) {
      expect(() => slack.prepare({ ...slackTarget, server }, 'wsp_1'), server).toThrow()
    }
    for (const server of [
      ...[
        'https://api.telegram.org.evil.example',
        'https://evil.example',
        'http://api.telegram.org',
      ],
      ...['https://api.telegram.org:444', 'https://api.telegram.org/bot', 'https://10.0.0.1'],
      ...[
        'https://api.telegram.org/?x',
        'https://x:y@api.telegram.org',
        'https://API.telegram.org/../x',
      ],
    ]) {
      expect(() => telegram.prepare({ ...telegramTarget, server }, 'wsp_1'), server).toThrow()
    }
    const one = slack.prepare({ ...slackTarget, server: 'https://SLACK.com/' }, 'wsp_1')
    expect(one).toMatchObject({ target: { server: 'https://slack.com' }, status: 'unlinked' })
    expect(JSON.stringify({ ...one, target: undefined })).not.toMatch(/xoxb-0|signing-secret/)
    const gateway = telegram.prepare({ ...telegramTarget, server: 'http://127.0.0.1:81' }, 'wsp_1')
    expect(gateway).toMatchObject({ target: { server: 'http://127.0.0.1:81' } })
    expect(JSON.stringify({ ...gateway, target: undefined })).not.toContain('abcdefghijkl')
  })
})

describe('a message with buttons in Slack', () => {
  const blocksOf = ({ posted }: ReturnType<typeof scene>) => JSON.stringify(posted[0]?.body.blocks)

  it('has them once the account is linked, and only then says how it is called', async () => {
    verifies('S-26')
    const before = scene()
    expect(await before.slack.send(slackTarget, message, context)).toEqual({
      ...{ delivered: true, message: 'HTTP 200' },
    })
    expect(blocksOf(before)).not.toMatch(/"approve"|"deny"/)
    const after = scene()
    const sent = await after.slack.send(slackTarget, message, { ...context, linked })
    expect(sent).toMatchObject({ reference: { channel: 'D1', ts: '1.5' } })
    expect(after.posted[0]?.body.channel).toBe(slackTarget.memberId)
    expect(blocksOf(after)).toContain('"value":"apr_1"')
    expect(blocksOf(after)).toContain(`"text":"POST a.example/x\\n${unshownWords}"`)
    const plain = scene()
    const told = await plain.slack.send(slackTarget, withoutButtons, { ...context, linked })
    expect(told).not.toHaveProperty('reference')
  })

  it('shows exactly what is approved before it is, within what Slack takes, or has none', async () => {
    verifies('S-28')
    await fc.assert(
      fc.asyncProperty(fc.array(fc.constantFrom('&', '<', '>', 'a', '/', '%26')), async (parts) => {
        const path = `/${parts.join('')}`
        const asks = { ...message, mayDecide: { ...message.mayDecide, path } } as Message
        const { slack, posted } = scene()
        const sent = await slack.send(slackTarget, asks, { ...context, linked })
        const text = JSON.stringify(posted[0]?.body)
        const confirmed = /"confirm":\{.*?"text":\{"type":"plain_text","text":"(.*?)"/.exec(
          text,
        )?.[1]
        const escaped = `POST a.example${path}`
          .replaceAll('&', '&amp;')
          .replaceAll('<', '&lt;')
          .replaceAll('>', '&gt;')
        const fits = escaped.length + 1 + unshownWords.length <= 300
        expect(confirmed).toBe(fits ? `${escaped}\\n${unshownWords}` : undefined)
        expect('reference' in sent).toBe(fits)
      }),
    )
  })

  it('says what became of it in place of the buttons, in the words of nobody else', async () => {
    const { slack, posted } = scene()
    await slack.settle?.(
      slackTarget,
      {
        reference: { channel: 'D1', ts: '1.5', title: 'robot asks', url: message.url },
        settled: { approvalId: 'apr_1', status: 'approved', by: '<!channel>@example.com' },
      },
      context,
    )
    expect(posted[0]).toMatchObject({
      url: 'https://slack.com/api/chat.update',
      body: { channel: 'D1', ts: '1.5' },
    })
    const text = JSON.stringify(posted[0]?.body)
    expect(text).toContain('Approved (&lt;!channel&gt;@example.com)')
    expect(text).not.toMatch(/"approve"|"deny"/)
    const busy = scene({ body: { ok: false, error: 'ratelimited' } }).slack
    const settled = { approvalId: 'apr_1', status: 'denied' } as const
    await expect(
      busy.settle?.(slackTarget, { reference: { channel: 'D1', ts: '1' }, settled }, context),
    ).rejects.toThrow()
  })

  it('is tried again or given up as Slack’s error says', async () => {
    const send = (answer: { status?: number; body?: unknown }) =>
      scene(answer).slack.send(slackTarget, message, { ...context, linked })
    for (const [error, expected] of [
      ['ratelimited', { retry: true }],
      ['token_revoked', { retry: false, gone: true }],
      ['msg_too_long', { retry: false }],
      ['<script>alert(1)</script>', { retry: true, message: 'Slack said: internal_error' }],
    ] as const) {
      expect(await send({ body: { ok: false, error } })).toMatchObject(expected)
    }
    for (const body of ['', 'null', '[]', '"ok"', '<html>']) {
      expect(await send({ body })).toMatchObject({ delivered: false, retry: true })
    }
    expect(await send({ status: 429 })).toMatchObject({ retry: true })
    expect(await send({ status: 404 })).toMatchObject({ retry: false })
  })
})

describe('a message with buttons in Telegram', () => {
  it('goes to the linked account and to nobody before', async () => {
    verifies('S-26')
    const before = scene()
    expect(await before.telegram.send(telegramTarget, message, context)).toMatchObject({
      delivered: false,
    })
    expect(before.posted).toEqual([])
    const { telegram, posted } = scene()
    const sent = await telegram.send(telegramTarget, message, { ...context, linked })
    expect(sent).toMatchObject({ reference: { chat: '7', message: '5' } })
    const { body } = posted[0] ?? {}
    expect(body).toMatchObject({ chat_id: '7', link_preview_options: { is_disabled: true } })
    const keys = JSON.stringify(body?.reply_markup)
    expect(keys).toContain('"a:apr_1"')
    expect(keys).toContain('"d:apr_1"')
    const told = await telegram.send(telegramTarget, withoutButtons, { ...context, linked })
    expect(told).not.toHaveProperty('reference')
    expect(JSON.stringify(posted[1]?.body.reply_markup)).not.toMatch(/a:apr|d:apr/)
  })

  it('is text: nothing that an agent writes is a link, a mention or a command', async () => {
    verifies('S-28')
    await fc.assert(
      fc.asyncProperty(
        fc.array(
          fc.record({
            name: fc.constant('Fact'),
            value: fc.string({ unit: 'binary', maxLength: 300 }),
          }),
        ),
        fc.boolean(),
        async (facts, isMinimal) => {
          const { telegram, posted } = scene()
          const detail = isMinimal ? 'minimal' : 'full'
          await telegram.send(telegramTarget, { ...message, facts, detail }, { ...context, linked })
          const {
            text,
            entities,
            parse_mode: mode,
          } = (posted[0]?.body ?? {}) as {
            text: string
            entities: { type: string; offset: number; length: number }[]
            parse_mode?: string
          }
          expect(mode).toBeUndefined()
          expect(text.length).toBeLessThanOrEqual(4_096)
          let free = text
          for (const { type, offset, length } of entities.toReversed()) {
            expect(type).toBe('code')
            expect(length).toBeGreaterThan(0)
            expect(offset + length).toBeLessThanOrEqual(text.length)
            free = free.slice(0, offset) + free.slice(offset + length)
          }
          expect(free).toMatch(
            /^(\n?(Fact: |Query and body are not shown here: open it to see them\.)?)*$/,
          )
          if (isMinimal && facts.length === 0) expect(text).toContain('POST a.example/x')
        },
      ),
    )
  })

  it('says what became of it in place of the buttons', async () => {
    const { telegram, posted } = scene()
    const settled = { approvalId: 'apr_1', status: 'denied', by: 'me@example.com' } as const
    const reference = { chat: '7', message: '5', url: message.url }
    await telegram.settle?.(telegramTarget, { reference, settled }, context)
    expect(posted[0]?.url).toContain('/editMessageReplyMarkup')
    expect(posted[0]?.body).toMatchObject({ chat_id: '7', message_id: 5 })
    const keys = JSON.stringify(posted[0]?.body)
    expect(keys).toContain('Denied (me@example.com)')
    expect(keys).not.toMatch(/"[ad]:apr_1"/)
  })

  it('ends where its owner stopped the bot, and waits as long as Telegram asks', async () => {
    const send = (answer: { status: number; body: unknown }) =>
      scene(answer).telegram.send(telegramTarget, message, { ...context, linked })
    expect(await send({ status: 403, body: { ok: false } })).toMatchObject({ gone: true })
    const busy = { ok: false, parameters: { retry_after: 17 } }
    expect(await send({ status: 429, body: busy })).toMatchObject({
      ...{ retry: true, retryAfterSeconds: 17 },
    })
    expect(await send({ status: 200, body: '<html>' })).toMatchObject({ delivered: false })
  })
})
