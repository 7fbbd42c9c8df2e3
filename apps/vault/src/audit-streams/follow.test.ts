import { Problem } from '@sallyport/contracts'
import { describe, expect, it } from 'vitest'
import { verifies } from '../../../../test/verifies.ts'
import { follow, toldAfterFailures, waitAfter } from './follow.ts'
import type { Sent, StreamPart, StreamSender, StreamSenders } from './sender.ts'
import type { StreamEvent, StreamNeeds } from './stream-needs.ts'
import type { StoredStream } from './stream-store.ts'

const target = { kind: 'webhook', url: 'https://siem.example.com/in', body: 'lines' } as const
const aStream: StoredStream = {
  id: 'ast_1',
  workspaceId: 'wsp_1',
  kind: 'webhook',
  label: 'SIEM',
  sends: ['entries'],
  format: 'jsonl',
  enabled: true,
  sealed: Buffer.from(JSON.stringify({ target, signingSecret: 'whsec_x' })),
  version: 1,
  lastSeq: 0,
  lastCheckpointSeq: 0,
  failures: 0,
  nextAttemptAt: new Date(0),
  lastError: null,
  lastDeliveredAt: null,
  createdAt: new Date(0),
}

/** A log of so many records, five of them in a part, and a place that answers as it is told to. */
function stage(answer: (part: StreamPart, n: number) => Sent | Promise<Sent>, records = 12) {
  const parts: StreamPart[] = []
  const events: StreamEvent[] = []
  const state = { goesOn: true, text: '{}', nowMs: 1_000 }
  const row = { ...aStream, ...state, released: [] as number[], error: '' }
  const sender: StreamSender<'webhook'> = {
    prepare: (given) => ({ target: given }),
    show: () => 'siem',
    async send(_target, part) {
      parts.push(part)
      return await answer(part, parts.length)
    },
  }
  const needs: StreamNeeds = {
    store: {
      insert: async () => true,
      list: async () => [],
      find: async () => undefined,
      update: async () => true,
      delete: async () => true,
      beginTest: async () => true,
      claim: async () => [],
      expireLeases: async () => {},
      async advance(_ref, { lastSeq, lastCheckpointSeq }) {
        Object.assign(row, { lastSeq, lastCheckpointSeq, failures: 0 })
        return row.goesOn
      },
      async fail(_ref, { error, failures }) {
        Object.assign(row, { error, failures })
      },
      async release(_ref, afterMs) {
        row.released.push(afterMs)
      },
    },
    keyring: { seal: async (_context, text) => text, open: async (_context, sealed) => sealed },
    senders: { webhook: sender } as unknown as StreamSenders,
    audit: {
      record: async (event) => void events.push(event),
      async readBatch({ afterSeq }) {
        const last = Math.min(records, afterSeq + 5)
        const seqs = Array.from({ length: last - afterSeq }, (_, i) => afterSeq + 1 + i)
        return {
          lines: seqs.map((seq) => ({
            seq,
            kind: 'entry',
            atMs: 0,
            refused: false,
            json: row.text,
          })),
          ...{ lastSeq: last, lastCheckpointSeq: 0, isFull: last < records, oldestAtMs: 0 },
        }
      },
    },
    newId: () => 'aud_1',
    randomBytes: (size) => new Uint8Array(size),
    onFailure: () => {},
    now: () => row.nowMs,
  }
  const run = () => follow(needs, row, { by: 'replica', stop: new AbortController().signal })
  return { run, row, parts, events }
}

const taken: Sent = { taken: true, message: 'HTTP 200' }
const refused: Sent = { taken: false, message: 'HTTP 503' }
const seqsOf = (parts: readonly StreamPart[]) =>
  parts.flatMap(({ lines }) => lines.map(({ seq }) => seq))

