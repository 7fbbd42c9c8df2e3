import type { InputOf, OutputOf, updateSource } from '@sallyport/contracts'
import type { AuthenticatedOwner } from '../identity/caller.ts'
import { requireFreshSignIn } from '../identity/require-fresh-sign-in.ts'
import { toolsetExists } from '../tools/toolset-problems.ts'
import type { ToolsetChange } from '../tools/toolset-store.ts'
import { requireMayGive } from '../tools/toolsets/require-may-give.ts'
import { faultsOfStatements } from './check-statements.ts'
import { readCredential } from './make-source.ts'
import { openSource } from './open-source.ts'
import { isEmptyPlan } from './plan-source-tools.ts'
import { planTools, statementsOf, toolsetChange } from './put-tools.ts'
import { faultsOfSecret } from './secrets-in-clear.ts'
import { invalidFields, sourceConflict } from './source-problems.ts'
import type { SourceRow, StoredSource, StoredTarget } from './source-store.ts'
import { isSamePlace, originsOfSource, placeOf, readTarget, serviceOf } from './source-target.ts'
import { changed, getSourceRow, type SourceCredential, type SourcesNeeds } from './sources-needs.ts'
import { builtInTools } from './statement-tool.ts'
import { loginOf, tryAtDatabase } from './try-at-database.ts'
import { viewSourceWithTools } from './view-source.ts'

type Input = InputOf<typeof updateSource>
type Output = OutputOf<typeof updateSource>

/** Where the database is and who signs in, as it would be. */
interface NextPlace {
  readonly target: StoredTarget
  readonly login: string | null
  readonly credential: SourceCredential
}

/**
 * Builds the operation `updateSource`. What is not named stays, the password included. Another place, user or password takes, from
 * a session, a fresh sign-in, seals the connection anew and ends the calls that are on their way with the old one. A password for a
 * source whose connection was revoked makes another connection, to which its tools go with their grants.
 */
export function createSourceUpdate<Connection, Changes>(needs: SourcesNeeds<Connection, Changes>) {
  return async (owner: AuthenticatedOwner, input: Input): Promise<Output> => {
    const { workspaceId } = owner
    const row = await getSourceRow(needs, workspaceId, input.sourceId)
    const next = await readNext(needs, owner, { row, input })
    const planned = await planNext(needs, owner, { row, input })
    const at = new Date(needs.now())
    const tried = next && (await tryNext(needs, row, { next, tools: planned.statements }))
    const connection =
      next && (await connectionOf(needs, row, { next, label: labelOf(row, input), at }))
    const madeId = connection !== undefined && 'made' in connection ? connection.id : undefined
    const outcome = await needs.store.update(row, {
      set: {
        ...setOf(input),
        ...(next && { ...next.target, login: next.login }),
        ...(tried && { lastCheck: tried.check, checkedAt: at }),
        updatedAt: at,
      },
      toolset: planned.changeTo(madeId),
      connection,
    })
    if (outcome === 'exists') throw toolsetExists(input.name ?? row.toolset.name)
    if (outcome === undefined || outcome === 'tool-exists') throw sourceConflict()
    if (next !== undefined) needs.endCalls({ connectionId: row.connectionId })
    await changed(needs, owner, {
      operation: 'updateSource',
      source: {
        ...row,
        ...{ connectionId: madeId ?? row.connectionId },
        toolset: { name: input.name ?? row.toolset.name },
      },
      outcome,
      detail: {
        ...{ changed: namesOf(input), ...(next && { place: placeOf(next.target) }) },
        ...(madeId !== undefined && { replacesConnection: row.connectionId }),
      },
    })
    const source = await viewSourceWithTools(needs, workspaceId, row.id)
    return { source, notes: tried?.notes ?? [] }
  }
}

/** Undefined where place and sign-in stay what they are. */
async function readNext<Connection, Changes>(
  needs: SourcesNeeds<Connection, Changes>,
  owner: AuthenticatedOwner,
  { row, input }: { readonly row: SourceRow; readonly input: Input },
): Promise<NextPlace | undefined> {
  const { dialect } = row
  const { user = row.login, password } = input
  const target = readTarget(mergedTarget(row, input), needs.mayDial)
  const isRevoked = row.connection.status === 'revoked'
  const isSame = isSamePlace(target, row) && user === row.login && password === undefined
  const isNamed = [input.host, input.port, input.database, input.tls, input.path].some(
    (one) => one !== undefined,
  )
  if (isSame && !isNamed) {
    await refuseSecret(needs, { row, input })
    return undefined
  }
  // A token was given its scope by a person who proved that they were there.
  if (!isSame && owner.via === 'session') requireFreshSignIn(owner, needs.now())
  // What was destroyed is not kept: it has to be said whether there is a password now.
  const isAnew = isRevoked && password !== undefined
  const kept = isAnew ? undefined : await openSource(needs, row)
  const keptPassword = kept?.kind === 'basic' ? kept.password : undefined
  const credential = readCredential({
    ...{ dialect, user },
    password: password === undefined ? keptPassword : password,
  })
  refuseSecretIn(credential, { ...textsOf(input), ...target, user })
  return isSame ? undefined : { target, login: user, credential }
}

