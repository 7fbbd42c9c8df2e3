import { describe, expect, it } from 'vitest'
import { verifies } from '../../../../test/verifies.ts'
import { createResponder } from './respond.ts'
import { createFlowCookie, createSessionCookie } from './session-cookie.ts'

const session = { value: 'v'.repeat(43), expiresAtMs: Date.UTC(2030, 0, 1) }

describe('the session cookie', () => {
  it('is bound to this very host and to TLS where the public URL has it', () => {
    verifies('S-42')
    const cookies = createSessionCookie(true)
    expect(cookies.set(session)).toBe(
      `__Host-sallyport=${session.value}; Path=/; HttpOnly; SameSite=Strict; Secure; Expires=Tue, 01 Jan 2030 00:00:00 GMT`,
    )
    expect(cookies.clear()).toBe(
      '__Host-sallyport=; Path=/; HttpOnly; SameSite=Strict; Secure; Max-Age=0',
    )
  })

  it('has neither prefix nor Secure on plain-HTTP loopback, where browsers would drop it', () => {
    const cookie = createSessionCookie(false).set(session)
    expect(cookie).toMatch(/^sallyport=/)
    expect(cookie).not.toContain('Secure')
    expect(cookie).toContain('; HttpOnly; SameSite=Strict')
  })
})

describe('the cookie of a sign-in at the provider', () => {
  it('is another one than the session’s, and bound like it', () => {
    verifies('S-42')
    const value = session.value
    const at = 'Path=/; HttpOnly; SameSite=Strict'
    const end = 'Expires=Tue, 01 Jan 2030 00:00:00 GMT'
    expect(createFlowCookie(true).set(session)).toBe(
      `__Host-sallyport-sign-in=${value}; ${at}; Secure; ${end}`,
    )
    expect(createFlowCookie(false).set(session)).toBe(`sallyport-sign-in=${value}; ${at}; ${end}`)
    expect(createFlowCookie(false).clear()).toBe(`sallyport-sign-in=; ${at}; Max-Age=0`)
  })
})

describe('an answer', () => {
  it('keeps browsers on TLS where the public URL has it, and only there', () => {
    const rest = { requestId: 'req_1' }
    const header = 'strict-transport-security'
    expect(createResponder(true).json(200, {}, rest).headers.get(header)).toMatch(/max-age=\d{8}/)
    expect(createResponder(false).json(200, {}, rest).headers.get(header)).toBeNull()
  })
})
