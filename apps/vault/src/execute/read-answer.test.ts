import { Problem, type ResponseRule } from '@sallyport/contracts'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { verifies } from '../../../../test/verifies.ts'
import { compileResponseRules } from '../policy/compile-response-rules.ts'
import { compileSensitive } from '../policy/sensitive/compile-sensitive.ts'
import { answerOf } from './answer-of.ts'
import { readAnswer } from './read-answer.ts'
import { createScrubber } from './scrub.ts'
import type { Pace } from './work-in-turns.ts'

const secret = 'sk-live-0123456789abcdef'
const mail = 'bob@example.com'
type Rule = Omit<ResponseRule, 'id'>

interface Answered {
  readonly type?: string | undefined
  readonly status?: number
  readonly headers?: readonly (readonly [string, string])[]
  /** Where the body is cut. */
  readonly cuts?: readonly number[]
}

async function* pieces(bytes: Uint8Array, cuts: readonly number[] = []) {
  let at = 0
  for (const cut of [...cuts.map((one) => one % (bytes.length + 1))].sort((a, b) => a - b)) {
    yield bytes.subarray(at, cut)
    at = cut
  }
  yield bytes.subarray(at)
}

const unhurried: Pace = {
  takeTurn: () => new Promise((resolve) => void setImmediate(resolve)),
  elapsed: () => performance.now(),
  endMs: Number.POSITIVE_INFINITY,
}

async function read(
  body: string | Uint8Array,
  rules: readonly Rule[],
  { type = 'application/json', status = 200, headers = [], cuts }: Answered = {},
) {
  const bytes = typeof body === 'string' ? Buffer.from(body, 'utf8') : body
  return await readAnswer(
    {
      status,
      headers: [...(type === '' ? [] : [['content-type', type] as const]), ...headers],
      body: pieces(bytes, cuts),
    },
    {
      scrubber: createScrubber([secret]),
      pace: unhurried,
      rules: compileResponseRules(rules.map((rule, at) => ({ id: `rule-${at}`, ...rule }))),
    },
  )
}

async function bodyOf(body: string | Uint8Array, rules: readonly Rule[], how: Answered = {}) {
  const answer = answerOf(await read(body, rules, how), 'aud_1')
  return 'body' in answer ? answer.body : undefined
}

async function withheldReason(body: string | Uint8Array, rules: readonly Rule[], how?: Answered) {
  const answer = await read(body, rules, how)
  expect(answer).not.toHaveProperty('body')
  expect(answer).not.toHaveProperty('headers')
  if (!('withheld' in answer)) throw new Error('it was not withheld')
  expect(answer.withheld).toBeInstanceOf(Problem)
  expect(answer.withheld.type).toBe('response-withheld')
  expect(answer.withheld.extra).toEqual({ upstreamStatus: how?.status ?? 200 })
  expect(() => answerOf(answer, 'aud_1')).toThrow(answer.withheld)
  return answer.withheld.detail
}

const redact: Rule = { redact: ['email', 'us_ssn'] }

