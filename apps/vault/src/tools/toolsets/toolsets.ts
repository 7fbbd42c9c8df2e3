// This room keeps toolsets: tools that were made of documents, of the catalog's templates or of other tools, and what they were.

import type {
  createToolset,
  deleteToolset,
  exportToolset,
  getTool,
  getToolset,
  HttpToolDefinition,
  InputOf,
  listTools,
  listToolsets,
  listToolsetTemplates,
  OutputOf,
  previewToolset,
  replaceToolsetSource,
  ToolDefinition,
  updateTool,
  updateToolset,
} from '@sallyport/contracts'
import type { AuthenticatedOwner } from '../../identity/caller.ts'
import { isLookupId } from '../../paging/lookup-id.ts'
import { readPage, writePage } from '../../paging/page-cursor.ts'
import { effectiveTool } from '../effective-tool.ts'
import { refuseKept, toolsetNotFound } from '../toolset-problems.ts'
import type { ToolRow } from '../toolset-store.ts'
import { createToolsetCreation } from './create-toolset.ts'
import { createToolList } from './list-tools.ts'
import { createToolsetPreview } from './preview-toolset.ts'
import { createSourceReplacement } from './replace-source.ts'
import { changed, getToolsetRow, type ToolsetsNeeds } from './toolsets-needs.ts'
import { createToolUpdate } from './update-tool.ts'
import { createToolsetUpdate } from './update-toolset.ts'
import { createToolsetVersions, type ToolsetVersions } from './versions.ts'
import { viewTemplate } from './view-template.ts'
import { viewOneTool, viewToolsets, viewWithTools } from './view-toolset.ts'

type Owner = AuthenticatedOwner

/** The room's operations. Each is bound to the caller's workspace: what is not in it behaves as what does not exist. */
export interface Toolsets {
  /** What a document would become; nothing is kept and nothing is fetched. Problems: `document-refused`, `toolset-not-found`. */
  preview(
    owner: Owner,
    input: InputOf<typeof previewToolset>,
  ): Promise<OutputOf<typeof previewToolset>>
  /**
   * Makes the connection, where one is wanted, and the toolset: both or neither. Nobody has its tools. Problems:
   * `document-refused`, `toolset-exists`, `toolset-template-not-found`, `tool-not-found`, `tool-changed`,
   * `origin-not-allowed`, `connection-not-found`, `connection-revoked`, and those of making a connection.
   */
  create(
    owner: Owner,
    input: InputOf<typeof createToolset>,
  ): Promise<OutputOf<typeof createToolset>>
  /** One page, newest first. Problem: `invalid-input` for a cursor that no list has answered. */
  list(owner: Owner, input: InputOf<typeof listToolsets>): Promise<OutputOf<typeof listToolsets>>
  get(owner: Owner, input: InputOf<typeof getToolset>): Promise<OutputOf<typeof getToolset>>
  /** Problems: `toolset-exists`, `connection-not-found`, `connection-revoked`, `origin-not-allowed`, `version-conflict`. */
  update(
    owner: Owner,
    input: InputOf<typeof updateToolset>,
  ): Promise<OutputOf<typeof updateToolset>>
  /** With its tools, their grants, and the tools of other toolsets that they are. Its connection stays. */
  delete(
    owner: Owner,
    input: InputOf<typeof deleteToolset>,
  ): Promise<OutputOf<typeof deleteToolset>>
  /** Problems: `tool-changed`, `version-conflict`, `document-refused`, `origin-not-allowed`. */
  replaceSource(
    owner: Owner,
    input: InputOf<typeof replaceToolsetSource>,
  ): Promise<OutputOf<typeof replaceToolsetSource>>
  readonly versions: ToolsetVersions
  export(
    owner: Owner,
    input: InputOf<typeof exportToolset>,
  ): Promise<OutputOf<typeof exportToolset>>
  listTemplates(input: InputOf<typeof listToolsetTemplates>): OutputOf<typeof listToolsetTemplates>
  listTools(owner: Owner, input: InputOf<typeof listTools>): Promise<OutputOf<typeof listTools>>
  getTool(owner: Owner, input: InputOf<typeof getTool>): Promise<OutputOf<typeof getTool>>
  /** Problems: `tool-not-found`, `invalid-input` for a name that another tool has, `version-conflict`. */
  updateTool(owner: Owner, input: InputOf<typeof updateTool>): Promise<OutputOf<typeof updateTool>>
}

