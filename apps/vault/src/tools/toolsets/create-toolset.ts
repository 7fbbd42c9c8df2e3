import {
  type CredentialInput,
  type createToolset,
  type InputOf,
  Label,
  type OutputOf,
  toolDescriptionCharsMax,
} from '@sallyport/contracts'
import type { AuthenticatedOwner } from '../../identity/caller.ts'
import { isLookupId } from '../../paging/lookup-id.ts'
import {
  connectionNotFound,
  connectionRevoked,
  invalidField,
  toolChanged,
  toolNotFound,
  toolsetExists,
} from '../toolset-problems.ts'
import type { StoredTool, StoredToolset, VersionNote } from '../toolset-store.ts'
import { assembleTools } from './assemble.ts'
import { keysLeftOut, planTools } from './plan-tools.ts'
import { type ReadSource, readSource, requireServer } from './read-source.ts'
import { foundCredential, refuseSecrets } from './refuse-secrets.ts'
import { newTool, originsOf, requireOrigins } from './stored-tools.ts'
import { changed, type ToolsetsNeeds } from './toolsets-needs.ts'
import { viewWithTools } from './view-toolset.ts'

const labelCharsMax = 120

type Input = InputOf<typeof createToolset>
type Output = OutputOf<typeof createToolset>
type Draft = Omit<StoredToolset, 'connectionId'>

/**
 * Builds the operation `createToolset`. Everything that can be wrong is said before anything is made; then the connection, the
 * toolset and its tools are stored as one.
 */
export function createToolsetCreation(needs: ToolsetsNeeds) {
  return async (owner: AuthenticatedOwner, input: Input): Promise<Output> => {
    if (await needs.store.isTaken(owner.workspaceId, input.name)) throw toolsetExists(input.name)
    const made =
      input.assemble === undefined
        ? await fromSource(needs, owner, input)
        : await fromTools(needs, owner, { ...input, assemble: input.assemble })
    const { toolset, toolCount, madeConnection } = made
    await changed(needs, owner, {
      operation: 'createToolset',
      toolset,
      detail: {
        format: toolset.format,
        tools: toolCount,
        ...(toolset.template !== null && { template: toolset.template }),
        ...(toolset.sourceDigest !== null && { sourceDigest: toolset.sourceDigest }),
        ...(madeConnection !== undefined && { madeConnection }),
      },
    })
    return viewWithTools(needs, owner.workspaceId, toolset.id)
  }
}

interface Made {
  readonly toolset: StoredToolset
  readonly toolCount: number
  readonly madeConnection?: string
}

async function fromSource(
  needs: ToolsetsNeeds,
  owner: AuthenticatedOwner,
  input: Input,
): Promise<Made> {
  const source = await readSource(needs, input)
  requireServer(source)
  if (input.expects !== undefined && input.expects !== source.digest) throw toolChanged()
  const planned = planTools(source.tools, input.tools ?? [])
  const draft = {
    ...draftToolset(needs, owner, { input, source }),
    leftOut: keysLeftOut(source.tools, planned),
  }
  const tools = planned.map((tool) =>
    newTool(tool, {
      id: needs.newId('tool'),
      ...{ workspaceId: owner.workspaceId, toolsetId: draft.id, at: draft.createdAt },
    }),
  )
  const definitions = planned.map(({ definition }) => definition)
  if (input.connectionId !== undefined) {
    refuseSecrets({ ...source, ...shownTexts(draft) }, planned, [])
    const origins = await findOrigins(needs, owner, { ...input, connectionId: input.connectionId })
    requireOrigins(definitions, origins)
    const toolset = { ...draft, connectionId: input.connectionId }
    await insert(needs, owner, { toolset, tools })
    return { toolset, toolCount: tools.length }
  }
  const credential = credentialOf(source, input)
  refuseSecrets({ ...source, ...shownTexts(draft) }, planned, needs.secretsOf(credential))
  const origins = input.origins ?? originsFor(source, originsOf(definitions))
  requireOrigins(definitions, origins)
  const wanted = { service: source.service, label: draft.title ?? draft.name, origins, credential }
  const note = noteOf(owner, tools)
  const made = { toolset: draft, tools, note }
  const madeConnection = await needs.createWithConnection(owner, wanted, made)
  const toolset = { ...draft, connectionId: madeConnection }
  return { toolset, toolCount: tools.length, madeConnection }
}

