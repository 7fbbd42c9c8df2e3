import { Buffer } from 'node:buffer'
import { existsSync, readFileSync } from 'node:fs'
import type { Kms, KmsContext } from './kms.ts'
import { createRootKey, parseRootKey, type RootKey, rootKeyCheck, rootKeyId } from './root-key.ts'
import { RootKeyError } from './root-key-error.ts'
import { createRootKeyFile } from './root-key-file.ts'
import type { RootKeySource, StoredRootKey } from './root-keys.ts'

/** A key that the database is to know of, and the key itself. */
export interface NewRootKey {
  readonly key: RootKey
  readonly stored: StoredRootKey
}

/** A source that can also give keys that nobody had yet. */
export interface OwnRootKeySource extends RootKeySource {
  /**
   * The key of a database that holds nothing yet: the operator's, else one that is made. Made in a file it is durable when this
   * returns; of a KMS, only once `stored` is committed.
   */
  first(): Promise<NewRootKey>
  /**
   * The key that the present one is to be replaced by: the operator's, else one that is made. `stored`: what the database knows,
   * where one of an earlier attempt may be. Throws a RootKeyError where the operator has to give one.
   */
  next(): Promise<NewRootKey>
  /** After a rotation: puts the new key where the old one was, where the vault keeps it itself. Answers what is left to do. */
  settle(current: RootKey): string
}

export interface RootKeySourceNeeds {
  /** For `root-key`, where the operator gives none. */
  readonly dataDir: string
  /** There is a database already: a missing file must not be replaced by a new key that opens nothing. */
  readonly holdsData: boolean
  /** As text. */
  readonly given: string | undefined
  /** Where that stood in a file, its path; the successor is looked for beside it, with `.next` after its name. */
  readonly givenFile: string | undefined
  readonly givenNext: string | undefined
  readonly kms: Kms | undefined
  readonly randomBytes: (count: number) => Uint8Array
}

/**
 * Builds the source of root keys. With a key of the operator's nothing is read from the data directory; with a KMS, a file there is
 * read where there is one, so that an installation can move from the one to the other. Throws a RootKeyError where there is none.
 */
export function createRootKeySource(needs: RootKeySourceNeeds): OwnRootKeySource {
  const { given, kms, randomBytes } = needs
  const file =
    given === undefined ? createRootKeyFile({ ...needs, isOptional: kms !== undefined }) : undefined
  file?.prepare()
  const fresh = (): RootKey => createRootKey(randomBytes(32))

  /** Both may be read anew: their files may have been replaced since. */
  const givenKeys = (): (RootKey | undefined)[] => [
    (needs.givenFile && readKeyFile(needs.givenFile)) || (given && keyOf(given)) || undefined,
    givenNext(needs),
  ]

  async function ofKms(stored: readonly StoredRootKey[]): Promise<RootKey[]> {
    const keys: RootKey[] = []
    for (const { ciphertext, kms: name, id } of stored) {
      if (kms === undefined || ciphertext === null || name !== kms.name) continue
      keys.push(createRootKey(await kms.decrypt(ciphertext, contextOf(id))))
    }
    return keys
  }
  async function makeWithKms(by: Kms): Promise<NewRootKey> {
    const key = fresh()
    const context = contextOf(rootKeyId(key))
    const ciphertext = await by.encrypt(key.key.export(), context)
    // What could not be had back would be lost with everything under it, and nobody would know before the next start.
    const back = createRootKey(await by.decrypt(ciphertext, context))
    if (!isSame(back, key)) {
      throw new RootKeyError(
        `${by.name} does not give back what it has encrypted. Nothing was changed.`,
      )
    }
    return { key, stored: { ...storedFor(key), ciphertext, kms: by.name } }
  }
  const plain = (key: RootKey): NewRootKey => ({ key, stored: storedFor(key) })

  return {
    async load(stored) {
      const own = [...givenKeys(), ...(file?.read() ?? [])].filter((key) => key !== undefined)
      return [...own, ...(await ofKms(stored))]
    },
    async first() {
      const [own] = [...givenKeys().slice(0, 1), ...(file?.read() ?? [])].filter(Boolean)
      if (own !== undefined) return plain(own)
      if (kms !== undefined) return makeWithKms(kms)
      throw new RootKeyError('There is no root key.')
    },
    async next() {
      const next = givenNext(needs)
      if (next !== undefined) return plain(next)
      if (kms !== undefined) return makeWithKms(kms)
      if (file !== undefined) return plain(file.makeNext(fresh))
      throw new RootKeyError(
        `The operator gives the root key, and so gives its successor: ${whereNextGoes(needs)}, for every replica and for this command, and run it again. docs/keys.md says the steps. Nothing was changed.`,
      )
    },
    settle: (current) => settle(current, { needs, file }),
  }
}

function settle(
  current: RootKey,
  {
    needs,
    file,
  }: { needs: RootKeySourceNeeds; file: ReturnType<typeof createRootKeyFile> | undefined },
): string {
  const next = givenNext(needs)
  if (next !== undefined && isSame(next, current)) {
    return `${putInPlace(needs)} Keep the old key for as long as you keep backups from before.`
  }
  const kept = file?.adopt((key) => isSame(key, current))
  return kept === undefined
    ? 'There is nothing left to do.'
    : `The old key is kept in ${kept}: delete it once no backup from before is to be opened any more.`
}

const whereNextGoes = ({ givenFile }: RootKeySourceNeeds): string =>
  givenFile === undefined ? 'set SALLYPORT_ROOT_KEY_NEXT' : `put it into ${givenFile}.next`

/** What is left to do with a successor that the operator gave, by where it was found. */
const putInPlace = ({ givenNext: text, givenFile }: RootKeySourceNeeds): string =>
  text === undefined
    ? `Now put ${givenFile}.next in the place of ${givenFile}, for every replica.`
    : 'Now make what is in SALLYPORT_ROOT_KEY_NEXT the root key of every replica, and take SALLYPORT_ROOT_KEY_NEXT away.'

/** The successor that the operator gave: in the variable, or beside the file of the present key. */
function givenNext({ givenNext: text, givenFile }: RootKeySourceNeeds): RootKey | undefined {
  if (text !== undefined) return keyOf(text)
  const beside = givenFile === undefined ? undefined : `${givenFile}.next`
  return beside !== undefined && existsSync(beside) ? readKeyFile(beside) : undefined
}

const keyOf = (text: string) => createRootKey(parseRootKey(text))
const isSame = (one: RootKey, other: RootKey) => one.key.equals(other.key)

function readKeyFile(path: string): RootKey {
  try {
    return keyOf(readFileSync(path, 'utf8'))
  } catch (cause) {
    throw new RootKeyError(`${path} cannot be read as a root key (32 bytes in base64).`, { cause })
  }
}

/** What the database keeps of a key that the operator has. */
export const storedFor = (key: RootKey): StoredRootKey => ({
  id: rootKeyId(key),
  keyCheck: rootKeyCheck(key),
  ciphertext: null,
  kms: null,
})

/** Binds a ciphertext to the one key that is in it, and so to the one row that it stands in. */
const contextOf = (id: Uint8Array): KmsContext => ({
  'sallyport:purpose': 'root-key',
  'sallyport:root-key-id': Buffer.from(id).toString('hex'),
})
