import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import * as search from './search.ts'

const origin = 'https://vault.example.com'

describe('what an address says', () => {
  it('sends nobody away from the vault after signing in', () => {
    const hostile = fc.oneof(
      fc.webUrl(),
      fc.constantFrom(
        '//x.org',
        '/\\x.org',
        '/\t/x.org',
        '/\n/x.org',
        '\\\\x.org',
        'javascript:1',
        '/.//x.org',
        '/x/..//x.org',
        '/%2f/x',
      ),
      fc.string({ unit: 'binary' }).map((text) => `/${text}`),
      fc.jsonValue(),
    )
    fc.assert(
      fc.property(hostile, (next) => {
        const { next: taken } = search.signIn({ next })
        if (taken !== undefined) expect(new URL(taken, origin).origin).toBe(origin)
        // After a connection was added it is the same.
        expect(search.connections({ return: next }).return).toBe(taken)
      }),
      { numRuns: 2000 },
    )
    expect(search.signIn({ next: '/approvals/apr_1?x=1#y' }).next).toBe('/approvals/apr_1?x=1#y')
  })

  it('is text of modest length or is not there at all, whatever is written', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const { status } = search.approvals({ status: value })
        expect(status === undefined || (typeof status === 'string' && status.length <= 300)).toBe(
          true,
        )
      }),
    )
  })

  it('is said to be absent where it makes no sense, so that nothing unchecked takes its place', () => {
    expect(Object.hasOwn(search.approvals({ status: ['x'] }), 'status')).toBe(true)
    expect(Object.hasOwn(search.signIn({ next: 'https://example.com' }), 'next')).toBe(true)
  })
})
