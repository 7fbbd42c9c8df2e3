import { toolsetTemplates } from '@sallyport/catalog'
import type { Connections } from '../connections/connections.ts'
import { secretsOf } from '../connections/credential-secrets.ts'
import { createToolsetStore } from '../store/toolsets.ts'
import { createToolsets } from '../tools/toolsets.ts'
import { exporters, importDocument } from './document-formats.ts'
import type { ComposeNeeds, Foundation } from './foundation.ts'

/** Builds the room of toolsets; connections for them are made as an owner makes any. */
export function composeToolsets(
  { now }: ComposeNeeds,
  { database, feed, audit, newId }: Foundation,
  connections: Pick<Connections, 'create' | 'revokeByOwner'>,
) {
  return createToolsets({
    ...{ audit, newId, now, importDocument, secretsOf, exporters },
    store: createToolsetStore(database),
    templates: toolsetTemplates,
    async createConnection(owner, { service, label, origins, credential }) {
      const wanted = { service, label, origins: [...origins], credential }
      return (await connections.create(owner, wanted)).connection.id
    },
    revokeConnection: (owner, connectionId) => connections.revokeByOwner(owner, { connectionId }),
    onChanged({ workspaceId, toolsetIds, policies }) {
      for (const id of toolsetIds) feed.publishLocal({ table: 'toolsets', id, workspaceId })
      for (const policy of policies) feed.publishLocal({ table: 'policies', ...policy })
    },
  })
}
