import { equal } from './as-found.ts'
import type { ChainBatch, FoundHead, FoundStart } from './audit-store.ts'
import { createRecordMac, createStamp } from './chain.ts'
import { isGenuineStart, type StartRow, signStart } from './chain-start.ts'
import { draftEvent, type RecordDraft } from './entry.ts'
import { findVersion, macsOf } from './epoch-macs.ts'
import { type AuditKeyRing, type EpochKeys, ForeignHead, newestOf } from './epochs.ts'
import { type ChangePlace, changeBytes, keyChangeOperation } from './key-change.ts'
import { assertHead } from './write-group.ts'

// Takes all chains over to newer keys at once.

/** Where all chains have got to, while nobody can append to them. */
interface FoundChains {
  readonly heads: readonly FoundHead[]
  /** Of those that retention has removed something from. */
  readonly starts: readonly FoundStart[]
}

/** What is to be written, in the same transaction. */
interface ChangedChains {
  readonly batches: readonly ChainBatch[]
  readonly starts: readonly StartRow[]
  /** Workspaces whose chain somebody has changed from outside: it ends where it is, and is not made genuine. */
  readonly broken: readonly string[]
}

/**
 * Plans the change: one record for each chain, the first of the new keys. What was `planned` for a head stays where the head has not
 * moved since, and what is planned now is put there: so the work can be done before everybody has to wait for it.
 */
export function changeKeys(
  { heads, starts }: FoundChains,
  of: {
    readonly ring: AuditKeyRing
    readonly to: EpochKeys
    readonly newAuditId: () => string
    readonly nowMs: number
    readonly planned: Map<string, ChainBatch>
  },
): ChangedChains {
  const { ring, to, nowMs } = of
  const from = newestOf(ring)
  const at = new Date(nowMs).toISOString()
  const batches: ChainBatch[] = []
  const broken: string[] = []
  for (const head of heads) {
    const { workspaceId } = head
    const before = of.planned.get(workspaceId)
    if (before !== undefined && isHead(before.from, head)) {
      batches.push(before)
      continue
    }
    try {
      assertHead(head, createRecordMac(from.macKey(workspaceId), workspaceId))
    } catch (error) {
      if (!(error instanceof ForeignHead)) throw error
      broken.push(workspaceId)
      continue
    }
    const place = { workspaceId, seq: head.seq + 1, previous: head.hash }
    const draft = draftKeyChange(place, { from, to }, { auditId: of.newAuditId(), at })
    const stamped = createStamp(to.macKey(workspaceId), workspaceId)(head, [draft])
    const batch = { workspaceId, from: head, ...nothingElse, ...stamped }
    of.planned.set(workspaceId, batch)
    batches.push(batch)
  }
  const genuine = starts.filter(
    (start) =>
      !broken.includes(start.workspaceId) &&
      isGenuineStart(start, from.publicKey) &&
      findVersion(macsOf(ring.epochs(), start.workspaceId), start) !== undefined,
  )
  return { batches, broken, starts: genuine.map((start) => signStart(start, start.atMs, to.sign)) }
}

const nothingElse = { opened: [], ended: [], limits: { windows: [], leases: [], settled: [] } }

const isHead = (one: ChainBatch['from'], other: FoundHead) =>
  one.seq === other.seq && equal(one.hash, other.hash) && equal(one.mac, other.mac)

/** Drafts the record. The caller has checked that the head before it is genuine under the old keys. */
function draftKeyChange(
  place: ChangePlace,
  keys: { readonly from: EpochKeys; readonly to: EpochKeys },
  of: { readonly auditId: string; readonly at: string },
): RecordDraft {
  const { from, to } = keys
  const versions = { fromVersion: from.version, toVersion: to.version }
  const x = to.publicKeyJwk.x ?? ''
  const signed = from.sign(changeBytes(place, { ...versions, x }))
  return draftEvent(
    {
      ...{ auditId: of.auditId, workspaceId: place.workspaceId },
      ...{ operation: keyChangeOperation, outcome: 'done' },
      detail: { ...versions, publicKey: x, signature: Buffer.from(signed).toString('base64url') },
    },
    of.at,
  )
}
