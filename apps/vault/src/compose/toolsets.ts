import { toolsetTemplates } from '@sallyport/catalog'
import type { Connections } from '../connections/connections.ts'
import { secretsOf } from '../connections/credential-secrets.ts'
import { createToolsetWithConnection } from '../store/toolset-with-connection.ts'
import { createToolsetStore } from '../store/toolsets.ts'
import { toolsetExists } from '../tools/toolset-problems.ts'
import { createToolsets } from '../tools/toolsets/toolsets.ts'
import type { ComposeNeeds, Foundation } from './foundation.ts'
import type { composeWorkApart } from './work-apart.ts'

/** Builds the room of toolsets; connections for them are made as an owner makes any. */
export function composeToolsets(
  { now }: ComposeNeeds,
  { database, feed, audit, newId }: Foundation,
  {
    connections,
    workApart,
  }: {
    readonly connections: Pick<Connections, 'create'>
    readonly workApart: ReturnType<typeof composeWorkApart>
  },
) {
  const insertBoth = createToolsetWithConnection(database)
  return createToolsets({
    ...{ audit, newId, now, secretsOf },
    importDocument: workApart.importDocument,
    exportToolset: workApart.exportToolset,
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
