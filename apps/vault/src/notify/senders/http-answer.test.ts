import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { verifies } from '../../../../../test/verifies.ts'
import { createPost, maskedEnd, readUrl, resultOf, wordsOf } from './http-answer.ts'

const typeOf = (work: () => unknown) => {
  try {
    work()
    return 'nothing'
  } catch (error) {
    return String(Object(error).type)
  }
}

describe('where something may be sent', () => {
  it('is no address with a user name, a fragment or another scheme, nor one that the rule of origins excludes', () => {
    verifies('S-17')
    for (const url of [
      'ftp://example.com/',
      'javascript:alert(1)',
      'https://user@example.com/',
      'https://:secret@example.com/',
      'https://example.com/#x',
      'nothing',
    ]) {
      expect(
        typeOf(() => readUrl(url, 'target.url', () => true)),
        url,
      ).toBe('invalid-input')
    }
    const rule = (origin: string) => (origin === 'https://good.example' ? true : 'It may not.')
    expect(typeOf(() => readUrl('https://bad.example/x', 'target.url', rule))).toBe(
      'origin-not-allowed',
    )
    expect(readUrl('https://good.example/x?y=1', 'target.url', rule).href).toBe(
      'https://good.example/x?y=1',
    )
  })
})

describe('what somebody else said', () => {
  it('is never kept where a secret stands in it, in whatever form', () => {
    verifies('S-38')
    fc.assert(
      fc.property(
        fc.string({ minLength: 8, maxLength: 60 }).filter((text) => text.trim().length >= 8),
        fc.string({ maxLength: 5 }),
        (secret, around) => {
          const forms = [
            ...[secret, encodeURIComponent(secret), JSON.stringify(secret)],
            ...['base64', 'base64url', 'hex'].map((form) =>
              Buffer.from(`${around}${secret}`).toString(form as BufferEncoding),
            ),
            Buffer.from(secret).toString('hex').toUpperCase(),
          ]
          for (const form of forms) expect(wordsOf(`you sent ${form}!`, [secret])).toBe('')
        },
      ),
    )
  })

  it('is one bounded line without what cannot be seen', () => {
    verifies('S-28')
    const words = wordsOf(`bad\r\n\u202egateway\0 ${'x'.repeat(9_000)}`, [])
    expect(words.length).toBeLessThanOrEqual(200)
    expect(words).toMatch(/^bad⟨U\+000D⟩ ⟨U\+202E⟩gateway⟨U\+0000⟩/)
  })

  it('is for now or for good by its status, and as patient as it asks', async () => {
    const answerOf = (status: number, retryAfter?: string) =>
      createPost({
        fetch: async () =>
          new Response('x', {
            status,
            ...(retryAfter !== undefined && { headers: { 'retry-after': retryAfter } }),
          }),
        now: () => Date.parse('2026-01-01T00:00:00Z'),
      })('https://a.example', {
        ...{ headers: {}, body: '', secrets: [], signal: new AbortController().signal },
      })
    for (const status of [500, 502, 503, 429, 408, 425]) {
      expect(resultOf(await answerOf(status)), String(status)).toMatchObject({ retry: true })
    }
    for (const status of [301, 307, 400, 401, 403, 404, 413]) {
      expect(resultOf(await answerOf(status)), String(status)).toMatchObject({
        ...{ delivered: false, retry: false },
      })
    }
    expect(resultOf(await answerOf(200))).toMatchObject({ delivered: true })
    expect(resultOf(await answerOf(410), { goneAt: [410] })).toMatchObject({ gone: true })
    expect(resultOf(await answerOf(404), { retriesAll: true })).toMatchObject({ retry: true })
    const seconds = async (header: string) => (await answerOf(503, header)).retryAfterSeconds
    expect(await seconds('120')).toBe(120)
    expect(await seconds('0.4')).toBe(1)
    expect(await seconds('Thu, 01 Jan 2026 00:01:30 GMT')).toBe(90)
    expect(await seconds('Wed, 31 Dec 2025 00:00:00 GMT')).toBe(0)
    for (const header of ['-5', 'soon', '', '9'.repeat(30)]) {
      expect(await seconds(header), header).toBeUndefined()
    }
  })
})

it('shows four characters of a long secret and none of a short one', () => {
  expect(maskedEnd('ntfy.sh', 'short')).toBe('ntfy.sh')
  expect(maskedEnd('hooks.slack.com', '/services/T0/B0/abcdefx9Qf')).toBe(
    'hooks.slack.com ••••x9Qf',
  )
})
