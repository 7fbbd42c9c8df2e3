// What binds a database to its root key, read before anything is changed.
import { connect } from './connect.ts'
import { readFailure } from './database.ts'

/** What a database says of its root key, before anything is changed. */
export interface KeyBinding {
  /** Of the current root key; undefined while the database holds no vault. */
  readonly keyCheck: Uint8Array | undefined
  /** The root keys that something is, or may be, wrapped under; none where an older build made the database. */
  readonly rootKeys: readonly {
    readonly id: Uint8Array
    readonly keyCheck: Uint8Array
    readonly ciphertext: Uint8Array | null
    readonly kms: string | null
    readonly isInUse: boolean
  }[]
}

/**
 * Reads what binds the database to its root key. Changes nothing: the session is read-only. Throws `store-unavailable` when the
 * database cannot be reached.
 */
export async function readKeyBinding(url: string): Promise<KeyBinding> {
  const sql = connect({
    url,
    maxConnections: 1,
    applicationName: 'sallyport start',
    silenceMsMax: 10_000,
    settings: { default_transaction_read_only: 'on', statement_timeout: 5_000 },
  })
  try {
    const [found] = await sql<{ installation: boolean; rootKeys: boolean }[]>`
      SELECT to_regclass('installation') IS NOT NULL AS installation,
        to_regclass('root_keys') IS NOT NULL AS "rootKeys"`
    if (found?.installation !== true) return { keyCheck: undefined, rootKeys: [] }
    const [row] = await sql<{ keyCheck: Uint8Array }[]>`
      SELECT key_check AS "keyCheck" FROM installation WHERE id = 1`
    const rootKeys = found.rootKeys
      ? await sql<KeyBinding['rootKeys'][number][]>`
          SELECT id, key_check AS "keyCheck", ciphertext, kms,
            EXISTS (SELECT 1 FROM workspace_keys WHERE substring(wrapped FROM 2 FOR 8) = root_keys.id)
              OR EXISTS (
                SELECT 1 FROM installation_secrets WHERE substring(wrapped FROM 2 FOR 8) = root_keys.id
              ) AS "isInUse"
          FROM root_keys`
      : []
    return { keyCheck: row?.keyCheck, rootKeys }
  } catch (error) {
    throw readFailure(error)
  } finally {
    await sql.end({ timeout: 1 })
  }
}
