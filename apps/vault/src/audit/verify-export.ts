import type { KeyObject } from 'node:crypto'
import type { AuditCheckpoint, AuditStart } from '@sallyport/contracts'
import { equal, parseEntry } from './as-found.ts'
import type { CheckpointRow } from './audit-store.ts'
import { createRecordMac } from './chain.ts'
import { isGenuineStart, readStart, type StartRow, writeStart } from './chain-start.ts'
import { type ChainFault, type ChainWalk, createChainWalk } from './chain-walk.ts'
import { isGenuine, readCheckpoint, readCheckpointLine, writeCheckpoint } from './checkpoint.ts'
import { findVersion, type RecordMac } from './epoch-macs.ts'
import { isGenuineChange, readKeyChange, readPublicKey } from './key-change.ts'

// Verifies an export without the vault and without its database; see docs/audit-format.md.

/** Names the layout of an export. */
export const exportFormat = 'sallyport-audit-v1'
/** The longest line that is read. The longest that the vault writes is far shorter. */
export const exportLineCharsMax = 1_000_000

export interface VerifyExportOptions {
  /**
   * The vault's Ed25519 key from a source that is trusted. Without it the export's own key is taken on trust. An older one is good
   * as long as nobody else has it: it has signed the newer ones.
   */
  readonly publicKey?: KeyObject | undefined
  /** Gives all MAC keys of a workspace by their versions, for those who have them: then every record is proved by itself. */
  readonly macKeys?: ((workspaceId: string) => ReadonlyMap<number, KeyObject>) | undefined
  /** Lines of the append-only file of checkpoints, or of one kept elsewhere: they prove newer entries were removed. */
  readonly checkpoints?: AsyncIterable<string> | Iterable<string> | undefined
}

/** `checked` counts the records before the first bad one. */
export interface ExportVerification {
  readonly ok: boolean
  readonly checked: number
  readonly workspaceId?: string
  readonly firstBad?: number
  readonly reason?: string
  readonly lastCheckpoint?: AuditCheckpoint
  /** Where the chain starts since retention removed what was before. */
  readonly start?: AuditStart
}

interface Progress {
  readonly workspaceId: string
  /** The vault's newest, in which the export has to end. */
  readonly publicKey: KeyObject
  /** The one that is in force at the records that are being read. */
  inForce: KeyObject
  /** A trusted key that the export has not come to yet. */
  awaited: KeyObject | undefined
  readonly macs: ReadonlyMap<number, RecordMac> | undefined
  walk: ChainWalk
  start: StartRow | undefined
  /** What other sources say a record must be, by number. */
  readonly known: ReadonlyMap<number, readonly CheckpointRow[]>
  records: number
  checkpoints: number
  lastCheckpoint: CheckpointRow | undefined
  ended: boolean
}

type Line = Partial<Record<string, unknown>>

/**
 * Verifies an export, line by line in bounded memory. Everything that is wrong is an answer, never an exception:
 * garbage, lines too long (`exportLineCharsMax`), an export cut off, records changed, removed, added or exchanged.
 * Without `macKeys` a changed record is found by the next checkpoint at the latest, and `firstBad` is then the first
 * number that no checkpoint proves.
 */
export async function verifyExport(
  lines: AsyncIterable<string>,
  options: VerifyExportOptions = {},
): Promise<ExportVerification> {
  let progress: Progress | undefined
  let number = 0
  for await (const text of lines) {
    number += 1
    const where = `Line ${number}`
    const line = text.length > exportLineCharsMax ? undefined : parseEntry(text)
    if (line === undefined) {
      return answer(progress, fault(progress, `${where} is not a line of an export.`))
    }
    if (progress === undefined) {
      const started = await start(line, options)
      if (typeof started === 'string') return answer(undefined, { firstBad: 1, reason: started })
      progress = started
      continue
    }
    const wrong = takeLine(progress, line, where)
    if (wrong !== undefined) return answer(progress, wrong)
  }
  if (progress === undefined) return answer(undefined, { firstBad: 1, reason: 'It is empty.' })
  const wrong = checkEnd(progress)
  if (wrong !== undefined || progress.awaited === undefined) return answer(progress, wrong)
  return answer(undefined, { firstBad: 1, reason: otherVault })
}

const otherVault = 'The export was not made by the vault with this public key.'

