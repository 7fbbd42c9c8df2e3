import { fullToolName } from '@sallyport/contracts'
import { and, eq, inArray } from 'drizzle-orm'
import { alias } from 'drizzle-orm/pg-core'
import type { FindToolNames } from '../policies/history/judge-attempt.ts'
import { type Database, guardStore } from './database.ts'
import { tools, toolsets } from './tool-tables.ts'

/** Names that are read at once: of fifty toolsets that have as many tools as they can. */
const namesMax = 100_000

const source = alias(tools, 'named_source')
const sourceToolset = alias(toolsets, 'named_source_toolset')

/** Builds the query of what tools are called now, without what they are. */
export const createFindToolNames = ({ db }: Pick<Database, 'db'>): FindToolNames =>
  guardStore({
    async find(...[workspaceId, toolsetIds]: Parameters<FindToolNames>) {
      if (toolsetIds.length === 0) return new Map()
      const rows = await db
        .select({
          ...{ id: tools.id, toolset: toolsets.name, name: tools.name },
          ...{ sourceToolset: sourceToolset.name, source: source.name },
        })
        .from(tools)
        .innerJoin(toolsets, eq(toolsets.id, tools.toolsetId))
        .leftJoin(source, eq(source.id, tools.sourceToolId))
        .leftJoin(sourceToolset, eq(sourceToolset.id, source.toolsetId))
        .where(and(eq(tools.workspaceId, workspaceId), inArray(tools.toolsetId, [...toolsetIds])))
        .limit(namesMax)
      return new Map(
        rows.map((row) => {
          const sourceName =
            row.sourceToolset === null || row.source === null
              ? undefined
              : fullToolName(row.sourceToolset, row.source)
          return [row.id, { name: fullToolName(row.toolset, row.name), sourceName }] as const
        }),
      )
    },
  }).find
