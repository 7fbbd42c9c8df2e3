import { randomBytes } from 'node:crypto'
import type { Sql } from '../../apps/vault/src/store/database.ts'
import { createIds } from '../../apps/vault/src/store/ids.ts'
import type { VaultKeys } from './vault-keys.ts'

// Agents, connections and policies by the thousand, each a copy of one that the vault made itself: every column is as it would be,
// and each credential is sealed for its own row.

const rowsAtOnce = 1_000

/** The agent, the connection and the policy that the others are copies of. */
export interface Pattern {
  readonly workspaceId: string
  readonly agentId: string
  readonly connectionId: string
}

/** Ids of what was made. */
export interface SeededRows {
  readonly agentIds: readonly string[]
  readonly connectionIds: readonly string[]
}

/**
 * Makes so many agents and connections. Each agent has a policy on `policiesOfEach` of the connections, one after the other; the
 * pattern's own agent has one on each of them.
 */
export async function seedRows(
  { sql, keys }: { readonly sql: Sql; readonly keys: VaultKeys },
  pattern: Pattern,
  counts: {
    readonly agents: number
    readonly connections: number
    readonly policiesOfEach: number
    readonly policiesOfFirst: number
  },
): Promise<SeededRows> {
  const newId = createIds({ now: Date.now, randomBytes })
  const agentIds = Array.from({ length: counts.agents }, () => newId('agent'))
  const connectionIds = Array.from({ length: counts.connections }, () => newId('connection'))
  await copyRows(sql, { table: 'agents', id: pattern.agentId }, agentIds.map(named('agent')))
  await seedConnections({ sql, keys, pattern }, connectionIds)
  const granted = agentIds.flatMap((agentId, at) =>
    Array.from({ length: counts.policiesOfEach }, (_, nth) => ({
      agent_id: agentId,
      connection_id: connectionIds[(at * counts.policiesOfEach + nth) % connectionIds.length],
    })),
  )
  const ofFirst = connectionIds
    .slice(0, counts.policiesOfFirst)
    .map((id) => ({ agent_id: pattern.agentId, connection_id: id }))
  const policies = [...granted, ...ofFirst].map((pair) => ({ id: newId('policy'), ...pair }))
  const [policy] = await sql<{ id: string }[]>`
    select id from policies
    where agent_id = ${pattern.agentId} and connection_id = ${pattern.connectionId}`
  await copyRows(sql, { table: 'policies', id: policy?.id ?? '' }, policies)
  return { agentIds, connectionIds }
}

const named = (what: string) => (id: string, at: number) => ({ id, name: `${what} ${at}` })

async function seedConnections(
  { sql, keys, pattern }: { sql: Sql; keys: VaultKeys; pattern: Pattern },
  ids: readonly string[],
): Promise<void> {
  const { workspaceId, connectionId } = pattern
  const [row] = await sql<{ sealed: Uint8Array; version: number; origins: string[] }[]>`
    select sealed, version, origins from connections where id = ${connectionId}`
  if (row === undefined) throw new Error('there is no connection to copy')
  const { version, origins } = row
  const contextOf = (rowId: string) => ({
    ...{ table: 'connections', column: 'sealed', workspaceId },
    ...{ rowId, rowVersion: version, origins },
  })
  const plaintext = await keys.keyring.open(contextOf(connectionId), row.sealed)
  for (let from = 0; from < ids.length; from += rowsAtOnce) {
    const part = await Promise.all(
      ids.slice(from, from + rowsAtOnce).map(async (id, at) => {
        const sealed = await keys.keyring.seal(contextOf(id), plaintext)
        const hex = Buffer.from(sealed).toString('hex')
        return { id, label: `connection ${from + at}`, sealed: `\\x${hex}` }
      }),
    )
    await copyRows(sql, { table: 'connections', id: connectionId }, part)
  }
}

/** Rows as the pattern's, but for the columns that are given; each a second older than the one before. */
async function copyRows(
  sql: Sql,
  pattern: { readonly table: 'agents' | 'connections' | 'policies'; readonly id: string },
  rows: readonly object[],
): Promise<void> {
  const table = sql(pattern.table)
  for (let from = 0; from < rows.length; from += rowsAtOnce) {
    const part = rows.slice(from, from + rowsAtOnce)
    await sql`
      insert into ${table}
      select made.* from ${table} pattern,
        jsonb_array_elements(${JSON.stringify(part)}::text::jsonb) with ordinality as given(data, nth),
        jsonb_populate_record(pattern, data || jsonb_build_object(
          'created_at', pattern.created_at - (${from}::int + nth) * interval '1 second')) as made
      where pattern.id = ${pattern.id}`
  }
}
