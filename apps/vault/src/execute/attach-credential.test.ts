import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { verifies } from '../../../../test/verifies.ts'
import { attachCredential, type OpenedCredential } from './attach-credential.ts'
import { freezeRequest } from './freeze-request.ts'
import type { PermittedRequest } from './permit.ts'

const url = 'https://api.example.com/a'
const none: OpenedCredential = { headers: [], query: [] }
/** As a tool sends its own cookies; agents' never pass. */
const withCookie = (cookie?: string) => ({
  ...freezeRequest({ method: 'GET', url }),
  headers: [
    ...(cookie === undefined ? [] : [['cookie', cookie] as const]),
    ['accept', '*/*'] as const,
  ],
})
const attach = (frozen: ReturnType<typeof withCookie>, credential: OpenedCredential) =>
  attachCredential({ frozen } as unknown as PermittedRequest, credential)
const cookiesOf = (headers: readonly (readonly [string, string])[]) =>
  headers.filter(([name]) => name === 'cookie').map(([, value]) => value)

describe('a credential that is put on', () => {
  it('goes into one header with the cookies of a tool, and alone where it has none', () => {
    const cookies = [['sid', 'secret-one'] as const, ['csrf', 'secret-two'] as const]
    expect(cookiesOf(attach(withCookie('lang=de'), { ...none, cookies }).headers)).toEqual([
      'lang=de; sid=secret-one; csrf=secret-two',
    ])
    expect(cookiesOf(attach(withCookie(), { ...none, cookies }).headers)).toEqual([
      'sid=secret-one; csrf=secret-two',
    ])
    expect(cookiesOf(attach(withCookie('lang=de'), none).headers)).toEqual(['lang=de'])
  })

  it('stands in every place of its own once, whatever the request has there', () => {
    verifies('S-18')
    const names = ['x-one', 'x-two', 'authorization', 'accept']
    fc.assert(
      fc.property(fc.subarray(names, { minLength: 1 }), fc.string(), (taken, value) => {
        const headers = taken.map((name) => [name, `secret-${name}`] as const)
        const armed = attach(withCookie(value), {
          headers,
          query: [
            ['a', 'b'],
            ['c', 'd e'],
          ],
        })
        for (const [name, secret] of headers) {
          expect(armed.headers.filter(([one]) => one === name)).toEqual([[name, secret]])
        }
        expect(armed.url).toBe(`${url}?a=b&c=d%20e`)
      }),
    )
  })
})
