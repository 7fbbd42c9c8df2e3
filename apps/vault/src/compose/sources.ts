import { Worker } from 'node:worker_threads'
import type { CredentialOpener } from '../connections/credential-opener.ts'
import { createSourceConnections } from '../connections/source-connection.ts'
import type { ConnectionSnapshot } from '../execute/resolve-call.ts'
import { createQueryCheck } from '../sources/check-call.ts'
import { createSqlEngine } from '../sources/engine/create-sql-engine.ts'
import type { SqlEngine } from '../sources/engine/sql-engine.ts'
import { createCheckApart } from '../sources/gate/check-apart.ts'
import { createSqlGate } from '../sources/gate/create-sql-gate.ts'
import type { SqlGate } from '../sources/gate/sql-gate.ts'
import { createSourceSend } from '../sources/send-call.ts'
import { sourceRevoked } from '../sources/source-problems.ts'
import type { MayDial } from '../sources/source-target.ts'
import { createSources, type Sources } from '../sources/sources.ts'
import { createSourceStore } from '../store/sources.ts'
import { createToolsetStore } from '../store/toolsets.ts'
import type { SourcesOfCalls } from './calls.ts'
import type { ComposeNeeds, Foundation } from './foundation.ts'
import type { composeWorkApart } from './work-apart.ts'

/** What the databases of sources are reached with. */
export interface SqlAccess {
  readonly engine: SqlEngine
  readonly gate: SqlGate
  readonly mayDial: MayDial
}

/** A query of 8000 characters takes a fraction of it. */
const parserLimits = { maxOldGenerationSizeMb: 192, maxYoungGenerationSizeMb: 16 }

/** Builds what reaches databases: the engine on the sockets of egress, and the gate before it. */
export function composeSqlAccess(
  { config, now, sqliteProcess, sqlParserThread }: ComposeNeeds,
  { egress }: Pick<Foundation, 'egress'>,
): SqlAccess {
  const gate = createSqlGate({
    checkTree: createCheckApart({
      startThread: () =>
        new Worker(sqlParserThread, { env: {}, execArgv: [], resourceLimits: parserLimits }),
    }),
  })
  const sqlite = { dirs: config.sqliteDirs, entry: sqliteProcess }
  const engine = createSqlEngine({ sockets: egress.databases, gate, sqlite, now })
  return { engine, gate, mayDial: egress.databases.mayDial }
}

/** Builds what the request path needs of SQL sources: what looks at queries, and what sends calls. */
export function composeSourceCalls(
  { database, opener }: Pick<Foundation, 'database'> & { readonly opener: CredentialOpener },
  { engine, gate }: Pick<SqlAccess, 'engine' | 'gate'>,
  findConnection: (id: string) => Promise<ConnectionSnapshot | undefined>,
): SourcesOfCalls {
  const { findForCall } = createSourceStore(database)
  return {
    checkQuery: createQueryCheck({ findForCall, gate }),
    send: createSourceSend({
      ...{ findForCall, engine },
      async sealedOrigins(connectionId) {
        const connection = await findConnection(connectionId)
        if (connection === undefined) throw sourceRevoked()
        // Opening proves that the row says what was sealed.
        await opener.open(connection)
        return connection.origins
      },
    }),
  }
}

/** Builds the room of SQL sources. */
export function composeSources(
  { now }: ComposeNeeds,
  { database, feed, audit, newId, keyring, running }: Foundation,
  { workApart, ...access }: SqlAccess & { readonly workApart: ReturnType<typeof composeWorkApart> },
): Sources {
  return createSources({
    ...{ ...access, audit, newId, now },
    readSources: workApart.readSqlDocument,
    store: createSourceStore(database),
    toolsets: createToolsetStore(database),
    connections: createSourceConnections({ keyring }),
    endCalls: running.end,
    onChanged({ source, policies, dependents }) {
      const { id, workspaceId, connectionId, toolsetId } = source
      feed.publishLocal({ table: 'sql_sources', id, workspaceId })
      feed.publishLocal({ table: 'connections', id: connectionId, workspaceId })
      for (const toolset of [toolsetId, ...dependents]) {
        feed.publishLocal({ table: 'toolsets', id: toolset, workspaceId })
      }
      for (const policy of policies) feed.publishLocal({ table: 'policies', ...policy })
    },
  })
}