/** Where nothing better is known, the record that should have come next is the first bad one. */
function fault(progress: Progress | undefined, reason: string): ChainFault {
  return { firstBad: (progress?.walk.end().seq ?? 0) + 1, reason }
}

function answer(progress: Progress | undefined, wrong: ChainFault | undefined): ExportVerification {
  const last = progress?.lastCheckpoint
  return {
    ok: wrong === undefined,
    checked: (progress?.walk.end().seq ?? 0) - (progress?.start?.seq ?? 0),
    ...(progress !== undefined && { workspaceId: progress.workspaceId }),
    ...wrong,
    ...(progress?.start !== undefined && { start: writeStart(progress.start) }),
    ...(last !== undefined && { lastCheckpoint: writeCheckpoint(last) }),
  }
}

async function start(line: Line, options: VerifyExportOptions): Promise<Progress | string> {
  const { type, format, workspaceId } = line
  if (type !== 'header' || typeof workspaceId !== 'string' || workspaceId.length > 64) {
    return 'Line 1 is not the header of an export.'
  }
  if (format !== exportFormat) return 'The export has a format that is not known here.'
  const own = readPublicKey(line.publicKey)
  if (own === undefined) return 'The header does not hold a public key.'
  const inForce = readPublicKey(line.earlierKey) ?? own
  const trusted = options.publicKey
  const isMet = trusted === undefined || trusted.equals(own) || trusted.equals(inForce)
  if (!isMet && inForce === own) return otherVault
  const keys = options.macKeys?.(workspaceId)
  const macs =
    keys && new Map([...keys].map(([version, key]) => [version, createRecordMac(key, workspaceId)]))
  return {
    ...{ workspaceId, publicKey: own, inForce, macs },
    awaited: isMet ? undefined : trusted,
    walk: createChainWalk(workspaceId, { macs }),
    start: undefined,
    known: await readKnown(options.checkpoints ?? [], workspaceId),
    records: 0,
    checkpoints: 0,
    lastCheckpoint: undefined,
    ended: false,
  }
}

async function readKnown(
  lines: AsyncIterable<string> | Iterable<string>,
  workspaceId: string,
): Promise<Map<number, CheckpointRow[]>> {
  const known = new Map<number, CheckpointRow[]>()
  for await (const line of lines) {
    const checkpoint = readCheckpointLine(line)
    if (checkpoint?.workspaceId !== workspaceId) continue
    const same = known.get(checkpoint.seq)
    if (same === undefined) known.set(checkpoint.seq, [checkpoint])
    else same.push(checkpoint)
  }
  return known
}

function takeLine(progress: Progress, line: Line, where: string): ChainFault | undefined {
  if (progress.ended) return fault(progress, `${where} stands after the end.`)
  if (line.type === 'start') return takeStart(progress, line, where)
  if (line.type === 'record') return takeRecord(progress, line, where)
  if (line.type === 'checkpoint') return takeCheckpoint(progress, line, where)
  if (line.type === 'end') return takeEnd(progress, line, where)
  return fault(progress, `${where} is not a line of an export.`)
}

/** Only right after the header, and only by the vault's own word: nobody else removes entries and says that it was retention. */
function takeStart(progress: Progress, line: Line, where: string): ChainFault | undefined {
  const { walk, macs, records, checkpoints } = progress
  const start = readStart(line)
  if (start === undefined || records + checkpoints > 0 || progress.start !== undefined) {
    return fault(progress, `${where} is not the start of a chain.`)
  }
  const isOwn = start.workspaceId === progress.workspaceId
  const isProved = macs === undefined || findVersion(macs, start) !== undefined
  if (!isOwn || !isProved || !isGenuineStart(start, progress.publicKey)) {
    return { firstBad: walk.end().seq + 1, reason: `${where}: the start is not this vault’s.` }
  }
  progress.start = start
  progress.walk = createChainWalk(progress.workspaceId, { macs, start })
  return undefined
}

const hashPattern = /^[0-9a-f]{64}$/

function readHash(value: unknown): Uint8Array | undefined {
  if (typeof value !== 'string' || !hashPattern.test(value)) return undefined
  return Buffer.from(value, 'hex')
}

