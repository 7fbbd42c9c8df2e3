import type { createSource, InputOf } from '@sallyport/contracts'
import type { AuthenticatedOwner } from '../identity/caller.ts'
import { invalidField, toolsetExists } from '../tools/toolset-problems.ts'
import { faultsOfStatements } from './check-statements.ts'
import { newSourceTools } from './plan-source-tools.ts'
import { faultsOfSecret } from './secrets-in-clear.ts'
import { invalidFields } from './source-problems.ts'
import type { MadeSource, StoredSource, StoredTarget } from './source-store.ts'
import { originsOfSource, readTarget, requireAbsent, serviceOf } from './source-target.ts'
import type { SourceCredential, SourcesNeeds } from './sources-needs.ts'
import { builtInTools, statementTool } from './statement-tool.ts'
import { loginOf, tryAtDatabase } from './try-at-database.ts'

type Input = InputOf<typeof createSource>

/** How the field of a statement is written where the input is no list of its own. */
interface FieldNames {
  readonly toolField?: ((at: number) => string) | undefined
}

/** A source as it would be stored, and what has to be told with it. */
export interface ReadySource<Connection> {
  readonly made: MadeSource<Connection>
  readonly notes: string[]
}

/**
 * Checks all that can be wrong about a new source, the database's own word included, and makes the rows of it. Nothing is stored.
 * @throws Problem invalid-input, origin-not-allowed, toolset-exists
 */
export async function makeSource<Connection, Changes>(
  needs: SourcesNeeds<Connection, Changes>,
  owner: AuthenticatedOwner,
  { input, names = {} }: { readonly input: Input; readonly names?: FieldNames },
): Promise<ReadySource<Connection>> {
  const { workspaceId } = owner
  if (await needs.toolsets.isTaken(workspaceId, input.name)) throw toolsetExists(input.name)
  const target = readTarget(input, needs.mayDial)
  const credential = readCredential(input)
  await refuseFaults(needs, input, names)
  const login = loginOf(credential, input.user ?? null)
  // Sessions of what is not saved yet are counted together.
  const place = { target, sourceKey: workspaceId, login }
  const tried = await tryAtDatabase(needs, place, { tools: input.tools, fieldOf: names.toolField })
  const at = new Date(needs.now())
  const source: StoredSource = {
    ...{ id: needs.newId('source'), workspaceId, ...target, login: input.user ?? null },
    ...{ connectionId: needs.newId('connection'), toolsetId: needs.newId('toolset') },
    ...{ query: input.query, schemaTools: input.schemaTools, rowsMax: input.rowsMax },
    ...{ timeoutSeconds: input.timeoutSeconds, bytesMax: input.bytesMax },
    ...{ lastCheck: tried.check, checkedAt: at, version: 1, createdAt: at, updatedAt: at },
  }
  return { made: await rowsOf(needs, owner, { source, input, credential }), notes: tried.notes }
}

async function rowsOf<Connection, Changes>(
  { connections, newId }: SourcesNeeds<Connection, Changes>,
  { ownerId }: AuthenticatedOwner,
  {
    source,
    input,
    credential,
  }: {
    readonly source: StoredSource
    readonly input: Input
    readonly credential: SourceCredential
  },
): Promise<MadeSource<Connection>> {
  const { id, workspaceId, connectionId, toolsetId, createdAt: at } = source
  const definitions = [
    ...input.tools.map((tool) => statementTool(tool, id)),
    ...builtInTools(input, id),
  ]
  const tools = newSourceTools(definitions, { workspaceId, toolsetId }, { at, newId })
  return {
    source,
    connection: await connections.draft({
      ...{ id: connectionId, workspaceId, credential, at },
      ...{ service: serviceOf(source.dialect), label: input.title ?? input.name },
      origins: originsOfSource(id, source),
    }),
    toolset: {
      ...{ id: toolsetId, workspaceId, connectionId, format: 'sql', name: input.name },
      ...{ title: input.title ?? null, description: input.description ?? null },
      ...{ template: null, sourceDigest: null, leftOut: null, version: 1 },
      ...{ createdAt: at, updatedAt: at },
    },
    tools,
    note: { cause: 'created', ownerId, added: tools.length, removed: 0, changed: 0 },
  }
}

/** Servers know people by name; a password goes with one. @throws Problem invalid-input */
export function readCredential({
  dialect,
  user,
  password,
}: {
  readonly dialect: StoredTarget['dialect']
  readonly user?: string | null | undefined
  readonly password?: string | null | undefined
}): SourceCredential {
  if (dialect === 'sqlite') {
    requireAbsent({ user, password }, ['user', 'password'], 'nobody signs in to a file')
    return { kind: 'none' }
  }
  if (user === undefined || user === null) {
    throw invalidField({ field: 'user', message: 'must be given' })
  }
  if (password === undefined || password === null) return { kind: 'none' }
  return { kind: 'basic', username: user, password }
}

async function refuseFaults<Connection, Changes>(
  needs: SourcesNeeds<Connection, Changes>,
  input: Input,
  { toolField = (at) => `tools[${at}]` }: FieldNames,
): Promise<void> {
  const { name, title, description, host, database, path, user, dialect, tools } = input
  const taken = builtInTools(input, '').map((tool) => tool.name)
  const faults = [
    ...faultsOfSecret(input.password, { name, title, description, host, database, path, user }),
    ...tools.flatMap((tool, at) => faultsOfSecret(input.password, { [toolField(at)]: tool })),
    ...(await faultsOfStatements(needs, { dialect, tools, taken, fieldOf: toolField })),
  ]
  if (faults.length > 0) throw invalidFields(faults)
}
