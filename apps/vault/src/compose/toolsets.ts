import { Worker } from 'node:worker_threads'
import { toolsetTemplates } from '@sallyport/catalog'
import type { Connections } from '../connections/connections.ts'
import { secretsOf } from '../connections/credential-secrets.ts'
import { createToolsetWithConnection } from '../store/toolset-with-connection.ts'
import { createToolsetStore } from '../store/toolsets.ts'
import { createWorkApart } from '../tools/document-thread/work-apart.ts'
import { toolsetExists } from '../tools/toolset-problems.ts'
import { createToolsets } from '../tools/toolsets/toolsets.ts'
import type { ComposeNeeds, Foundation } from './foundation.ts'

/** What a document of the largest size takes, and less than what ends the vault. */
const threadLimits = { maxOldGenerationSizeMb: 1536, maxYoungGenerationSizeMb: 32 }

/** Builds the room of toolsets; connections for them are made as an owner makes any. */
export function composeToolsets(
  { now, documentThread }: ComposeNeeds,
  { database, feed, audit, newId }: Foundation,
  connections: Pick<Connections, 'create'>,
) {
  const insertBoth = createToolsetWithConnection(database)
  return createToolsets({
    ...{ audit, newId, now, secretsOf },
    ...createWorkApart({
      // It has no use for the environment, in which the root key may stand.
      startThread: () =>
        new Worker(documentThread, { env: {}, execArgv: [], resourceLimits: threadLimits }),
    }),
    store: createToolsetStore(database),
    templates: toolsetTemplates,
    async createWithConnection(
      owner,
      { service, label, origins, credential },
      { toolset, ...made },
    ) {
      const wanted = { service, label, origins: [...origins], credential }
      const { connection } = await connections.create(owner, wanted, async (row, tokens) => {
        const whole = { ...made, toolset: { ...toolset, connectionId: row.id } }
        const outcome = await insertBoth([row, tokens], whole)
        if (outcome === 'exists') throw toolsetExists(toolset.name)
        return outcome
      })
      return connection.id
    },
    onChanged({ workspaceId, toolsetIds, policies }) {
      for (const id of toolsetIds) feed.publishLocal({ table: 'toolsets', id, workspaceId })
      for (const policy of policies) feed.publishLocal({ table: 'policies', ...policy })
    },
  })
}
