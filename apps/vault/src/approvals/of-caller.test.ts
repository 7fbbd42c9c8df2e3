import { describe, expect, it } from 'vitest'
import { verifies } from '../../../../test/verifies.ts'
import {
  freezeRequest,
  restoreFrozenRequest,
  writeFrozenRequest,
} from '../execute/freeze-request.ts'
import { takeFingerprints } from './fingerprints.ts'
import { takeRequestApart } from './take-request-apart.ts'

const asked = { method: 'POST', url: 'https://api.example.com/orders', body: { amount: 1 } }
const of = (passed?: string) => freezeRequest(asked, { slot: { passed } })

describe('a request with the caller’s own credential', () => {
  it('is another one with another credential, or with none', () => {
    verifies('S-24')
    const requests = [of(), of('print-one'), of('print-two')]
    const digests = new Set(requests.map(({ digest }) => digest))
    const shapes = new Set(requests.map((one) => takeRequestApart(one)?.shape))
    expect([digests.size, shapes.size]).toEqual([3, 3])
    expect(of('print-one').digest).toBe(of('print-one').digest)
    const print = (one: ReturnType<typeof of>) =>
      takeFingerprints(one, (parts) => parts.join('|')).credential
    expect(requests.map(print)).toEqual([undefined, expect.any(String), expect.any(String)])
  })

  it('is read again as the one that was written, and as no other', () => {
    const frozen = of('print-one')
    const bytes = writeFrozenRequest(frozen)
    expect(restoreFrozenRequest(bytes, frozen.digest)).toEqual(frozen)
    const forged = Buffer.from(Buffer.from(bytes).toString().replace('print-one', 'print-two'))
    expect(() => restoreFrozenRequest(forged, frozen.digest)).toThrow()
  })
})
