import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { cutBody } from './cut-body.ts'
import { parseSelect } from './select.ts'
import { shapeAnswer } from './shape-answer.ts'

const sent = (body: unknown) => ({
  status: 200,
  headers: { 'content-type': 'x' },
  body,
  auditId: 'aud_1',
})
const ofMethod = (method: string) => ({
  isRead: method === 'GET',
  what: `The ${method}`,
  less: 'set select or maxBytes',
  howToRedeem: (id: string) => `Then call execute again with approvalId "${id}".`,
})
const get = ofMethod('GET')
const post = ofMethod('POST')
const big = {
  items: Array.from({ length: 3000 }, (_, id) => ({ id, text: 'é'.repeat(10) })),
  page: 2,
}

describe('an answer', () => {
  it('comes as it is when it is small', () => {
    for (const body of [{ a: 1 }, 'text', [], null, 0, '']) {
      expect(shapeAnswer(sent(body), { ...get })).toEqual(sent(body))
    }
  })

  it('is cut at 24 KB and says how to get the rest', () => {
    const shaped = shapeAnswer(sent(big), { ...get })
    expect(shaped).toMatchObject({ status: 200, auditId: 'aud_1', truncated: true })
    expect(Buffer.byteLength(String(shaped.body))).toBeLessThanOrEqual(24 * 1024)
    expect(shaped.totalBytes).toBe(Buffer.byteLength(JSON.stringify(big)))
    expect(shaped.next).toMatch(/select.*items\[3000\], page|items\[3000\], page.*select/s)
  })

  it('tells nobody to repeat a request that changes something', () => {
    expect(shapeAnswer(sent(big), { ...get }).next).toContain('call again')
    const next = String(shapeAnswer(sent(big), { ...post }).next)
    expect(next).toContain('do not repeat')
    expect(next).not.toContain('call again')
  })

  it('is selected before it is cut', () => {
    const steps = parseSelect('items[2999].id')
    expect(shapeAnswer(sent(big), { ...get, steps })).toEqual(sent(2999))
  })

  it('says what there is where select finds nothing, and that text has no parts', () => {
    const steps = parseSelect('itemz')
    expect(shapeAnswer(sent(big), { ...get, steps })).toMatchObject({
      body: null,
      next: expect.stringContaining('items[3000], page'),
    })
    expect(shapeAnswer(sent('text'), { ...get, steps })).toMatchObject({
      body: 'text',
      next: expect.stringContaining('JSON only'),
    })
  })

  it('takes as many bytes as were asked for, none included', () => {
    expect(shapeAnswer(sent('abc'), { ...get, maxBytes: 0 })).toMatchObject({
      body: '',
      truncated: true,
      totalBytes: 3,
    })
    expect(shapeAnswer(sent(big), { ...get, maxBytes: 1_000_000 })).toEqual(sent(big))
  })

  it('never holds a cookie or a challenge', () => {
    const answer = {
      ...sent(1),
      headers: { 'Set-Cookie': 'a', 'www-authenticate': 'b', etag: 'c' },
    }
    expect(shapeAnswer(answer, { ...get }).headers).toEqual({ etag: 'c' })
  })

  it('that asks for an approval says where, until when and what then', () => {
    const approval = {
      approvalRequired: true,
      approvalRequestId: 'apr_1',
      approvalUrl: 'https://v.example/approvals/apr_1',
      expiresAt: '2026-11-21T10:00:00.000Z',
      reason: 'A write.',
      auditId: 'aud_1',
    }
    const { next, ...rest } = shapeAnswer(approval, { ...post })
    expect(rest).toEqual(approval)
    for (const part of ['Nothing was sent', approval.approvalUrl, approval.expiresAt, 'apr_1']) {
      expect(next).toContain(part)
    }
  })
})

describe('a cut', () => {
  it('never exceeds its bound, never breaks a character and is a beginning', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 200 }), fc.nat(300), (text, bytesMax) => {
        const cut = cutBody(text, bytesMax)
        const body = String(cut.body)
        expect(Buffer.byteLength(body)).toBeLessThanOrEqual(bytesMax)
        expect(text.startsWith(body)).toBe(true)
        expect(cut.truncated).toBe(Buffer.byteLength(text) > bytesMax)
      }),
    )
  })

  it('leaves base64 that decodes to the beginning of the bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), fc.nat(300), (bytes, bytesMax) => {
        const body = { $base64: Buffer.from(bytes).toString('base64'), contentType: 'image/png' }
        const cut = cutBody(body, bytesMax)
        const part = Buffer.from((cut.body as typeof body).$base64, 'base64')
        expect(part.byteLength).toBeLessThanOrEqual(bytesMax)
        expect(Buffer.from(bytes).subarray(0, part.byteLength).equals(part)).toBe(true)
        expect(cut.truncated).toBe(bytes.byteLength > bytesMax)
      }),
    )
  })
})