describe('following a log', () => {
  it('sends all of it in order, part by part, and gives the stream back', async () => {
    const { run, row, parts } = stage(() => taken)
    await run()
    expect(seqsOf(parts)).toEqual(Array.from({ length: 12 }, (_, i) => i + 1))
    expect(parts.map(({ name }) => name.replace(/-[0-9a-f]{16}$/, ''))).toEqual([
      'wsp_1-000000000001-000000000005',
      'wsp_1-000000000006-000000000010',
      'wsp_1-000000000011-000000000012',
    ])
    expect([row.lastSeq, row.released]).toEqual([12, [0]])
  })

  it('skips nothing: what was not taken is sent again from where it stood', async () => {
    verifies('S-44')
    let isDown = true
    const { run, row, parts } = stage((part) =>
      isDown && part.lines.some(({ seq }) => seq === 6) ? refused : taken,
    )
    await run()
    expect([row.lastSeq, row.failures, row.error]).toEqual([5, 1, 'HTTP 503'])
    isDown = false
    await run()
    expect(row).toMatchObject({ lastSeq: 12, failures: 0 })
    expect(seqsOf(parts.slice(2))).toEqual([6, 7, 8, 9, 10, 11, 12])
    // The other side can tell a repetition from something new.
    expect(parts[2]?.id).toBe(parts[1]?.id)
    expect(new Set(parts.map(({ id }) => id)).size).toBe(parts.length - 1)
  })

  it('gives what has other content another name and id, though its numbers are the same', async () => {
    // Another stream into the same bucket; a log that goes on from a backup, with numbers that were sent already.
    const [one, again, other] = [stage(() => taken), stage(() => taken), stage(() => taken)]
    other.row.text = '{"restored":true}'
    for (const { run } of [one, again, other]) await run()
    const namesOf = ({ parts }: typeof one) => parts.map(({ id, name }) => [id, name])
    expect(namesOf(again)).toEqual(namesOf(one))
    const [first, second] = [namesOf(one).flat(), namesOf(other).flat()]
    expect(first.filter((text) => second.includes(text))).toEqual([])
  })

  it('lets others have their turn after a while, however slowly it is taken', async () => {
    verifies('S-44')
    const slow = stage(() => {
      slow.row.nowMs += 15_000
      return taken
    }, 100)
    await slow.run()
    expect([slow.parts.length, slow.row.lastSeq, slow.row.released]).toEqual([2, 10, [0]])
  })

  it('stops where the stream was changed or taken over meanwhile', async () => {
    const { run, row, parts } = stage(() => taken)
    row.goesOn = false
    await run()
    expect([parts.length, row.lastSeq]).toEqual([1, 5])
  })

  it('says once in the audit log that it fails, however often it does', async () => {
    const { run, events } = stage(() => refused)
    for (let i = 0; i < toldAfterFailures * 3; i += 1) await run()
    expect(events).toEqual([
      expect.objectContaining({
        operation: 'sendAuditStream',
        outcome: 'failed',
        detail: expect.objectContaining({ streamId: 'ast_1', failures: toldAfterFailures }),
      }),
    ])
  })

  it('keeps what a sender throws to itself, and a problem’s sentence for its owner', async () => {
    verifies('S-38')
    const broken = stage(() => Promise.reject(new Error('secret whsec_x in https://…')))
    await broken.run()
    expect(broken.row.error).toBe('Something went wrong in the vault.')
    const unreachable = new Problem('upstream-unreachable', 'The upstream could not be reached.')
    const gone = stage(() => Promise.reject(unreachable))
    await gone.run()
    expect(gone.row.error).toBe('The upstream could not be reached.')
  })

  it('waits twice as long after each failure, up to ten minutes, or as long as it is asked to', () => {
    const waits = [1, 2, 3, 8, 50].map((failures) => waitAfter(failures, { random: 0 }))
    expect(waits).toEqual([5_000, 10_000, 20_000, 600_000, 600_000])
    expect(waitAfter(1, { random: 0, retryAfterSeconds: 90 })).toBe(90_000)
    expect(waitAfter(1, { random: 0, retryAfterSeconds: 1e9 })).toBe(3_600_000)
  })
})
