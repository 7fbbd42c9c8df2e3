import type { WrappedSecret } from './installation-secrets.ts'
import { isRootKeyOf } from './root-key.ts'
import type { RootKeyShelf, RootKeySource } from './root-keys.ts'

/** Which keys there are, and how much hangs on each. */
export interface KeyStatus {
  readonly rootKeys: readonly {
    readonly id: string
    readonly isCurrent: boolean
    /** This command, with the environment that it has, could read it. */
    readonly isKnown: boolean
    readonly kms: string | null
    readonly workspaceKeys: number
    readonly secrets: number
  }[]
  readonly workspaces: readonly {
    readonly id: string
    readonly name: string
    /** By version: how many values are sealed under it. */
    readonly keys: readonly { readonly version: number; readonly rows: number }[]
  }[]
  /** The secrets of the installation: the version in use, and older ones that are kept. */
  readonly secrets: readonly {
    readonly purpose: string
    readonly version: number
    readonly older: readonly number[]
  }[]
  readonly vaults: readonly { readonly id: string; readonly rootKeyIds: readonly string[] }[]
}

/** What the status is read from. */
interface KeyStatusStore extends RootKeyShelf {
  /** How many rows name each root key, by its id in hexadecimal. */
  usage(): Promise<ReadonlyMap<string, { workspaceKeys: number; secrets: number }>>
  listSecrets(): Promise<readonly WrappedSecret[]>
  listVaults(): Promise<KeyStatus['vaults']>
  listWorkspaces(): Promise<
    readonly { readonly id: string; readonly name: string; readonly versions: readonly number[] }[]
  >
  /** How many values of a workspace are sealed under each version of its key. */
  sealedUnder(workspaceId: string): Promise<ReadonlyMap<number, number>>
}

/** Reads which keys there are. Throws a RootKeyError where the source can not say which it has. */
export async function readKeyStatus(
  store: KeyStatusStore,
  source: RootKeySource,
): Promise<KeyStatus> {
  const [rows, current, used, vaults, workspaces, secrets] = await Promise.all([
    store.list(),
    store.findCurrentCheck(),
    store.usage(),
    store.listVaults(),
    store.listWorkspaces(),
    store.listSecrets(),
  ])
  const keys = await source.load(rows)
  return {
    rootKeys: rows.map(({ id, keyCheck, kms }) => {
      const named = Buffer.from(id).toString('hex')
      return {
        id: named,
        isCurrent: current !== undefined && Buffer.compare(current, keyCheck) === 0,
        isKnown: keys.some((key) => isRootKeyOf(key, keyCheck)),
        kms,
        ...(used.get(named) ?? { workspaceKeys: 0, secrets: 0 }),
      }
    }),
    workspaces: await Promise.all(
      workspaces.map(async ({ id, name, versions }) => {
        const rowsOf = await store.sealedUnder(id)
        return {
          id,
          name,
          keys: versions.map((version) => ({ version, rows: rowsOf.get(version) ?? 0 })),
        }
      }),
    ),
    secrets: inVersions(secrets),
    vaults,
  }
}

function inVersions(rows: readonly WrappedSecret[]): KeyStatus['secrets'] {
  const purposes = [...new Set(rows.map(({ purpose }) => purpose))].sort()
  return purposes.map((purpose) => {
    const all = rows.filter((row) => row.purpose === purpose).map(({ version }) => version)
    const [version = 0, ...older] = all.sort((a, b) => b - a)
    return { purpose, version, older }
  })
}
