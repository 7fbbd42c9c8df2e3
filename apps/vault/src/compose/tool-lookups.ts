import { fullToolName } from '@sallyport/contracts'
import type { ToolSnapshot } from '../execute/callable-tool.ts'
import { type CacheOptions, createCache } from '../store/cache.ts'
import type { ToolSnapshotStore } from '../store/tool-snapshots.ts'
import { effectiveTool } from '../tools/effective-tool.ts'
import { createToolCompiler } from '../tools/request/compile-tool.ts'
import type { ToolRow } from '../tools/toolset-store.ts'

/** Tools that are kept ready to be called, on one replica. */
const toolsMax = 5_000

/** Stands for the id where there is no tool of a name. */
const none = ''

/** Tools as the request path reads them. Any change of any toolset forgets all of them: a tool may be another toolset's. */
export function createToolLookups({
  store,
  cache,
}: {
  readonly store: ToolSnapshotStore
  readonly cache: Pick<CacheOptions<ToolSnapshot>, 'isLive' | 'ttlMs' | 'now'>
}) {
  const compile = createToolCompiler()
  const byId = createCache<ToolSnapshot>({
    ...cache,
    entriesMax: toolsMax,
    load: async (key) => {
      const [workspaceId = '', id = ''] = key.split(' ')
      return snapshotOf(await store.findById(workspaceId, id), compile)
    },
  })
  const idsByName = createCache<string>({
    ...cache,
    entriesMax: toolsMax,
    load: async (key) => {
      const [workspaceId = '', name = ''] = key.split(' ')
      const dot = name.indexOf('.')
      const found = await store.findByName(workspaceId, name.slice(0, dot), name.slice(dot + 1))
      // Kept too: how long a look takes tells no agent that there is a tool which it lacks (S-09).
      return found?.id ?? none
    },
  })
  const findToolById = (workspaceId: string, toolId: string) => byId.get(`${workspaceId} ${toolId}`)
  return {
    findToolById,
    async findTool(workspaceId: string, name: string): Promise<ToolSnapshot | undefined> {
      const id = await idsByName.get(`${workspaceId} ${name}`)
      const found =
        id === undefined || id === none ? undefined : await findToolById(workspaceId, id)
      // It may have been renamed between the two.
      return found?.name === name ? found : undefined
    },
    counts: byId.counts,
    clear() {
      byId.clear()
      idsByName.clear()
    },
  }
}

/** A tool, ready to be called; undefined where nothing says what it does. */
function snapshotOf(
  row: ToolRow | undefined,
  compile: ReturnType<typeof createToolCompiler>,
): ToolSnapshot | undefined {
  const effective = row && effectiveTool(row)
  if (row === undefined || effective === undefined) return undefined
  return {
    toolId: row.id,
    toolsetId: row.toolsetId,
    workspaceId: row.workspaceId,
    name: fullToolName(row.toolset, row.name),
    sourceName:
      row.source === null || row.sourceToolset === null
        ? undefined
        : fullToolName(row.sourceToolset, row.source.name),
    digest: effective.digest,
    connectionId: row.connectionId ?? undefined,
    status: effective.status,
    compiled: compile(effective.definition, effective.digest),
  }
}
