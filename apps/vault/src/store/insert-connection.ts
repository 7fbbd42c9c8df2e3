import { getTableColumns } from 'drizzle-orm'
import type { ConnectionRecord } from '../connections/connection-store.ts'
import type { NewTokenRow } from '../connections/tokens/token-store.ts'
import type { Transaction } from './database.ts'
import { lockOAuthApp } from './oauth-apps.ts'
import { connectionTokens } from './oauth-tables.ts'
import { connections } from './tables.ts'

type NewRow = typeof connections.$inferInsert

const { sealed: _sealed, ...withoutCredential } = getTableColumns(connections)

/** What a connection is answered with: everything but its credential. */
export const connectionColumns = withoutCredential

/** Undefined where a singleton service has a connection already that is not revoked. */
export async function insertRow(executor: Pick<Transaction, 'insert'>, row: NewRow) {
  const [stored] = await executor
    .insert(connections)
    .values(row)
    .onConflictDoNothing()
    .returning(connectionColumns)
  return stored
}

/**
 * Writes a connection with its first tokens, if there are any. Undefined and `no-app` as of `insert`: whoever opened the
 * transaction takes back what it wrote then.
 */
export async function insertConnection(
  tx: Transaction,
  row: NewRow,
  tokens?: NewTokenRow,
): Promise<ConnectionRecord | 'no-app' | undefined> {
  if (!(await hasApp(tx, row.workspaceId, row))) return 'no-app'
  const stored = await insertRow(tx, row)
  if (stored !== undefined && tokens !== undefined) await tx.insert(connectionTokens).values(tokens)
  return stored
}

/** Holds the OAuth client that a connection begins to use, so that nobody deletes it meanwhile. */
export const hasApp = async (
  tx: Transaction,
  workspaceId: string,
  { oauthAppId }: { readonly oauthAppId?: string | null | undefined },
) =>
  oauthAppId === undefined ||
  oauthAppId === null ||
  lockOAuthApp(tx, { workspaceId, id: oauthAppId })
