import { createHash, createHmac, createSecretKey, randomBytes } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { verifies } from '../../../../test/verifies.ts'
import {
  chainHash,
  createRecordMac,
  createStamp,
  genesisHash,
  genesisHead,
  hashBytes,
} from './chain.ts'
import { type ChainedRecord, createChainWalk } from './chain-walk.ts'
import type { RecordDraft } from './entry.ts'

const workspaceId = 'wsp_01k8v3t5m9r2c4x6z8b0d1f3h5'
const key = createSecretKey(randomBytes(32))
const mac = createRecordMac(key, workspaceId)

const draft = (entry: string): RecordDraft => ({
  auditId: 'aud_1',
  kind: 'intent',
  at: '2026-01-01T00:00:00.000Z',
  agentId: undefined,
  connectionId: undefined,
  decision: undefined,
  entry,
})

function chainOf(entries: readonly string[], macKey = key): ChainedRecord[] {
  const genesis = genesisHead(key, workspaceId)
  const stamped = createStamp(macKey, workspaceId)(genesis, entries.map(draft))
  return entries.map((entry, i) => {
    const [from, end] = [i * hashBytes, (i + 1) * hashBytes]
    const hash = stamped.hashes.subarray(from, end)
    return { seq: i + 1, entry, hash, mac: stamped.macs.subarray(from, end) }
  })
}

/** The number that the verifier names, or undefined when it finds nothing wrong. */
function firstBad(records: readonly ChainedRecord[], withMac = true): number | undefined {
  const walk = createChainWalk(workspaceId, withMac ? { macs: new Map([[1, mac]]) } : {})
  for (const record of records) {
    const fault = walk.step(record)
    if (fault !== undefined) return fault.firstBad
  }
  return undefined
}

const entries = fc.array(fc.string({ maxLength: 40, unit: 'binary' }), {
  minLength: 2,
  maxLength: 12,
})
const position = fc.nat({ max: 1_000 })
const flipped = (bytes: Uint8Array, at: number): Uint8Array => {
  const copy = Uint8Array.from(bytes)
  copy[at % copy.length] = (copy[at % copy.length] ?? 0) ^ 0x40
  return copy
}

describe('chain', () => {
  it('is what the documentation says, byte by byte', () => {
    const length = (text: string) => {
      const prefix = Buffer.alloc(4)
      prefix.writeUInt32BE(Buffer.byteLength(text))
      return Buffer.concat([prefix, Buffer.from(text)])
    }
    const sha256 = (...parts: Uint8Array[]) =>
      createHash('sha256').update(Buffer.concat(parts)).digest()
    const genesis = sha256(Buffer.from('sallyport-audit-genesis-v1'), length(workspaceId))
    expect(genesisHash(workspaceId)).toEqual(genesis)
    expect(chainHash(genesis, 'é{}')).toEqual(sha256(genesis, length('é{}')))
    const seq = Buffer.alloc(8)
    seq.writeBigUInt64BE(3n)
    const input = Buffer.concat([length(workspaceId), seq, genesis])
    expect(mac(3, genesis)).toEqual(createHmac('sha256', key).update(input).digest())
  })

  it('passes whatever the vault has written', () => {
    fc.assert(
      fc.property(entries, (texts) => {
        expect(firstBad(chainOf(texts))).toBeUndefined()
        expect(firstBad(chainOf(texts), false)).toBeUndefined()
      }),
    )
  })

  it('names the exact number of an edited entry, hash or MAC', () => {
    verifies('S-37')
    fc.assert(
      fc.property(entries, fc.tuple(position, fc.nat(), fc.nat({ max: 3 })), (texts, edit) => {
        const [at, bit, what] = edit
        const records = chainOf(texts)
        const index = at % records.length
        const target = records[index]
        if (target === undefined) return
        records[index] = [
          { ...target, entry: `${target.entry}x` },
          { ...target, entry: target.entry === '' ? 'y' : target.entry.slice(1) },
          { ...target, hash: flipped(target.hash, bit) },
          { ...target, mac: flipped(target.mac, bit) },
        ][what] ?? { ...target, entry: '' }
        expect(firstBad(records)).toBe(index + 1)
      }),
    )
  })

  it('names the number of an entry that was edited and stamped again without the key', () => {
    verifies('S-37')
    fc.assert(
      fc.property(entries, position, (texts, at) => {
        const index = at % texts.length
        const forged = texts.map((text, i) => (i === index ? `${text}!` : text))
        const genuine = chainOf(texts)
        const stamped = chainOf(forged, createSecretKey(randomBytes(32)))
        const records = stamped.map((record, i) => (i < index ? (genuine[i] ?? record) : record))
        expect(firstBad(records)).toBe(index + 1)
      }),
    )
  })

  it('names the number of a removed entry, renumbered or not', () => {
    verifies('S-37')
    fc.assert(
      fc.property(entries, position, fc.boolean(), (texts, at, renumber) => {
        const records = chainOf([...texts, 'last'])
        const index = at % texts.length
        const without = records.filter((_, i) => i !== index)
        const found = renumber ? without.map((r, i) => ({ ...r, seq: i + 1 })) : without
        expect(firstBad(found)).toBe(index + 1)
      }),
    )
  })

  it('names the number of an added entry, and the lower of two that were exchanged', () => {
    verifies('S-37')
    fc.assert(
      fc.property(entries, position, position, (texts, a, b) => {
        const records = chainOf(texts.map((text, i) => `${i}${text}`))
        const at = a % records.length
        const copied = [...records]
        copied.splice(at, 0, ...records.slice(at, at + 1))
        expect(firstBad(copied.map((r, i) => ({ ...r, seq: i + 1 })))).toBe(
          // A copy of the entry itself is first wrong where the original should follow it.
          at + 2,
        )
        const other = b % records.length
        if (other === at) return
        const [low, high] = [Math.min(at, other), Math.max(at, other)]
        const swapped = records.map((record, i) => {
          const from = i === low ? records[high] : i === high ? records[low] : record
          return { ...(from ?? record), seq: i + 1 }
        })
        expect(firstBad(swapped)).toBe(low + 1)
      }),
    )
  })

  it('does not fit another workspace', () => {
    const other = 'wsp_01k8v3t5m9r2c4x6z8b0d1f3h6'
    const walk = createChainWalk(other, { macs: new Map([[1, createRecordMac(key, other)]]) })
    expect(walk.step(chainOf(['{}'])[0] ?? expect.fail())).toMatchObject({ firstBad: 1 })
  })
})
