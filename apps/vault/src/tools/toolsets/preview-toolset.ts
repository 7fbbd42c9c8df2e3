import type {
  FoundSecret,
  InputOf,
  OutputOf,
  PreviewedScheme,
  PreviewedTool,
  previewToolset,
  ToolDefinition,
} from '@sallyport/contracts'
import type { AuthenticatedOwner } from '../../identity/caller.ts'
import type {
  ImportedScheme,
  ImportedSecret,
  ImportedTool,
  ImportedToolset,
} from '../import/imported-toolset.ts'
import { toolUrl } from '../tool-url.ts'
import { refuseKept } from '../toolset-problems.ts'
import { typeOf } from './compare-tools.ts'
import { mergeSource } from './merge-source.ts'
import type { Choice } from './plan-tools.ts'
import {
  definitionsOf,
  digestOfImport,
  hintOf,
  readTemplate,
  requireDocument,
} from './read-source.ts'
import { refuseSecrets } from './refuse-secrets.ts'
import { renamesOf, tellTurns } from './rule-turns.ts'
import { findToolUsers } from './tool-users.ts'
import { getToolsetRow, type ToolsetsNeeds } from './toolsets-needs.ts'

type Input = InputOf<typeof previewToolset>
type Output = OutputOf<typeof previewToolset>
type Needs = Pick<ToolsetsNeeds, 'store' | 'importDocument' | 'templates' | 'now'>

/** What is looked at: a document that was read, or a template of the catalog. */
type Previewed = Omit<ImportedToolset, 'format'> & Pick<Output, 'format' | 'digest'>

/** Builds the operation `previewToolset`: reads the document and says what it would become. Nothing is kept or fetched. */
export function createToolsetPreview(needs: Needs) {
  return async (owner: AuthenticatedOwner, input: Input): Promise<Output> => {
    const { name, toolsetId, tools: choices = [], ...given } = input
    const imported = await read(needs, given)
    const asMade = definitionsOf(imported.tools).map((definition) => ({
      ...{ definition, overrides: null, name: definition.name },
    }))
    refuseSecrets(imported, asMade, [])
    const view = { ...viewImported(imported), name: name ?? imported.name }
    if (toolsetId === undefined) return view
    const { changes, leftOut } = await findChanges(needs, owner, {
      ...{ imported, toolsetId, choices },
    })
    const tools = view.tools.map((tool) =>
      leftOut.has(tool.key) ? { ...tool, leftOut: true as const } : tool,
    )
    return { ...view, tools, changes }
  }
}

/** Problem as `readSource`. */
async function read(
  needs: Needs,
  { template, document, ...choices }: Omit<Input, 'name' | 'toolsetId' | 'tools'>,
): Promise<Previewed> {
  if (template !== undefined) {
    const source = readTemplate(needs.templates, template, choices.server)
    const { origins, tools, secrets, digest, title, description } = source
    const servers = origins.map((url) => ({ url, variables: [] }))
    return {
      ...{ format: 'template', name: source.templateId, title, description, digest },
      ...{ servers, origins, tools, secrets, schemes: [], notes: [] },
    }
  }
  const imported = await needs.importDocument({ document: requireDocument(document), ...choices })
  return { ...imported, digest: digestOfImport(imported) }
}

async function findChanges(
  needs: Needs,
  { workspaceId }: AuthenticatedOwner,
  {
    imported,
    toolsetId,
    choices,
  }: {
    readonly imported: Pick<ImportedToolset, 'tools'>
    readonly toolsetId: string
    readonly choices: readonly Choice[]
  },
) {
  const { store, now } = needs
  const toolset = await getToolsetRow(needs, workspaceId, toolsetId)
  refuseKept(toolset, 'imported into')
  const at = new Date(now())
  const [rows, whoUses] = await Promise.all([
    store.toolsOf(workspaceId, toolset.id),
    findToolUsers(store, { workspaceId, toolsetId: toolset.id }, at.getTime()),
  ])
  const { changes, update } = mergeSource({ toolset, rows, whoUses }, imported, { choices, at })
  const renames = renamesOf(toolset.name, rows, update)
  const policies = renames.size === 0 ? [] : await store.policiesNamingTools(workspaceId)
  const standing = new Set(rows.map(({ key }) => key))
  // As it was before: whatever is chosen now, that is what saying nothing means.
  const leftOut = new Set(toolset.leftOut?.filter((key) => !standing.has(key)))
  return { changes: tellTurns(changes, toolset.name, { renames, policies }), leftOut }
}