describe('an answer to which a rule cannot be applied is withheld', () => {
  const json = 'application/json'
  it.each<[string, string | Uint8Array, Rule, string]>([
    ['no JSON', `{"a":"${mail}"`, redact, json],
    ['text that says it is JSON', mail, { drop: ['a'] }, json],
    ['JSON with a member twice', `{"a":1,"a":"${mail}"}`, { drop: ['a'] }, json],
    ['too deep', `${'['.repeat(200)}${']'.repeat(200)}`, redact, 'application/problem+json'],
    ['JSON and more', '{"a":1} x', { keep: ['a'] }, json],
    ['JSON that is not UTF-8', Buffer.from(`{"a":"é ${mail}"}`, 'latin1'), redact, json],
    ['JSON in UTF-16', Buffer.from(`{"a":"${mail}"}`, 'utf16le'), redact, json],
    ['another charset', '{"a":1}', { keep: ['a'] }, `${json}; charset=iso-8859-1`],
    ['two charsets', '{"a":1}', redact, `${json}; charset=utf-8; charset="utf-16"`],
    ['text in another charset', 'plain', redact, 'text/plain;charset=UTF-7'],
    ['text in UTF-16', Buffer.from(mail, 'utf16le'), redact, 'text/plain'],
    ['an image', Buffer.from([0x89, 0x50, 0x4e, 0x47]), redact, 'image/png'],
    ['binary that is text', mail, redact, 'application/octet-stream'],
    ['parts', `--x\r\n\r\n${mail}\r\n--x--`, redact, 'multipart/mixed; boundary=x'],
    ['text, for keep', '{"a":1}', { keep: ['a'] }, 'text/plain'],
    ['text, for drop', 'a=1', { drop: ['a'] }, 'application/x-www-form-urlencoded'],
    ['a page, for drop', '<p>', { drop: ['a'] }, 'text/html'],
    ['no type, for keep', '{"a":1}', { keep: ['a'] }, ''],
    ['text that begins as JSON', `{"a":"bob\\u0040example.com"`, redact, 'text/plain'],
    ['one bad line', `{"a":1}\n{"a":\n`, { keep: ['a'] }, 'application/x-ndjson'],
    ['a line with more', `{"a":1} {"b":2}\n`, redact, 'application/jsonl'],
    [
      'one event that is none',
      'data: {"a":1}\n\ndata: hello\n\n',
      { drop: ['b'] },
      'text/event-stream',
    ],
    ['an event cut off', `data: {"a":"${mail}`, redact, 'text/event-stream'],
    [
      'an event with a member twice',
      'data: {"a":1,"a":2}\n\n',
      { keep: ['a'] },
      'text/event-stream',
    ],
    ['a form that is none', 'a=%zz', redact, 'application/x-www-form-urlencoded'],
  ])('%s', async (...[, body, rule, type]) => {
    verifies('S-21')
    const detail = await withheldReason(body, [{ ...rule, label: 'Names only' }], { type })
    expect(detail).toContain('Names only')
    expect(detail).not.toContain('example.com')
  })

  it('more than ten megabytes', async () => {
    verifies('S-21', 'S-22')
    const long = JSON.stringify({ a: 'x'.repeat(10 * 1024 * 1024) })
    expect(await withheldReason(long, [{ keep: ['b'] }])).toContain('bytes')
  })

  it('and says which rule, with which status, but nothing of the answer', async () => {
    verifies('S-21')
    const rules: Rule[] = [{ redact: ['email'] }, { drop: ['a'], label: 'No prices' }]
    const how = { type: 'text/html', status: 502 }
    expect(await withheldReason(mail, rules, how)).toMatch(/502.*No prices.*it is not JSON/)
    expect(await withheldReason('{', rules)).toMatch(/rule-0.*valid JSON/)
  })

  it('never where no rule is about it', async () => {
    verifies('S-21')
    const rules: Rule[] = [{ when: { statuses: [200] }, drop: ['a'] }]
    expect(await bodyOf('no JSON', rules, { status: 404 })).toBe('no JSON')
    expect(await bodyOf(Buffer.from([0xff]), rules, { status: 404 })).toEqual({
      $base64: '/w==',
      contentType: 'application/json',
    })
  })
})