/** What is named goes before what stands. */
function mergedTarget(row: SourceRow, input: Input) {
  const { dialect } = row
  if (dialect === 'sqlite') {
    const { host, port, database, tls } = input
    return { dialect, host, port, database, tls, path: input.path ?? row.path ?? undefined }
  }
  return {
    dialect,
    host: input.host ?? row.host ?? undefined,
    port: input.port ?? row.port ?? undefined,
    database: input.database ?? row.database ?? undefined,
    tls: input.tls ?? row.tls ?? undefined,
    path: input.path,
  }
}

const textsOf = ({ name, title, description }: Input) => ({ name, title, description })

/** Names and descriptions are read by agents, whatever else stays. */
async function refuseSecret<Connection, Changes>(
  needs: SourcesNeeds<Connection, Changes>,
  { row, input }: { readonly row: SourceRow; readonly input: Input },
): Promise<void> {
  const texts = textsOf(input)
  if (Object.values(texts).every((text) => text === undefined || text === null)) return
  if (row.connection.status === 'revoked') return
  refuseSecretIn(await openSource(needs, row), texts)
}

function refuseSecretIn(credential: SourceCredential, texts: Record<string, unknown>): void {
  const password = credential.kind === 'basic' ? credential.password : undefined
  const faults = faultsOfSecret(password, texts)
  if (faults.length > 0) throw invalidFields(faults)
}

/** What becomes of the toolset: its name, and the built-in tools that the options ask for. */
async function planNext<Connection, Changes>(
  needs: SourcesNeeds<Connection, Changes>,
  owner: AuthenticatedOwner,
  { row, input }: { readonly row: SourceRow; readonly input: Input },
) {
  const builtIns = {
    query: input.query ?? row.query,
    schemaTools: input.schemaTools ?? row.schemaTools,
  }
  const rows = await needs.toolsets.toolsOf(row.workspaceId, row.toolsetId)
  const statements = statementsOf(rows)
  const { plan } = await planTools(needs, owner, { row, tools: statements, builtIns })
  const taken = builtInTools(builtIns, row.id).map(({ name }) => name)
  const clash = statements.find(({ name }) => taken.includes(name))
  if (clash !== undefined) {
    const field = clash.name === 'query' ? 'query' : 'schemaTools'
    const message = `must stay false while a statement of the source is called ${clash.name}`
    throw invalidFields([{ field, message }])
  }
  const set = {
    ...(input.name !== undefined && { name: input.name }),
    ...(input.title !== undefined && { title: input.title }),
    ...(input.description !== undefined && { description: input.description }),
  }
  requireMayGive(owner, plan.changes)
  const at = new Date(needs.now())
  const isSame = isEmptyPlan(plan) && Object.keys(set).length === 0
  /** Undefined where nothing of the toolset changes: neither itself nor where its tools go. */
  const changeTo = (connectionId: string | undefined) => {
    if (isSame && connectionId === undefined) return undefined
    const all = { ...set, ...(connectionId !== undefined && { connectionId }) }
    const change: ToolsetChange = toolsetChange(needs, owner, { plan, set: all, at })
    return { version: row.toolset.version, change }
  }
  return { statements, changeTo }
}

const labelOf = (row: SourceRow, { title = row.toolset.title, name }: Input): string =>
  title ?? name ?? row.toolset.name

/** The connection sealed anew; where it was revoked, which is for good, another one in its place. */
async function connectionOf<Connection, Changes>(
  { connections, newId }: SourcesNeeds<Connection, Changes>,
  row: SourceRow,
  { next, label, at }: { readonly next: NextPlace; readonly label: string; readonly at: Date },
) {
  const { credential, target } = next
  const origins = originsOfSource(row.id, target)
  if (row.connection.status !== 'revoked') {
    const changes = await connections.reseal(row.connection, { origins, credential })
    return { version: row.connection.version, changes }
  }
  const id = newId('connection')
  const { workspaceId, dialect } = row
  const service = serviceOf(dialect)
  return {
    id,
    made: await connections.draft({ id, workspaceId, service, label, origins, credential, at }),
  }
}

/** Another database has to take the statements too; what stands in them must not hold a new password. */
async function tryNext<Connection, Changes>(
  needs: SourcesNeeds<Connection, Changes>,
  row: SourceRow,
  { next, tools }: { readonly next: NextPlace; readonly tools: ReturnType<typeof statementsOf> },
) {
  const { target, credential } = next
  refuseSecretIn(credential, Object.fromEntries(tools.map((tool) => [`tools.${tool.name}`, tool])))
  const fieldOf = (at: number) => `tools.${tools[at]?.name ?? at}`
  const checked = { dialect: row.dialect, tools, taken: [], fieldOf }
  const faults = await faultsOfStatements(needs, checked)
  if (faults.length > 0) throw invalidFields(faults)
  const place = { target, sourceKey: row.id, login: loginOf(credential, next.login) }
  return tryAtDatabase(needs, place, { tools, fieldOf })
}

const setOf = ({
  query,
  schemaTools,
  rowsMax,
  timeoutSeconds,
  bytesMax,
}: Input): Partial<StoredSource> => ({
  ...(query !== undefined && { query }),
  ...(schemaTools !== undefined && { schemaTools }),
  ...(rowsMax !== undefined && { rowsMax }),
  ...(timeoutSeconds !== undefined && { timeoutSeconds }),
  ...(bytesMax !== undefined && { bytesMax }),
})

const namesOf = (input: Input): string[] =>
  Object.entries(input)
    .filter(([name, value]) => name !== 'sourceId' && value !== undefined)
    .map(([name]) => name)
