import { createReadStream } from 'node:fs'
import { boundedLines } from './audit/bounded-lines.ts'
import {
  type ExportVerification,
  exportLineCharsMax,
  type VerifyExportOptions,
  verifyExport,
} from './audit/verify-export.ts'
import { createAuditKeys } from './credentials/audit-keys.ts'
import { createRootKey, parseRootKey } from './credentials/root-key.ts'

// The entry point of whoever verifies an exported audit log without a vault: files in, a verdict out.

/** What proves more than the export alone can. */
export interface OfflineProofs {
  /** The vault's Ed25519 key from a source that is trusted. */
  readonly publicKey?: VerifyExportOptions['publicKey']
  /**
   * What `sallyport keys audit-key` printed: each record is then proved by itself. Throws RangeError where it is no key.
   */
  readonly auditKey?: string | undefined
  /**
   * The text of the root key's file, for installations whose audit keys were derived from it: those that are older than
   * secrets of their own. Throws RangeError where it is no key.
   */
  readonly rootKey?: string | undefined
  /** The path of the append-only file of checkpoints. */
  readonly checkpointsPath?: string | undefined
}

/** Verifies the export in a file, in bounded memory. Whatever is wrong with it is in the answer. */
export async function verifyExportFile(
  path: string,
  proofs: OfflineProofs = {},
): Promise<ExportVerification> {
  const { publicKey, rootKey, auditKey, checkpointsPath } = proofs
  const derived =
    rootKey === undefined ? undefined : createAuditKeys(createRootKey(parseRootKey(rootKey)))
  const signer = derived && (await readSigner(path))
  if (signer !== undefined && signer !== derived?.publicKeyJwk.x) return otherKey
  const macKeys = auditKey === undefined ? derived && onlyFirst(derived) : readAuditKeys(auditKey)
  return verifyExport(linesOf(path), {
    ...(publicKey !== undefined && { publicKey }),
    ...(macKeys !== undefined && { macKeys }),
    ...(checkpointsPath !== undefined && { checkpoints: linesOf(checkpointsPath) }),
  })
}

/** Every record would look like a forged one. */
const otherKey: ExportVerification = {
  ok: false,
  checked: 0,
  firstBad: 1,
  reason:
    'The log’s keys were not derived from this root key. Ask the vault’s operator for what `sallyport keys audit-key` prints.',
}

type MacKeys = NonNullable<VerifyExportOptions['macKeys']>

/** The root key is no source of any later version. */
const onlyFirst =
  ({ macKey }: ReturnType<typeof createAuditKeys>): MacKeys =>
  (workspaceId) =>
    new Map([[1, macKey(workspaceId)]])

/** One key a line, behind its version where there are several. */
function readAuditKeys(text: string): MacKeys {
  const keys = text
    .trim()
    .split('\n')
    .map((line) => {
      const [, version = '1', key = ''] = /^(?:(\d{1,9}) )?(\S+)$/.exec(line.trim()) ?? []
      return [Number(version), createRootKey(parseRootKey(key)).key] as const
    })
  return () => new Map(keys)
}

/** The key that the export names in its first line; what is wrong with that line is said by the verifier. */
async function readSigner(path: string): Promise<string | undefined> {
  for await (const line of linesOf(path)) {
    try {
      const { publicKey }: { publicKey?: { x?: string } } = JSON.parse(line)
      return publicKey?.x
    } catch {
      return undefined
    }
  }
  return undefined
}

const linesOf = (path: string) => boundedLines(createReadStream(path), exportLineCharsMax)