describe('what an agent gets to see', () => {
  it.each<[string, string, Rule[], string, unknown]>([
    [
      'JSON',
      `{"to":"${mail}","n":1}`,
      [redact],
      'application/json; charset=UTF-8',
      { to: '[redacted:email]', n: 1 },
    ],
    ['JSON with a mark', '\ufeff{"a":1,"b":2}', [{ keep: ['a'] }], 'application/json', { a: 1 }],
    [
      'all rules, in one',
      `{"a":"${mail}","b":2,"c":3}`,
      [{ keep: ['a', 'b'] }, { drop: ['b'] }, redact],
      'application/vnd.x+json',
      { a: '[redacted:email]' },
    ],
    [
      'JSON in text',
      `{"a":"bob\\u0040example.com"}`,
      [redact],
      'text/plain',
      '{"a":"[redacted:email]"}',
    ],
    ['text', `Dear ${mail},`, [redact], 'text/plain', 'Dear [redacted:email],'],
    ['text without a type', `Dear ${mail},`, [redact], '', 'Dear [redacted:email],'],
    ['text in brackets', `[${mail}] said`, [redact], 'text/plain', '[[redacted:email]] said'],
    ['a table', `1,${mail}\r\n`, [redact], 'text/csv', '1,[redacted:email]\r\n'],
    [
      'a page',
      '<p>bob&#64;example&#x2e;com &lt;b&gt;</p>',
      [redact],
      'text/html',
      '<p>[redacted:email] &lt;b&gt;</p>',
    ],
    ['a page without', '<p>&#64; &amp;</p>', [redact], 'text/html', '<p>&#64; &amp;</p>'],
    [
      'a form',
      'a=bob%40example.com&b=1+2',
      [redact],
      'application/x-www-form-urlencoded',
      'a=%5Bredacted%3Aemail%5D&b=1+2',
    ],
    [
      'lines',
      `{"a":1,"b":2}\r\n\r\n{"b":3}\n{"a":12345678901234567890}`,
      [{ keep: ['a'] }],
      'application/x-ndjson',
      '{"a":1}\r\n\r\n{}\n{"a":12345678901234567890}',
    ],
    [
      'lines, redacted',
      `{"a":"${mail}"}\n"${mail}"\n`,
      [redact],
      'application/ndjson',
      '{"a":"[redacted:email]"}\n"[redacted:email]"\n',
    ],
  ])('of %s', async (...[, body, rules, type, seen]) => {
    verifies('S-21')
    expect(await bodyOf(body, rules, { type })).toEqual(seen)
  })

  it.each<[string, string, Rule[], string]>([
    [
      'data',
      'event: x\nid: 7\nretry: 5\ndata: {"a":1,"b":2}\n\n',
      [{ keep: ['a'] }],
      'event: x\nid: 7\nretry: 5\ndata: {"a":1}\n\n',
    ],
    [
      'data over lines',
      'data: {"a":1,\ndata: "b":2}\ndata:\n\n',
      [{ drop: ['a'] }],
      'data: {"b":2}\ndata: \n\n',
    ],
    [
      'lines that end in CR',
      'data:{"a":1,"b":2}\r\rdata: {"b":2}\r',
      [{ keep: ['a'] }],
      'data: {"a":1}\r\rdata: {}\r',
    ],
    ['lines that end in CRLF', 'data:{"b":2}\r\n\r\n', [{ keep: ['a'] }], 'data: {}\r\n\r\n'],
    ['a mark', '\ufeffdata:{"b":2}\n\n', [{ keep: ['a'] }], 'data: {}\n\n'],
    ['an event without its end', 'data: {"b":2}', [{ keep: ['a'] }], 'data: {}'],
    [
      'the end',
      'data: {"a":1}\n\ndata: [DONE]\n\n',
      [{ keep: ['a'] }],
      'data: {"a":1}\n\ndata: [DONE]\n\n',
    ],
    ['comments and unknown fields', ': hello\nData: x\nuser: y\n\n', [{ drop: ['a'] }], '\n'],
    [
      'text',
      `: for ${mail}\nevent: ${mail}\nid:${mail}\n${mail}: x\ndata: to ${mail}\n\n`,
      [redact],
      ': for [redacted:email]\nevent: [redacted:email]\nid: [redacted:email]\n[redacted:email]: x\ndata: to [redacted:email]\n\n',
    ],
    [
      'JSON',
      `data: {"a":"bob\\u0040example.com"}\n\ndata: 1\n\n`,
      [redact],
      'data: {"a":"[redacted:email]"}\n\ndata: 1\n\n',
    ],
  ])('of events: %s', async (...[, body, rules, seen]) => {
    verifies('S-21')
    expect(await bodyOf(body, rules, { type: 'text/event-stream' })).toBe(seen)
  })

  it('of headers, with and without a body', async () => {
    verifies('S-21')
    const headers = [
      ['link', `<https://x.example/?to=${mail}>`],
      ['location', 'https://x.example/?to=bob%40example.com'],
      ['etag', '"1"'],
    ] as const
    for (const body of ['', '{}', 'x']) {
      const answer = await read(body, [redact], { headers, type: 'text/plain', status: 302 })
      expect(answer).toMatchObject({
        headers: {
          link: '<https://x.example/?to=[redacted:email]>',
          location: expect.not.stringContaining('bob'),
          etag: '"1"',
        },
        body: body === '' ? null : body,
      })
    }
  })

  it('is not done to a part: what an agent asks for in slices is withheld', async () => {
    verifies('S-21')
    for (const [body, type] of [
      ['bob@exam', 'text/plain'],
      ['{"a":1}\n', 'application/x-ndjson'],
      ['{"a":1}', 'application/json'],
    ] as const) {
      expect(await withheldReason(body, [redact], { type, status: 206 })).toMatch(/only a part/)
    }
    expect(await bodyOf('bob@exam', [], { type: 'text/plain', status: 206 })).toBe('bob@exam')
  })

  it.each(['application/x-www-form-urlencoded', 'text/event-stream', 'text/html', 'text/plain'])(
    'is not done to %s in UTF-16 that does not say so',
    async (type) => {
      verifies('S-21')
      const body = Buffer.from(`: x\nuser: ${mail}\n\n`, 'utf16le')
      expect(await withheldReason(body, [redact], { type })).toMatch(/no text/)
    },
  )

  it('is not done to a stream whose pieces say together what none of them says', async () => {
    verifies('S-21')
    const pieces = ['Write to bo', 'b@exam', 'ple.com, or ', 'not.']
    const shapes: ((piece: string, at: number) => unknown)[] = [
      (content) => ({ choices: [{ index: 0, delta: { content } }] }),
      (text, at) => ({ type: 'content_block_delta', index: 1, delta: { text }, seq: at }),
      (delta) => ({ type: 'response.output_text.delta', delta }),
      (text) => ({ candidates: [{ content: { parts: [{ text }] } }] }),
      (response) => ({ response, done: false }),
    ]
    for (const shape of shapes) {
      const written = pieces.map((piece, at) => JSON.stringify(shape(piece, at)))
      const events = written.map((one) => `data: ${one}\n\n`).join('')
      const type = 'text/event-stream'
      expect(await withheldReason(events, [redact], { type })).toMatch(/several pieces/)
      const lines = `${written.join('\n')}\n`
      const ndjson = 'application/x-ndjson'
      expect(await withheldReason(lines, [redact], { type: ndjson })).toMatch(/several pieces/)
      expect(await bodyOf(events, [{ redact: ['phone'] }], { type })).toBe(events)
    }
    // Answers that are written side by side.
    const side = [0, 1, 0, 1].map((index, at) => ({
      choices: [{ index, delta: { content: ['to bo', 'on b@exam', 'dily ', 'ple.com'][at] } }],
    }))
    const type = 'text/event-stream'
    const events = side.map((one) => `data: ${JSON.stringify(one)}\n\n`).join('')
    expect(await withheldReason(events, [redact], { type })).toMatch(/several pieces/)
    const ids = ['bob', '@example.com'].map((id) => JSON.stringify({ id })).join('\n')
    expect(await bodyOf(ids, [redact], { type: 'application/x-ndjson' })).toBe(ids)
  })

  it('is done to texts in base64, which stay what they were but for what is taken out', async () => {
    verifies('S-21')
    const words = `Write to ${mail}, or to nobody at all?>?>`
    const folded = Buffer.from(`${'Line. '.repeat(20)}${words}`).toString('base64')
    const inLines = (end: string) => (folded.match(/.{1,60}/g) ?? []).join(end)
    const message = `Subject: x\r\n\r\n--b\r\n\r\n${inLines('\r\n')}\r\n--b--\r\n`
    for (const [written, reads] of [
      [Buffer.from(words).toString('base64'), 1],
      [Buffer.from(words).toString('base64url'), 1],
      [inLines('\n'), 1],
      [inLines('\r\n'), 1],
      [Buffer.from(message).toString('base64url'), 2],
      [`data:text/plain;base64,${Buffer.from(words).toString('base64')}`, 1],
    ] as const) {
      for (const type of ['application/json', 'text/plain', 'text/event-stream']) {
        if (type === 'text/event-stream' && written.includes('\n')) continue
        const body = type === 'application/json' ? JSON.stringify({ data: written }) : written
        const seen = await bodyOf(
          type === 'text/event-stream' ? `data: ${body}\n\n` : body,
          [redact],
          {
            type,
          },
        )
        const text = typeof seen === 'string' ? seen : String(Object(seen).data)
        let left = text.replace(/^data:(?: |.*base64,)/, '')
        for (let layer = 0; layer < reads; layer += 1) {
          const inner =
            layer === 0 ? left : (/\r\n\r\n--b\r\n\r\n([\s\S]*)\r\n--b--/.exec(left)?.[1] ?? '')
          left = Buffer.from(inner, 'base64').toString()
        }
        expect(left).toContain('Write to [redacted:email], or to nobody')
      }
    }
    const harmless = Buffer.from('Nothing is in this text at all').toString('base64')
    expect(await bodyOf(JSON.stringify([harmless, 'x'.repeat(99)]), [redact])).toEqual([
      harmless,
      'x'.repeat(99),
    ])
  })

  it('is nothing where there is nothing, whatever the rules', async () => {
    verifies('S-21')
    expect(await bodyOf('', [{ keep: ['a'] }, redact], { type: 'image/png' })).toBe(null)
  })

  it('is counted with the rules that applied', async () => {
    const rules: Rule[] = [{ when: { statuses: [404] }, drop: ['a'] }, redact]
    const answer = await read(`["${mail}",{"x":"${mail} 123-45-6789 ${secret}"}]`, rules)
    expect(answer).toMatchObject({ rules: ['rule-1'], redactions: 4 })
  })
})