const noteOf = ({ ownerId }: AuthenticatedOwner, tools: readonly StoredTool[]): VersionNote => ({
  ...{ cause: 'created', ownerId, added: tools.length, removed: 0, changed: 0 },
})

/** What its owner typed, or what was found in the document, or none; a service of the catalog takes no call without one. */
function credentialOf(source: ReadSource, input: Input): CredentialInput {
  const given = input.credential ?? foundCredential(source, input.securityScheme)
  if (given !== undefined) return given
  if (source.template === null) return { kind: 'none' }
  throw invalidField({
    field: 'credential',
    message: `must be given, or connectionId: ${source.service} takes no call without one`,
  })
}

const shownTexts = ({ title, description }: Draft) => ({
  title: title ?? undefined,
  description: description ?? undefined,
})

/** A template's are the service's; of a document those that its tools go to. */
function originsFor(source: ReadSource, ofTools: readonly string[]): readonly string[] {
  return source.template === null ? ofTools : source.origins
}

async function findOrigins(
  { store }: ToolsetsNeeds,
  { workspaceId }: AuthenticatedOwner,
  { connectionId, credential, origins }: Input & { readonly connectionId: string },
): Promise<readonly string[]> {
  const beside = Object.entries({ credential, origins }).find(([, value]) => value !== undefined)
  if (beside !== undefined) {
    throw invalidField({ field: beside[0], message: 'must be left out where connectionId stands' })
  }
  const found = isLookupId(connectionId)
    ? await store.findConnection(workspaceId, connectionId)
    : undefined
  if (found === undefined) throw connectionNotFound()
  if (found.status === 'revoked') throw connectionRevoked()
  return found.origins
}

async function fromTools(
  needs: ToolsetsNeeds,
  owner: AuthenticatedOwner,
  input: Input & { readonly assemble: NonNullable<Input['assemble']> },
): Promise<Made> {
  for (const field of ['connectionId', 'credential', 'origins', 'tools', 'expects'] as const) {
    if (input[field] === undefined) continue
    throw invalidField({ field, message: 'must be left out where a toolset is assembled' })
  }
  const draft = draftToolset(needs, owner, { input })
  const tools = await assembleTools(needs, draft, { wanted: input.assemble, at: draft.createdAt })
  const toolset = { ...draft, connectionId: null }
  await insert(needs, owner, { toolset, tools })
  return { toolset, toolCount: tools.length }
}

function draftToolset(
  { newId, now }: ToolsetsNeeds,
  { workspaceId }: AuthenticatedOwner,
  { input, source }: { readonly input: Input; readonly source?: ReadSource },
): Draft {
  const at = new Date(now())
  return {
    id: newId('toolset'),
    workspaceId,
    name: input.name,
    title: input.title ?? labelOf(source?.title),
    description: input.description ?? cut(source?.description, toolDescriptionCharsMax),
    format: source?.format ?? 'assembled',
    template: source?.template ?? null,
    sourceDigest: source?.sourceDigest ?? null,
    leftOut: null,
    version: 1,
    createdAt: at,
    updatedAt: at,
  }
}

/** A title of a document as a label: one line, and no longer than labels are. */
function labelOf(title: string | undefined): string | null {
  const line = title?.replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\s]+/gu, ' ').trim()
  const label = Label.safeParse(cut(line, labelCharsMax))
  return label.success ? label.data : null
}

/** Whole characters alone: the halves of a pair are none. */
const cut = (text: string | undefined, charsMax: number): string | null =>
  text === undefined || text.trim() === ''
    ? null
    : text
        .slice(0, charsMax)
        .replace(/[\ud800-\udbff]$/, '')
        .trim()

async function insert(
  { store }: ToolsetsNeeds,
  owner: AuthenticatedOwner,
  { toolset, tools }: { toolset: StoredToolset; tools: readonly StoredTool[] },
): Promise<void> {
  const outcome = await store.insert(toolset, tools, noteOf(owner, tools))
  if (outcome === 'exists') throw toolsetExists(toolset.name)
  if (outcome === 'no-connection') throw connectionNotFound()
  if (outcome === 'no-source') throw toolNotFound('One of the tools is gone meanwhile.')
}
