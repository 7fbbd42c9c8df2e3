import {
  closeSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readFileSync,
  writeSync,
} from 'node:fs'
import { join } from 'node:path'
import { parseRootKey } from './root-key.ts'

const fileName = 'root-key'

/** The root key's file is missing, unreadable or not a key. The message says what to do and never what it holds. */
class RootKeyFileError extends Error {
  override readonly name = 'RootKeyFileError'
  readonly exitCode = 78
}

/**
 * Reads the root key of an embedded installation, or makes it at the first start: 32 random bytes, base64, mode 0600,
 * on disk before it is used. `holdsData`: there is a database already, so a missing key must not be replaced by a new
 * one that opens nothing.
 */
export function readOrMakeRootKey(
  dataDir: string,
  { holdsData, randomBytes }: { holdsData: boolean; randomBytes: (size: number) => Uint8Array },
): Uint8Array {
  const path = join(dataDir, fileName)
  if (existsSync(path)) return read(path)
  if (holdsData) {
    throw new RootKeyFileError(
      `${path} is missing, and without it nothing in this database can be opened. Put the file back, or set SALLYPORT_ROOT_KEY_FILE to where it is.`,
    )
  }
  mkdirSync(dataDir, { recursive: true, mode: 0o700 })
  const key = randomBytes(32)
  write(path, Buffer.from(key).toString('base64'))
  return key
}

function read(path: string): Uint8Array {
  try {
    return parseRootKey(readFileSync(path, 'utf8').trim())
  } catch (cause) {
    throw new RootKeyFileError(
      `${path} cannot be read as a root key (32 bytes in base64). Put the right file back; nothing was changed.`,
      { cause },
    )
  }
}

function write(path: string, text: string): void {
  const file = openSync(path, 'wx', 0o600)
  try {
    writeSync(file, `${text}\n`)
    fsyncSync(file)
  } finally {
    closeSync(file)
  }
}