describe('secrets are taken out after the rules too', () => {
  it.each<[string, string, Rule[], string]>([
    ['in what is kept', `{"a":"${secret}","b":1}`, [{ keep: ['a'] }], 'application/json'],
    [
      'beside what is redacted',
      `{"a":"x${secret}x"}`,
      [{ redactCustom: [{ name: 'x', pattern: 'x' }] }],
      'application/json',
    ],
    [
      'in escapes',
      `{"a":"${[...secret].map((c) => `\\u00${c.charCodeAt(0).toString(16)}`).join('')}"}`,
      [{ keep: ['a'] }],
      'application/json',
    ],
    ['in lines', `{"a":"${secret}"}\n`, [{ keep: ['a'] }], 'application/x-ndjson'],
    ['in events', `data: {"a":"${secret}"}\n\n`, [{ keep: ['a'] }], 'text/event-stream'],
    [
      'over lines of an event',
      `data: "${secret.slice(0, 9)}\ndata: ${secret.slice(9)}"\n\n`,
      [redact],
      'text/event-stream',
    ],
  ])('%s', async (...[, body, rules, type]) => {
    verifies('S-20', 'S-21')
    const seen = JSON.stringify(await bodyOf(body, rules, { type }))
    expect(seen).not.toContain(secret)
  })

  it('where dropping a member brings two halves together', async () => {
    verifies('S-20', 'S-21')
    const halves = createScrubber(['"a":1,"c":3'])
    const answer = await readAnswer(
      {
        status: 200,
        headers: [['content-type', 'application/x-ndjson']],
        body: pieces(Buffer.from('{"a":1,"b":2,"c":3}')),
      },
      {
        scrubber: halves,
        pace: unhurried,
        rules: compileResponseRules([{ id: 'x', drop: ['b'] }]),
      },
    )
    expect(answer).toMatchObject({ body: '{[redacted]}' })
  })
})

