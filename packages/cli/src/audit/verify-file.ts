import { createPublicKey, type KeyObject } from 'node:crypto'
import { readFileSync, statSync } from 'node:fs'
import { verifyExportFile } from '@sallyport/vault/offline-verify'

// Verifies an exported audit log for whoever asks at a terminal: the `sallyport` command, and the verifier that is one file. It
// imports nothing but Node and the verification itself, so that the file stays small enough to be read.

/** The options of `audit verify`: paths of files. */
export interface VerifyFileOptions {
  readonly publicKey?: string | undefined
  readonly auditKeyFile?: string | undefined
  readonly rootKeyFile?: string | undefined
  readonly checkpoints?: string | undefined
}

/** What was asked for cannot be done: one sentence. Nothing was verified. */
export class UnusableFileError extends Error {
  override readonly name = 'UnusableFileError'
  readonly exitCode = 1
}

/** What a verification says, whoever made it. */
export interface Verdict {
  readonly ok: boolean
  readonly checked: number
  /** Of an export, as it says by itself. */
  readonly workspaceId?: string | undefined
  readonly firstBad?: number | undefined
  readonly reason?: string | undefined
  readonly start?: { readonly seq: number; readonly at: string } | undefined
}

/** What is said when a log does not verify. */
export const notVerified = 'The audit log does not verify.'

/** Verifies the export in a file. @throws UnusableFileError for files that are not there or hold no key */
export async function verifyFile(file: string, options: VerifyFileOptions): Promise<Verdict> {
  const { publicKey, auditKeyFile, rootKeyFile, checkpoints } = options
  for (const path of [file, publicKey, auditKeyFile, rootKeyFile, checkpoints]) {
    if (path === undefined || statSync(path, { throwIfNoEntry: false })?.isFile()) continue
    throw new UnusableFileError(`There is no file ${path}.`)
  }
  try {
    return await verifyExportFile(file, {
      ...(publicKey !== undefined && { publicKey: readPublicKey(publicKey) }),
      ...(auditKeyFile !== undefined && { auditKey: readFileSync(auditKeyFile, 'utf8') }),
      ...(rootKeyFile !== undefined && { rootKey: readFileSync(rootKeyFile, 'utf8') }),
      ...(checkpoints !== undefined && { checkpointsPath: checkpoints }),
    })
  } catch (thrown) {
    if (!(thrown instanceof RangeError)) throw thrown
    const named = [auditKeyFile, rootKeyFile].filter((path) => path !== undefined).join(' or ')
    throw new UnusableFileError(`${named} does not hold a key: 32 bytes in base64.`)
  }
}

/** A verdict in a sentence or two. */
export function describeVerdict(verdict: Verdict): string {
  const { ok, checked, firstBad, reason, start } = verdict
  if (!ok) return `Record ${firstBad ?? '?'} is not as it was written. ${reason ?? ''}`
  const verified = `Verified: ${checked} records, none changed, added or removed.`
  if (start === undefined) return verified
  return `${verified}\nVerified from record ${start.seq + 1} on; earlier entries were removed by retention, the last time on ${start.at.slice(0, 10)}.`
}

/** Whose log it is: a sound one of another workspace proves nothing of this one. */
export const describeWhose = ({ ok, workspaceId }: Verdict): string =>
  ok && workspaceId !== undefined ? `\nIt is the log of ${asciiOf(workspaceId)}.` : ''

/** What a file says of itself steers no terminal. */
const asciiOf = (text: string) => text.replace(/[^\x21-\x7e]/g, '?')

/** JSON in which nothing steers a terminal that it is shown on. */
export const asciiJson = (value: unknown): string =>
  JSON.stringify(value, null, 2).replace(
    /[^\n\x20-\x7e]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )

/** What has to be added where the file's own key was taken on trust. */
export const describeTrust = (options: VerifyFileOptions): string =>
  [options.publicKey, options.auditKeyFile, options.rootKeyFile].every((key) => key === undefined)
    ? '\nThe key was taken from the file itself. --public-key proves that it is your vault’s.'
    : ''

function readPublicKey(file: string): KeyObject {
  const text = readFileSync(file, 'utf8')
  try {
    return text.trimStart().startsWith('{')
      ? createPublicKey({ key: JSON.parse(text), format: 'jwk' })
      : createPublicKey(text)
  } catch {
    throw new UnusableFileError(`${file} is not an Ed25519 public key (JWK or PEM).`)
  }
}
