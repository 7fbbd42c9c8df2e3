import { randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { connect, type Sql } from '../../apps/vault/src/store/connect.ts'
import { openDatabase } from '../../apps/vault/src/store/database.ts'
import { reachEmbeddedPostgres } from '../../apps/vault/src/store/embedded/reach-embedded-postgres.ts'
import {
  startVault,
  type TestAgent,
  type TestVault,
  type VaultOptions,
} from '../../test/fixtures/vault.ts'
import { openVaultKeys, type VaultKeys } from './vault-keys.ts'

/** A vault on its embedded database, with the way past it: its database as the owner of the tables, and its keys. */
export interface SeedableVault {
  readonly vault: TestVault
  readonly sql: Sql
  readonly keys: VaultKeys
  readonly workspaceId: string
  readonly ownerId: string
  stop(): Promise<void>
}

const silenceMsMax = 3_600_000
const poolConnectionsMax = 2

/** Starts one that nobody else has a copy of; in a folder that stays, where one is given. */
export async function startSeedableVault(kept?: VaultOptions['kept']): Promise<SeedableVault> {
  const vault = await startVault({ own: true, ...(kept !== undefined && { kept }) })
  const rootKey = readFileSync(join(vault.dataDir, 'root-key'), 'utf8')
  const log = { info: () => {}, warn: () => {} }
  const { ownerUrl } = await reachEmbeddedPostgres({ dataDir: vault.dataDir, log, randomBytes })
  const applicationName = 'sallyport bench'
  const database = openDatabase({ url: ownerUrl, maxConnections: 1, applicationName })
  const keys = await openVaultKeys(database, rootKey)
  const sql = connect({
    ...{ url: ownerUrl, applicationName, silenceMsMax },
    maxConnections: poolConnectionsMax,
    settings: { statement_timeout: 0, synchronous_commit: 'off' },
  })
  const [owner] = await sql<{ id: string; workspaceId: string }[]>`
    select id, workspace_id as "workspaceId" from owners limit 1`
  if (owner === undefined) throw new Error('the vault has no owner')
  return {
    ...{ vault, sql, keys, workspaceId: owner.workspaceId, ownerId: owner.id },
    async stop() {
      await Promise.all([sql.end({ timeout: 1 }), database.close()])
      await vault.stop()
    },
  }
}

/** Somebody who calls: an agent with a connection to an origin, and a policy that allows to read there. */
export interface Caller {
  readonly agent: TestAgent
  readonly connectionId: string
}

/** Makes so many of them. */
export async function addCallers(
  vault: TestVault,
  origin: string,
  count: number,
): Promise<Caller[]> {
  const callers: Caller[] = []
  for (let nth = 0; nth < count; nth += 1) {
    const agent = await vault.createAgentWithKey(`caller ${nth}`)
    const connectionId = await vault.addConnection({ origins: [origin] })
    await vault.addPolicy({ agentId: agent.agentId, connectionId })
    callers.push({ agent, connectionId })
  }
  return callers
}
