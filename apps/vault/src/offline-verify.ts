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
  /** The text of the root key's file: each record is then proved by itself. Throws RangeError where it is no key. */
  readonly rootKey?: string | undefined
  /** The path of the append-only file of checkpoints. */
  readonly checkpointsPath?: string | undefined
}

/** Verifies the export in a file, in bounded memory. Whatever is wrong with it is in the answer. */
export async function verifyExportFile(
  path: string,
  proofs: OfflineProofs = {},
): Promise<ExportVerification> {
  const { publicKey, rootKey, checkpointsPath } = proofs
  return verifyExport(linesOf(path), {
    ...(publicKey !== undefined && { publicKey }),
    ...(rootKey !== undefined && {
      macKey: createAuditKeys(createRootKey(parseRootKey(rootKey))).macKey,
    }),
    ...(checkpointsPath !== undefined && { checkpoints: linesOf(checkpointsPath) }),
  })
}

const linesOf = (path: string) => boundedLines(createReadStream(path), exportLineCharsMax)
