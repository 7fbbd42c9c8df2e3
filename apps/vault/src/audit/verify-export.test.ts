import { generateKeyPairSync } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  anIntent,
  newCheckpointPath,
  newId,
  openAuditLog,
  type TestAuditLog,
} from '../../../../test/fixtures/audit-log.ts'
import { startTestDatabase, type TestDatabase } from '../../../../test/fixtures/database.ts'
import { verifies } from '../../../../test/verifies.ts'
import { boundedLines } from './bounded-lines.ts'
import { exportLineCharsMax, type VerifyExportOptions, verifyExport } from './verify-export.ts'

const rootKey = new Uint8Array(32).fill(3)

async function* each(lines: readonly string[]): AsyncGenerator<string> {
  yield* lines
}

describe('export', () => {
  let test: TestDatabase
  let one: TestAuditLog
  let workspaceId: string
  let lines: string[]
  const checkpointPath = newCheckpointPath()

  const exported = async (id: string): Promise<string[]> => {
    const found: string[] = []
    for await (const line of boundedLines(one.log.export(id), exportLineCharsMax)) found.push(line)
    return found
  }
  const check = (changed: readonly string[], options: VerifyExportOptions = {}) =>
    verifyExport(each(changed), options)
  const withMac = (): VerifyExportOptions => ({ macKeys: one.macKeys })
  const recordsOf = (all: readonly string[]) =>
    all.flatMap((line, i) => (JSON.parse(line).type === 'record' ? [i] : []))

  beforeAll(async () => {
    test = await startTestDatabase()
    one = openAuditLog({ url: test.urls.app, rootKey, checkpointPath })
    workspaceId = newId('workspace')
    for (let i = 0; i < 9; i += 1) {
      await one.log.begin(anIntent(workspaceId, { reason: `Line\u2028${i} “ü”` }))
      if (i === 3) await one.log.checkpoint()
    }
    lines = await exported(workspaceId)
  })
  afterAll(async () => {
    await one.close()
    await test.stop()
  })

  it('verifies with nothing but itself, with a pinned key and with the MAC key', async () => {
    verifies('S-37')
    expect(lines).toHaveLength(1 + 9 + 2 + 1)
    const good = { ok: true, checked: 9, workspaceId, lastCheckpoint: { seq: 9 } }
    expect(await check(lines)).toMatchObject(good)
    expect(await check(lines, { publicKey: one.keys.publicKey })).toMatchObject(good)
    expect(await check(lines, withMac())).toMatchObject(good)
  })

  it('is not believed under another key than the pinned one', async () => {
    const { publicKey } = generateKeyPairSync('ed25519')
    expect(await check(lines, { publicKey })).toMatchObject({ ok: false, checked: 0 })
  })

  it('names the exact number of any record edited in any way', async () => {
    verifies('S-37')
    const at = recordsOf(lines)
    for (const [i, index] of at.entries()) {
      const record = JSON.parse(lines[index] ?? '')
      const edits = [
        { ...record, entry: record.entry.replace('GET', 'PUT') },
        { ...record, hash: record.hash.replace(/^./, (c: string) => (c === '0' ? '1' : '0')) },
        { ...record, seq: record.seq + 100 },
        { ...record, seq: String(record.seq) },
        { ...record, entry: JSON.parse(record.entry) },
        { ...record, mac: 'x' },
      ]
      for (const edit of edits) {
        const changed = lines.with(index, JSON.stringify(edit))
        expect(await check(changed)).toMatchObject({ ok: false, firstBad: i + 1, checked: i })
      }
      const mac = record.mac.replace(/^./, (c: string) => (c === '0' ? '1' : '0'))
      const changed = lines.with(index, JSON.stringify({ ...record, mac }))
      expect(await check(changed, withMac())).toMatchObject({ ok: false, firstBad: i + 1 })
    }
  })

  it('names a removed, a repeated and an exchanged record', async () => {
    verifies('S-37')
    const at = recordsOf(lines)
    const second = at[1] ?? 0
    const third = at[2] ?? 0
    expect(await check(lines.toSpliced(second, 1))).toMatchObject({ ok: false, firstBad: 2 })
    expect(await check(lines.toSpliced(second, 0, lines[second] ?? ''))).toMatchObject({
      ok: false,
      firstBad: 2,
    })
    const swapped = lines.with(second, lines[third] ?? '').with(third, lines[second] ?? '')
    expect(await check(swapped)).toMatchObject({ ok: false, firstBad: 2 })
  })

  it('finds records stamped again without the key, by the next signed checkpoint', async () => {
    verifies('S-37')
    const { chainHash, genesisHash } = await import('./chain.ts')
    let hash = genesisHash(workspaceId)
    const forged = lines.map((line) => {
      const record = JSON.parse(line)
      if (record.type !== 'record') return line
      const entry = record.seq === 7 ? record.entry.replace('GET', 'PUT') : record.entry
      hash = chainHash(hash, entry)
      return JSON.stringify({ ...record, entry, hash: Buffer.from(hash).toString('hex') })
    })
    // Records 5 to 9 lie between the signed ones at 4 and 9: none of them is proved any more.
    expect(await check(forged)).toMatchObject({
      ok: false,
      firstBad: 5,
      lastCheckpoint: { seq: 4 },
    })
    expect(await check(forged, withMac())).toMatchObject({ ok: false, firstBad: 7, checked: 6 })
    // Leaving the checkpoints out does not help either.
    const unsigned = forged.filter((line) => JSON.parse(line).type !== 'checkpoint')
    const end = JSON.stringify({ type: 'end', records: 9, checkpoints: 0 })
    expect(await check(unsigned.with(-1, end))).toMatchObject({ ok: false, firstBad: 1 })
  })

  it('finds an export cut off after any line', async () => {
    for (let length = 0; length < lines.length; length += 1) {
      expect(await check(lines.slice(0, length))).toMatchObject({ ok: false })
    }
    const half = lines.with(-1, (lines.at(-1) ?? '').slice(0, 10))
    expect(await check(half)).toMatchObject({ ok: false, checked: 9 })
  })

  it('finds the newest records removed by the append-only file', async () => {
    verifies('S-37')
    const short = [
      ...lines.filter((line) => {
        const { type, seq } = JSON.parse(line)
        return type === 'header' || (seq !== undefined && seq <= 4)
      }),
      JSON.stringify({ type: 'end', records: 4, checkpoints: 1 }),
    ]
    expect(await check(short)).toMatchObject({ ok: true, checked: 4 })
    const checkpoints = (await readFile(checkpointPath, 'utf8')).split('\n')
    expect(await check(short, { checkpoints })).toMatchObject({ ok: false, firstBad: 5 })
    expect(await check(lines, { checkpoints })).toMatchObject({ ok: true, checked: 9 })
  })

  it.each([
    'garbage',
    '',
    '{}',
    'null',
    '[]',
    '{"type":"record"}',
    '{"type":"checkpoint"}',
    '{"type":"__proto__"}',
    `"${'x'.repeat(exportLineCharsMax)}"`,
  ])('names the line of garbage: %.20s', async (garbage) => {
    const found = await check(lines.toSpliced(4, 0, garbage))
    expect(found).toMatchObject({ ok: false, checked: 3 })
    expect(found.reason).toContain('Line 5')
    expect((await check([garbage])).ok).toBe(false)
  })

  it('answers for any lines at all, and never throws', async () => {
    const value = fc.oneof(fc.jsonValue(), fc.constantFrom(1, -1, 1e300, null, workspaceId))
    const line = fc.oneof(
      fc.string(),
      fc.constantFrom(...lines),
      fc
        .record({
          type: fc.constantFrom('header', 'record', 'checkpoint', 'end'),
          format: fc.constant('sallyport-audit-v1'),
          workspaceId: value,
          publicKey: value,
          seq: value,
          hash: fc.oneof(value, fc.constant('0'.repeat(64))),
          mac: fc.oneof(value, fc.constant('0'.repeat(64))),
          entry: value,
          count: value,
          at: fc.oneof(value, fc.constant('+275760-09-13T00:00:00.001Z')),
          signature: fc.oneof(value, fc.constant('A'.repeat(86))),
        })
        .map((members) => JSON.stringify(members)),
    )
    await fc.assert(
      fc.asyncProperty(fc.array(line, { maxLength: 8 }), fc.boolean(), async (any, headed) => {
        const all = headed ? [lines[0] ?? '', ...any] : any
        expect((await check(all)).ok).toBe(false)
      }),
      { numRuns: 300 },
    )
  })

  it('takes lines of any length in bounded memory', async () => {
    async function* huge(): AsyncGenerator<Uint8Array> {
      yield Buffer.from(`${lines[0]}\n`)
      for (let i = 0; i < 64; i += 1) yield Buffer.alloc(1_000_000, 0x61)
      yield Buffer.from('\n')
    }
    const found = await verifyExport(boundedLines(huge(), exportLineCharsMax))
    expect(found).toMatchObject({ ok: false, firstBad: 1 })
    expect(found.reason).toContain('Line 2')
  })

  it('is of one moment and covered by a signature, while others go on writing', async () => {
    const busy = newId('workspace')
    let writing = true
    const writer = (async () => {
      while (writing) await one.log.begin(anIntent(busy))
    })()
    for (let i = 0; i < 5; i += 1) expect((await check(await exported(busy))).ok).toBe(true)
    writing = false
    await writer
  })

  it('of a workspace without entries is whole too', async () => {
    expect(await check(await exported(newId('workspace')))).toMatchObject({ ok: true, checked: 0 })
  })

  it('stops reading the database when its reader goes away', async () => {
    const reader = one.log.export(workspaceId).getReader()
    await reader.read()
    await reader.cancel()
    expect((await reader.read()).done).toBe(true)
  })
})
