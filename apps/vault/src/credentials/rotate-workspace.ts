import { encodeVersion, type SealContext } from './associated-data.ts'
import type { Keyring, WrappedWorkspaceKey } from './keyring.ts'

/** A column that holds sealed values. */
interface Column {
  readonly table: string
  readonly column: string
}

interface SealedRow {
  readonly rowId: string
  readonly rowVersion: number
  readonly origins: readonly string[] | null
  readonly sealed: Uint8Array
}

/** What the rotation asks of the store. */
export interface ResealingStore<At extends Column> {
  readonly columns: readonly At[]
  /** Rows that are not under the key with this id, after the row that was read last, some at a time. */
  list(
    at: At,
    of: { readonly workspaceId: string; readonly keyId: Uint8Array; readonly after: string },
  ): Promise<readonly SealedRow[]>
  /** Replaces those that are still what was read; answers how many. */
  replace(
    at: At,
    workspaceId: string,
    rows: readonly {
      readonly rowId: string
      readonly was: Uint8Array
      readonly now: Uint8Array
    }[],
  ): Promise<number>
  /** Removes keys that seal nothing; answers the versions that are left. */
  removeUnused(workspaceId: string): Promise<readonly number[]>
  listKeys(workspaceId: string): Promise<readonly WrappedWorkspaceKey[]>
  insertKey(row: WrappedWorkspaceKey & { readonly workspaceId: string }): Promise<void>
}

/** What became of it. */
export interface WorkspaceRotation {
  readonly workspaceId: string
  /** Of the key that is in use now. */
  readonly version: number
  readonly resealed: number
  /** Versions of keys that something is still sealed under. */
  readonly left: readonly number[]
  /** What does not open, by table, column and row. It was damaged before, and stays as it is. */
  readonly unreadable: readonly string[]
}

interface Needs<At extends Column> {
  readonly store: ResealingStore<At>
  readonly keyring: Keyring
  readonly sleep: (ms: number) => Promise<unknown>
  /** Writes down that the key is replaced: before anything is sealed anew, so that a run that is killed has said so. */
  readonly record: (versions: { readonly from: number; readonly to: number }) => Promise<void>
  /** Told how many values are sealed anew so far. */
  readonly onProgress: (resealed: number) => void
}

/**
 * How long after a new key came an old one is removed at the earliest: running vaults hear of the new one at once, and what they
 * sealed before they heard is written by then. A vault that is slower than that has its write refused by the database.
 */
const oldKeyStaysMs = 3_000
/** Each pass meets only what somebody wrote under the old key since the pass before. */
const passesMax = 20

/**
 * Replaces the key of a workspace while vaults run: makes a new version, seals everything anew that is sealed under an older one,
 * each value in the place of exactly what was read, and removes the old versions that nothing is sealed under any more. It can end
 * at any moment: the next run goes on.
 */
export async function rotateWorkspace<At extends Column>(
  needs: Needs<At>,
  workspaceId: string,
): Promise<WorkspaceRotation> {
  const { store, keyring, sleep } = needs
  const version = await newestVersion(needs, workspaceId)
  if (version === undefined)
    return { workspaceId, version: 0, resealed: 0, left: [], unreadable: [] }
  const madeMs = performance.now()
  await needs.record({ from: version - 1, to: version })
  keyring.refresh(workspaceId)
  const unreadable = new Set<string>()
  let resealed = 0
  const count = (rows: number) => {
    resealed += rows
    needs.onProgress(resealed)
  }
  for (let pass = 1; ; pass++) {
    let met = 0
    for (const at of store.columns) {
      met += await resealColumn(needs, at, { workspaceId, version, unreadable, count })
    }
    if (met > 0 && pass < passesMax) continue
    await sleep(Math.max(0, madeMs + oldKeyStaysMs - performance.now()))
    const left = (await store.removeUnused(workspaceId)).filter((one) => one !== version)
    if (left.length === 0 || unreadable.size > 0 || pass >= passesMax) {
      return { workspaceId, version, resealed, left, unreadable: [...unreadable] }
    }
  }
}

/** The version that a run before made, where old ones are still there, else a new one; undefined for a workspace without keys. */
async function newestVersion<At extends Column>(
  { store, keyring }: Needs<At>,
  workspaceId: string,
): Promise<number | undefined> {
  const versions = (await store.listKeys(workspaceId)).map((key) => key.version)
  if (versions.length === 0) return undefined
  const newest = Math.max(...versions)
  if (versions.length > 1) return newest
  await store.insertKey({ workspaceId, ...(await keyring.wrapNext(workspaceId, newest + 1)) })
  return newest + 1
}

interface Pass {
  readonly workspaceId: string
  readonly version: number
  readonly unreadable: Set<string>
  readonly count: (rows: number) => void
}

/** Goes through a column once; answers how many values it met that are sealed under an older key and do open. */
async function resealColumn<At extends Column>(
  { store, keyring }: Needs<At>,
  at: At,
  { workspaceId, version, unreadable, count }: Pass,
): Promise<number> {
  const keyId = encodeVersion(version)
  let met = 0
  for (let after = ''; ; ) {
    const rows = await store.list(at, { workspaceId, keyId, after })
    const last = rows.at(-1)
    if (last === undefined) return met
    after = last.rowId
    const anew: { rowId: string; was: Uint8Array; now: Uint8Array }[] = []
    for (const row of rows) {
      const context = contextOf(at, workspaceId, row)
      const plaintext = await keyring.open(context, row.sealed).catch(() => undefined)
      if (plaintext === undefined) {
        unreadable.add(`${at.table}.${at.column} of ${row.rowId}`)
        continue
      }
      anew.push({ rowId: row.rowId, was: row.sealed, now: await keyring.seal(context, plaintext) })
      plaintext.fill(0)
    }
    met += anew.length
    count(await store.replace(at, workspaceId, anew))
  }
}

const contextOf = (at: Column, workspaceId: string, row: SealedRow): SealContext => ({
  ...{ table: at.table, column: at.column, workspaceId },
  ...{ rowId: row.rowId, rowVersion: row.rowVersion },
  ...(row.origins !== null && { origins: row.origins }),
})
