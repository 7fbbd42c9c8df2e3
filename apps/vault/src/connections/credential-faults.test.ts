import type { CredentialInput } from '@sallyport/contracts'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { verifies } from '../../../../test/verifies.ts'
import { checkCredential } from './credential-faults.ts'
import { toOpenedCredential } from './opened-credential.ts'

type Part = Extract<CredentialInput, { kind: 'several' }>['parts'][number]

const rules = { mayUseOrigin: () => true as const, faultOfPrivateKey: () => undefined }
const value = 'correct-horse'
const header = (name: string): Part => ({ kind: 'header', name, value })
const query = (name: string): Part => ({ kind: 'query', name, value })
const cookie = (name: string): Part => ({ kind: 'cookie', name, value })
const path = (placeholder: string): Part => ({ kind: 'path', placeholder, value })
const bearer: Part = { kind: 'bearer', token: value }
const basic: Part = { kind: 'basic', username: 'user', password: value }

/** The field that is wrong; undefined where nothing is. */
function faultOf(...parts: Part[]): string | undefined {
  try {
    checkCredential(rules, { kind: 'several', parts }, ['https://api.example.com'])
    return undefined
  } catch (thrown) {
    return Object(thrown).fields?.[0]?.field
  }
}

describe('several keys together', () => {
  it.each<[string, Part[]]>([
    ['two bearer tokens', [bearer, bearer]],
    ['a token and a password', [bearer, basic]],
    ['a header authorization beside a token', [bearer, header('Authorization')]],
    ['headers that differ in case', [header('X-Api-Key'), header('x-API-key')]],
    ['headers that a server reads as one', [header('X_Api.Key'), header('x-api-key')]],
    ['query parameters of one name', [query('key'), query('KEY')]],
    ['cookies of one name', [cookie('sid'), cookie('SID')]],
    ['two places in the path', [path('a'), path('b')]],
    ['a whole header of cookies and a cookie', [header('Cookie'), cookie('sid')]],
  ])('may not stand in one place: %s', (_, parts) => {
    verifies('S-18')
    expect(faultOf(...parts)).toBe('credential.parts[1]')
    expect(faultOf(header('x-first'), ...parts)).toBe('credential.parts[2]')
  })

  it('names the first of a cookie and a whole header of cookies that cannot stay', () => {
    expect(faultOf(cookie('sid'), header('cookie'))).toBe('credential.parts[0]')
  })

  it('may not use a header that frames or routes a request, whichever part it is', () => {
    expect(faultOf(bearer, header('Host'))).toBe('credential.parts[1].name')
    expect(faultOf(header('Content-Length'), bearer)).toBe('credential.parts[0].name')
  })

  it('are taken where each has a place of its own, and then each is put on', () => {
    const parts = [bearer, header('X-App-Key'), query('key'), cookie('sid'), path('token')]
    fc.assert(
      fc.property(fc.shuffledSubarray(parts, { minLength: 2 }), (some) => {
        expect(faultOf(...some)).toBeUndefined()
        const opened = toOpenedCredential({ kind: 'several', parts: some })
        const { headers, query, cookies } = opened
        const placed = headers.length + query.length + cookies.length + (opened.path ? 1 : 0)
        expect(placed).toBe(some.length)
        expect(Object.isFrozen(opened.cookies)).toBe(true)
      }),
    )
  })
})
