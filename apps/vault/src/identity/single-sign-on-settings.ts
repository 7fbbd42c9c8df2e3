import { ClientSecret, SingleSignOn } from '@sallyport/contracts'
import type { SealedFor, Sealer } from './prove-person.ts'

/** All that single sign-on is set to: what is sealed is all that counts. */
const StoredSettings = SingleSignOn.omit({
  secretHint: true,
  createdAt: true,
  updatedAt: true,
}).extend({ clientSecret: ClientSecret.optional() })

/** How people sign in at the organisation's provider, with the client's secret. */
export type SingleSignOnSettings = ReturnType<(typeof StoredSettings)['parse']>

/** The settings of a workspace, as stored. */
export interface SingleSignOnRow {
  readonly workspaceId: string
  readonly sealed: Uint8Array
  readonly version: number
  readonly createdAt: Date
  readonly updatedAt: Date
}

/** The settings, opened. */
export interface OpenedSettings extends Omit<SingleSignOnRow, 'sealed'> {
  readonly settings: SingleSignOnSettings
}

export interface SettingsStore {
  /** Those of a workspace; without one, those of the vault, whose sign-in page names no workspace. */
  find(workspaceId?: string): Promise<SingleSignOnRow | undefined>
}

export type StoredSettings = ReturnType<typeof createStoredSettings>

/** Seals and opens the settings of single sign-on. They are read anew each time: a change holds at once on every replica. */
export function createStoredSettings(needs: {
  readonly store: SettingsStore
  readonly keyring: Sealer
}) {
  const { store, keyring } = needs
  const contextOf = ({ workspaceId, version }: Pick<SingleSignOnRow, 'workspaceId' | 'version'>) =>
    ({
      table: 'single_sign_on',
      column: 'sealed',
      workspaceId,
      rowId: workspaceId,
      rowVersion: version,
    }) satisfies SealedFor

  async function open({ sealed, ...row }: SingleSignOnRow): Promise<OpenedSettings> {
    const text = new TextDecoder().decode(await keyring.open(contextOf(row), sealed))
    return { ...row, settings: StoredSettings.parse(JSON.parse(text)) }
  }
  return {
    find: store.find,
    /** Problem: `credential-unreadable`. */
    open,
    /** Undefined where single sign-on is not set up. Problem: `credential-unreadable`. */
    async read(workspaceId?: string): Promise<OpenedSettings | undefined> {
      const row = await store.find(workspaceId)
      return row && open(row)
    },
    seal: (
      settings: SingleSignOnSettings,
      row: Pick<SingleSignOnRow, 'workspaceId' | 'version'>,
    ): Promise<Uint8Array> =>
      keyring.seal(contextOf(row), new TextEncoder().encode(JSON.stringify(settings))),
  }
}