function takeRecord(progress: Progress, line: Line, where: string): ChainFault | undefined {
  const { seq, entry } = line
  const hash = readHash(line.hash)
  const mac = readHash(line.mac)
  const complete = typeof entry === 'string' && hash !== undefined && mac !== undefined
  if (!complete || typeof seq !== 'number' || !Number.isSafeInteger(seq)) {
    return fault(progress, `${where} is not a record.`)
  }
  const previous = progress.walk.end().hash
  const wrong = progress.walk.step({ seq, entry, hash, mac })
  if (wrong !== undefined) return { ...wrong, reason: `${where}: ${wrong.reason}` }
  progress.records += 1
  if (!takeChange(progress, { seq, entry, previous })) {
    return unproved(progress, `${where}: the keys that it names were not signed with those before.`)
  }
  const seen = (progress.known.get(seq) ?? []).filter((one) => isGenuine(one, progress.inForce))
  if (seen.some((known) => !(equal(known.hash, hash) && equal(known.mac, mac)))) {
    return unproved(progress, `${where} is not the record that a checkpoint elsewhere saw.`)
  }
  return undefined
}

/** From a change of keys on, the newer ones are in force; false where the older ones do not say so. */
function takeChange(
  progress: Progress,
  { seq, entry, previous }: { seq: number; entry: string; previous: Uint8Array },
): boolean {
  const change = readKeyChange(entry)
  if (change === undefined) return true
  const { workspaceId, inForce, awaited } = progress
  if (!isGenuineChange(change, { workspaceId, seq, previous }, inForce)) return false
  progress.inForce = change.publicKey
  if (awaited?.equals(change.publicKey)) progress.awaited = undefined
  return true
}

/** The chain leads elsewhere than a signature says: any record since the last good signature may be the changed one. */
function unproved(progress: Progress, reason: string): ChainFault {
  return { firstBad: coveredTo(progress) + 1, reason }
}

/** The last record that a signature vouches for. */
const coveredTo = ({ lastCheckpoint, start }: Progress): number =>
  lastCheckpoint?.seq ?? start?.seq ?? 0

function takeCheckpoint(progress: Progress, line: Line, where: string): ChainFault | undefined {
  const checkpoint = readCheckpoint(line)
  const end = progress.walk.end()
  if (checkpoint === undefined || checkpoint.workspaceId !== progress.workspaceId) {
    return unproved(progress, `${where} is not a checkpoint of this workspace.`)
  }
  if (!isGenuine(checkpoint, progress.inForce)) {
    return unproved(progress, `${where}: the checkpoint is not signed with the public key.`)
  }
  if (checkpoint.seq > end.seq) {
    return fault(progress, `${where}: records before the checkpoint are missing.`)
  }
  if (checkpoint.seq < end.seq || end.mac === undefined) {
    return { firstBad: checkpoint.seq, reason: `${where}: the checkpoint is out of place.` }
  }
  if (!equal(checkpoint.hash, end.hash) || !equal(checkpoint.mac, end.mac)) {
    return unproved(progress, `${where}: the records before do not lead to the checkpoint.`)
  }
  progress.lastCheckpoint = checkpoint
  progress.checkpoints += 1
  return undefined
}

function takeEnd(progress: Progress, line: Line, where: string): ChainFault | undefined {
  progress.ended = true
  const { records, checkpoints } = progress
  if (line.records === records && line.checkpoints === checkpoints) return undefined
  return fault(progress, `${where} counts other records and checkpoints than the export holds.`)
}

function checkEnd(progress: Progress): ChainFault | undefined {
  if (!progress.ended) return fault(progress, 'The export is cut off.')
  const { seq } = progress.walk.end()
  let newest = 0
  for (const [known, rows] of progress.known) {
    const isNewer = known > Math.max(seq, newest)
    if (isNewer && rows.some((one) => isGenuine(one, progress.inForce))) newest = known
  }
  if (newest > seq) {
    return fault(progress, `The newest records are missing: a checkpoint elsewhere saw ${newest}.`)
  }
  if (!progress.inForce.equals(progress.publicKey)) {
    return fault(progress, 'The newest records are missing: the header names newer keys.')
  }
  const newer = progress.walk.lacksNewer()
  if (newer !== undefined) return newer
  if (seq > coveredTo(progress)) {
    return unproved(progress, 'No checkpoint covers the newest records.')
  }
  return undefined
}