/** Builds the room. */
export function createToolsets(needs: ToolsetsNeeds): Toolsets {
  const { store } = needs
  return {
    preview: createToolsetPreview(needs),
    create: createToolsetCreation(needs),
    update: createToolsetUpdate(needs),
    replaceSource: createSourceReplacement(needs),
    versions: createToolsetVersions(needs),
    listTools: createToolList(needs),
    updateTool: createToolUpdate(needs),
    delete: createToolsetDeletion(needs),

    async list({ workspaceId }, { name, connectionId, ...input }) {
      const known = [name, connectionId].every((one) => one === undefined || isLookupId(one))
      const after = { ...readPage(input), name, connectionId }
      const rows = known ? await store.list(workspaceId, after) : []
      const { page, ...rest } = writePage(rows, input)
      return { toolsets: await viewToolsets(needs, workspaceId, page), ...rest }
    },

    get: ({ workspaceId }, { toolsetId }) => viewWithTools(needs, workspaceId, toolsetId),

    async export({ workspaceId }, { toolsetId, format }) {
      const toolset = await getToolsetRow(needs, workspaceId, toolsetId)
      const { id, name, title, description, version, connectionId } = toolset
      const connection =
        connectionId === null ? undefined : await store.findConnection(workspaceId, connectionId)
      const rows = await store.toolsOf(workspaceId, id)
      const { tools, left } = sayable(rows)
      const about = {
        ...{ title: title ?? undefined, description: description ?? undefined },
        credentialKind: connection?.credentialKind,
      }
      const written = await needs.exportToolset(format, { name, version, tools, ...about })
      const { document, contentType, extension, notes } = written
      return { filename: `${name}.${extension}`, contentType, document, notes: [...left, ...notes] }
    },

    listTemplates({ service }) {
      const wanted = needs.templates.filter(
        (template) => service === undefined || template.service === service,
      )
      return { templates: wanted.map(viewTemplate) }
    },

    getTool: async ({ workspaceId }, { toolId }) => ({
      tool: await viewOneTool(needs, workspaceId, toolId),
    }),
  }
}

const createToolsetDeletion =
  (needs: ToolsetsNeeds): Toolsets['delete'] =>
  async (owner, { toolsetId: id }) => {
    const { workspaceId, ownerId } = owner
    refuseKept(await getToolsetRow(needs, workspaceId, id), 'deleted')
    const by = { ownerId, now: new Date(needs.now()) }
    const gone = await needs.store.delete({ workspaceId, id }, by)
    if (gone === undefined) throw toolsetNotFound()
    await changed(needs, owner, {
      operation: 'deleteToolset',
      ...gone,
      detail: { format: gone.toolset.format },
    })
    return { deleted: true }
  }

/** The tools that a document can say: those that are HTTP requests. Of the others a note says which they are. */
function sayable(rows: readonly ToolRow[]) {
  const all = rows.flatMap((row) => effectiveTool(row)?.definition ?? [])
  const tools = all.filter(isHttp)
  const others = all.filter((tool) => !isHttp(tool)).map(({ name }) => name)
  const named = `${others.slice(0, namedMax).join(', ')}${others.length > namedMax ? ', …' : ''}`
  const left =
    others.length === 0
      ? []
      : [`Tools of MCP servers and SQL sources are no HTTP requests, and are left out: ${named}.`]
  return { tools, left }
}

const namedMax = 20
const isHttp = (tool: ToolDefinition): tool is HttpToolDefinition => tool.binding.kind === 'http'
