import { z } from 'zod'

// What stands before a backup, in the clear: what it is, and which root key opens it.

const magic = 'sallyport-backup-1'
const lineCharsMax = 65_536
const hex = z.string().regex(/^([0-9a-f]{2})+$/)

const BackupHeader = z.strictObject({
  format: z.literal(magic),
  /** RFC 3339. */
  createdAt: z.iso.datetime(),
  /** Of the vault that made it. */
  version: z.string().max(100),
  /** When the newest migration of its tables was written, in ms since the epoch. */
  schemaAt: z.int().min(0),
  /** The root keys that the database knew of; the first one seals this backup. Those of a KMS come as it encrypted them. */
  rootKeys: z
    .array(
      z.strictObject({
        id: hex,
        keyCheck: hex,
        ciphertext: hex.nullable(),
        kms: z.string().max(2_000).nullable(),
      }),
    )
    .min(1)
    .max(100),
  /** Random: no two backups have the same key. */
  salt: hex.length(64),
})
export type BackupHeader = z.infer<typeof BackupHeader>

/** A file is no backup, or not a whole one. The message is a sentence. */
export class BackupError extends Error {
  override readonly name = 'BackupError'
  readonly exitCode = 1
}

/** The header as it stands in the file: one line of JSON. */
export const writeHeader = (header: Omit<BackupHeader, 'format'>): Buffer =>
  Buffer.from(`${JSON.stringify({ format: magic, ...header })}\n`)

/** Reads the first line of a file. `line` is what the seal is bound to. Throws BackupError. */
export function readHeader(start: Uint8Array): { header: BackupHeader; line: Buffer } {
  const end = start.indexOf(0x0a)
  if (end < 0 || end > lineCharsMax) throw notOne()
  const line = Buffer.from(start.subarray(0, end + 1))
  const parsed = BackupHeader.safeParse(parseJson(line.toString('utf8')))
  if (!parsed.success) throw notOne()
  return { header: parsed.data, line }
}

/** How much of a file has to be read to have its header. */
export const headerBytesMax = lineCharsMax + 1

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

const notOne = () => new BackupError('It is not a backup of Sallyport, or of a later version.')
