import {
  closeSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  writeFileSync,
  writeSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import { createRootKey, keyBytes, parseRootKey, type RootKey, rootKeyId } from './root-key.ts'
import { RootKeyError } from './root-key-error.ts'

const fileName = 'root-key'
const nextName = `${fileName}.next`

export interface RootKeyFileNeeds {
  readonly dataDir: string
  /** There is a database already, so a missing key must not be replaced by a new one that opens nothing. */
  readonly holdsData: boolean
  /** The root key may be elsewhere: then none is made, and none is missed. */
  readonly isOptional: boolean
  readonly randomBytes: (size: number) => Uint8Array
}

/** The root key of an embedded installation: base64 in a file of mode 0600 in the data directory. */
export function createRootKeyFile({
  dataDir,
  holdsData,
  isOptional,
  randomBytes,
}: RootKeyFileNeeds) {
  const path = join(dataDir, fileName)
  const nextPath = join(dataDir, nextName)
  const readAll = () => [path, nextPath].filter((one) => existsSync(one)).map(read)
  return {
    /** Makes the key at the first start: on disk before it is used. Throws RootKeyError where one is missing that there was. */
    prepare(): void {
      if (isOptional || existsSync(path)) return
      if (holdsData) {
        throw new RootKeyError(
          `${path} is missing, and without it nothing in this database can be opened. Put the file back, or set SALLYPORT_ROOT_KEY_FILE to where it is.`,
        )
      }
      const made = mkdirSync(dataDir, { recursive: true, mode: 0o700 })
      // It comes before the database, which keeps a directory that it makes out of version control in the same way.
      if (made !== undefined) writeFileSync(join(dataDir, '.gitignore'), '*\n')
      write(path, createRootKey(randomBytes(keyBytes)))
    },
    /** The key, and its successor where there is one. Throws RootKeyError. */
    read: readAll,
    /** The successor: that of an attempt before, else a new one, on disk before it is used. */
    makeNext(make: () => RootKey): RootKey {
      if (!existsSync(nextPath)) write(nextPath, make())
      return read(nextPath)
    },
    /**
     * Puts the successor in the place of the key where the successor is the current one, and answers where the old key is kept. At
     * every moment the files hold both.
     */
    adopt(isCurrent: (key: RootKey) => boolean): string | undefined {
      if (!existsSync(nextPath) || !isCurrent(read(nextPath))) {
        // The present key is elsewhere: with a KMS, or given by the operator.
        return existsSync(path) && !isCurrent(read(path)) ? path : undefined
      }
      const old = existsSync(path) ? read(path) : undefined
      const keptPath =
        old && join(dataDir, `${fileName}.${Buffer.from(rootKeyId(old)).toString('hex')}.old`)
      if (old !== undefined && keptPath !== undefined && !existsSync(keptPath)) write(keptPath, old)
      renameSync(nextPath, path)
      sync(dataDir)
      return keptPath
    },
  }
}

function read(path: string): RootKey {
  try {
    return createRootKey(parseRootKey(readFileSync(path, 'utf8').trim()))
  } catch (cause) {
    throw new RootKeyError(
      `${path} cannot be read as a root key (32 bytes in base64). Put the right file back; nothing was changed.`,
      { cause },
    )
  }
}

/** Under another name first, so that a crash leaves no half of a key. */
function write(path: string, key: RootKey): void {
  const bytes = key.key.export()
  const draft = `${path}.${process.pid}`
  const file = openSync(draft, 'w', 0o600)
  try {
    writeSync(file, `${bytes.toString('base64')}\n`)
    fsyncSync(file)
  } finally {
    closeSync(file)
    bytes.fill(0)
  }
  renameSync(draft, path)
  sync(dirname(path))
}

function sync(directory: string): void {
  const opened = openSync(directory, 'r')
  fsyncSync(opened)
  closeSync(opened)
}