function viewImported(imported: Previewed): Output {
  const { format, title, description, origins, servers, tools, schemes, secrets } = imported
  const [origin] = origins
  const count = (outcome: ImportedTool['outcome']) =>
    tools.filter((tool) => tool.outcome === outcome).length
  return {
    format,
    name: imported.name,
    ...(title !== undefined && { title }),
    ...(description !== undefined && { description }),
    ...(origin !== undefined && { origin }),
    origins: [...origins],
    servers: servers.map(({ url, description: about, variables }) => ({
      url,
      ...(about !== undefined && { description: about }),
      variables: variables.map(({ values, ...variable }) => ({
        ...{ name: variable.name, default: variable.default },
        ...(values !== undefined && { values: [...values] }),
        ...(variable.description !== undefined && { description: variable.description }),
      })),
    })),
    tools: tools.map(viewImportedTool),
    counts: { taken: count('taken'), changed: count('changed'), refused: count('refused') },
    securitySchemes: schemes.map(viewScheme),
    secretsFound: secrets.map(viewSecret),
    notes: [...imported.notes],
    digest: imported.digest,
  }
}

function viewImportedTool(tool: ImportedTool): PreviewedTool {
  if (tool.outcome === 'refused') {
    const { key, description, method, url, outcome, reason } = tool
    return {
      ...{ key, description, outcome, reason },
      ...(method !== undefined && { method }),
      ...(url !== undefined && { url }),
      ...{ arguments: [], reads: false, credential: 'connection' },
    }
  }
  const { definition, outcome, reason } = tool
  const { key, name, title, description, binding, annotations, tags, deprecated } = definition
  return {
    ...{ key, name, description, outcome },
    ...(title !== undefined && { title }),
    ...(reason !== undefined && { reason }),
    method: binding.method,
    url: toolUrl(binding),
    arguments: argumentsOf(definition),
    reads: annotations.readOnlyHint === true,
    ...(tags !== undefined && { tags }),
    ...(deprecated !== undefined && { deprecated }),
    credential: binding.credential,
  }
}

/** The arguments of a tool as people read them. */
function argumentsOf({
  inputSchema,
}: Pick<ToolDefinition, 'inputSchema'>): PreviewedTool['arguments'] {
  const { properties, required } = inputSchema
  if (typeof properties !== 'object' || properties === null) return []
  const needed: readonly unknown[] = Array.isArray(required) ? required : []
  return Object.entries(properties).map(([name, schema]: [string, unknown]) => {
    const about = descriptionOf(schema)
    return {
      ...{ name, type: typeOf(schema), required: needed.includes(name) },
      ...(about !== undefined && { description: about }),
    }
  })
}

const descriptionOf = (schema: unknown): string | undefined =>
  typeof schema === 'object' &&
  schema !== null &&
  'description' in schema &&
  typeof schema.description === 'string'
    ? schema.description
    : undefined

const viewScheme = ({
  name,
  description,
  kind,
  known,
  reason,
  operations,
}: ImportedScheme): PreviewedScheme => ({
  name,
  ...(description !== undefined && { description }),
  ...(kind !== undefined && { kind }),
  known: { ...known },
  ...(reason !== undefined && { reason }),
  operations,
})

/** Where a secret stood, and so much of it that its owner knows it again. */
const viewSecret = ({ where, value, scheme }: ImportedSecret): FoundSecret => ({
  where,
  hint: hintOf(value),
  ...(scheme !== undefined && { scheme }),
})