const finder = compileSensitive(['email', 'us_ssn'])
const part = fc.constantFrom(mail, '123-45-6789', 'a', ' ', '"', '\\', '@', 'é', '-', '1')
const text = fc.array(part, { maxLength: 4 }).map((parts) => parts.join(''))
const value = fc.letrec<{ any: unknown }>((tie) => ({
  any: fc.oneof(
    { maxDepth: 3 },
    text,
    fc.integer(),
    fc.array(tie('any'), { maxLength: 3 }),
    fc.dictionary(fc.oneof(fc.constantFrom('a', 'b'), text), tie('any'), { maxKeys: 3 }),
  ),
})).any
const ending = fc.constantFrom('\n', '\r\n', '\r')
const cuts = fc.array(fc.nat(), { maxLength: 4 })

/** All strings and names in a value. */
function stringsOf(of: unknown): string[] {
  if (typeof of === 'string') return [of]
  if (typeof of !== 'object' || of === null) return []
  return Object.entries(of).flatMap(([name, member]) => [name, ...stringsOf(member)])
}

function expectNone(strings: readonly string[]): void {
  expect(strings.filter((one) => finder.has(one))).toEqual([])
}

const write = {
  'application/json': (values: readonly unknown[]) => JSON.stringify(values),
  'application/x-ndjson': (values: readonly unknown[], end: string) =>
    values.map((one) => JSON.stringify(one) + (end === '\r' ? '\n' : end)).join(''),
  'text/event-stream': (values: readonly unknown[], end: string) =>
    values
      .map((one) => {
        const lines = JSON.stringify(one, null, 1).split('\n')
        return `id: 1${end}${lines.map((line) => `data: ${line}${end}`).join('')}${end}`
      })
      .join(''),
}

