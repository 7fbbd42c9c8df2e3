import type { getSource, OutputOf, Source, SourceTool } from '@sallyport/contracts'
import { effectiveTool } from '../tools/effective-tool.ts'
import type { ToolRow } from '../tools/toolset-store.ts'
import { viewToolSummary } from '../tools/toolsets/view-tool.ts'
import { placeOf } from '../tools/toolsets/view-toolset.ts'
import { createWhoHas } from '../tools/toolsets/who-has.ts'
import type { SourceRow } from './source-store.ts'
import { getSourceRow, type SourcesNeeds } from './sources-needs.ts'

type WithTools = OutputOf<typeof getSource>['source']

/** A source as owners list it. */
export function viewSource(row: SourceRow): Source {
  const { toolset, connection, lastCheck, checkedAt } = row
  return {
    ...{ id: row.id, name: toolset.name, dialect: row.dialect },
    ...(toolset.title !== null && { title: toolset.title }),
    ...(toolset.description !== null && { description: toolset.description }),
    ...placeParts(row),
    hasPassword: connection.credentialKind === 'basic' && connection.status !== 'revoked',
    ...{ query: row.query, schemaTools: row.schemaTools },
    ...{ rowsMax: row.rowsMax, timeoutSeconds: row.timeoutSeconds, bytesMax: row.bytesMax },
    ...{ connectionId: row.connectionId, connectionStatus: connection.status },
    ...{ toolsetId: row.toolsetId, toolCount: toolset.toolCount, version: toolset.version },
    ...(lastCheck !== null &&
      checkedAt !== null && { check: { ...lastCheck, at: checkedAt.toISOString() } }),
    createdAt: row.createdAt.toISOString(),
    updatedAt: row.updatedAt.toISOString(),
  }
}

function placeParts({ host, port, database, tls, path, login }: SourceRow) {
  return {
    ...(host !== null && { host }),
    ...(port !== null && { port }),
    ...(database !== null && { database }),
    ...(tls !== null && { tls }),
    ...(path !== null && { path }),
    ...(login !== null && { user: login }),
  }
}

/** The same with its tools, by name. Problem `source-not-found`. */
export async function viewSourceWithTools(
  needs: Pick<SourcesNeeds, 'store' | 'toolsets' | 'now'>,
  workspaceId: string,
  id: string,
): Promise<WithTools> {
  const row = await getSourceRow(needs, workspaceId, id)
  const rows = await needs.toolsets.toolsOf(workspaceId, row.toolsetId)
  const granting = await needs.toolsets.grantsOf(workspaceId, [row.toolsetId])
  const whoHas = createWhoHas(granting, needs.now())
  const tools = rows.flatMap((tool) => viewTool(tool, whoHas(placeOf(tool)).length) ?? [])
  return { ...viewSource(row), tools }
}

function viewTool(row: ToolRow, agents: number): SourceTool | undefined {
  const summary = viewToolSummary(row, agents)
  const binding = effectiveTool(row)?.definition.binding
  if (summary === undefined || binding?.kind !== 'sql') return undefined
  const { run, statement, parameters, writes } = binding
  return { ...summary, run, parameters, writes, ...(statement !== undefined && { statement }) }
}
