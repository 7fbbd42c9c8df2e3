import { isRootKeyOf, type RootKey } from './root-key.ts'

/** What a database says of the root keys that it needs. */
interface Binding {
  /** Of the current one; undefined while the database holds no vault. */
  readonly keyCheck: Uint8Array | undefined
  readonly rootKeys: readonly {
    readonly id: Uint8Array
    readonly keyCheck: Uint8Array
    readonly kms: string | null
    readonly isInUse: boolean
  }[]
}

/** Whether the root keys that are here open a database. */
export type Standing =
  | { readonly is: 'unbound' | 'whole' }
  /** The current one is not here. `kms`: who has encrypted it. */
  | { readonly is: 'other'; readonly kms: string | null }
  /** A rotation has not ended, and the other key, by its id, is not here. */
  | { readonly is: 'unfinished'; readonly missingId: Uint8Array }

/** Compares the keys that are here with what a database says. */
export function standingOf(known: readonly RootKey[], { keyCheck, rootKeys }: Binding): Standing {
  const isHere = (check: Uint8Array) => known.some((key) => isRootKeyOf(key, check))
  if (keyCheck === undefined) return { is: 'unbound' }
  if (!isHere(keyCheck)) {
    const current = rootKeys.find((row) => Buffer.compare(row.keyCheck, keyCheck) === 0)
    return { is: 'other', kms: current?.kms ?? null }
  }
  const missing = rootKeys.find((row) => row.isInUse && !isHere(row.keyCheck))
  return missing === undefined ? { is: 'whole' } : { is: 'unfinished', missingId: missing.id }
}