function parseBack(type: keyof typeof write, body: unknown): unknown[] {
  if (type === 'application/json') return body as unknown[]
  const whole = String(body)
  if (type === 'application/x-ndjson') {
    return whole
      .split('\n')
      .filter((line) => line.trim() !== '')
      .map((line) => JSON.parse(line))
  }
  const events = whole
    .replaceAll(/\r\n|\r/g, '\n')
    .split('\n\n')
    .filter((event) => event !== '')
  return events.map((event) => {
    const data = event.split('\n').filter((line) => line.startsWith('data:'))
    return JSON.parse(data.map((line) => line.slice(6)).join('\n'))
  })
}

describe.each(['application/json', 'application/x-ndjson', 'text/event-stream'] as const)(
  'in %s, however it is cut',
  (type) => {
    it('nothing that is redacted is left, and nothing else is changed', async () => {
      verifies('S-21')
      await fc.assert(
        fc.asyncProperty(
          fc.array(value, { minLength: 1, maxLength: 3 }),
          ending,
          cuts,
          async (values, end, at) => {
            const body = write[type](values, end)
            const seen = parseBack(type, await bodyOf(body, [redact], { type, cuts: at }))
            expectNone(stringsOf(seen))
            expect(seen.length).toBe(values.length)
            if (!stringsOf(values).some((one) => finder.has(one))) expect(seen).toEqual(values)
          },
        ),
        { numRuns: 400 },
      )
    })

    it('only what is kept is left, and nothing that is dropped', async () => {
      verifies('S-21')
      const prefix = type === 'application/json' ? '[].' : ''
      await fc.assert(
        fc.asyncProperty(
          fc.array(value, { minLength: 1, maxLength: 3 }),
          ending,
          cuts,
          async (values, end, at) => {
            const body = write[type](values, end)
            const rules = [{ keep: [`${prefix}a`, `${prefix}b.a`] }, { drop: [`${prefix}a.b`] }]
            const seen = parseBack(type, await bodyOf(body, rules, { type, cuts: at }))
            for (const one of seen) {
              const { a, b, ...others } = Object(one ?? {}) as Record<string, unknown>
              expect(Object.keys(others)).toEqual([])
              if (isObject(a)) expect(Object.keys(a)).not.toContain('b')
              if (isObject(b)) expect(Object.keys(b).filter((name) => name !== 'a')).toEqual([])
              else expect(b === undefined || (Array.isArray(b) && b.length === 0)).toBe(true)
            }
          },
        ),
        { numRuns: 400 },
      )
    })
  },
)

const isObject = (of: unknown): of is Record<string, unknown> =>
  typeof of === 'object' && of !== null && !Array.isArray(of)
