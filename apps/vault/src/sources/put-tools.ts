import type { InputOf, OutputOf, putSourceTools, SourceStatement } from '@sallyport/contracts'
import type { AuthenticatedOwner } from '../identity/caller.ts'
import { policyCareOf } from '../tools/policy-care.ts'
import type { ToolRow, ToolsetChange } from '../tools/toolset-store.ts'
import { countChanges } from '../tools/toolsets/compare-toolsets.ts'
import { requireMayGive } from '../tools/toolsets/require-may-give.ts'
import { findToolUsers } from '../tools/toolsets/tool-users.ts'
import { faultsOfStatements } from './check-statements.ts'
import { openSource } from './open-source.ts'
import { planSourceTools, type ToolPlan } from './plan-source-tools.ts'
import { faultsOfSecret } from './secrets-in-clear.ts'
import { invalidFields, sourceConflict } from './source-problems.ts'
import type { SourceRow } from './source-store.ts'
import { changed, getSourceRow, type SourcesNeeds } from './sources-needs.ts'
import { type BuiltInChoice, builtInTools, statementOf, statementTool } from './statement-tool.ts'
import { loginOf, tryAtDatabase } from './try-at-database.ts'
import { viewSourceWithTools } from './view-source.ts'

type Input = InputOf<typeof putSourceTools>
type Output = OutputOf<typeof putSourceTools>

/**
 * Builds the operation `putSourceTools`: makes exactly these statements the tools of a source, or nothing. Tools are the same by
 * their name; ids, grants and what owners said of them stay. Tools that are gone lose their grants.
 */
export function createToolsPutting<Connection, Changes>(needs: SourcesNeeds<Connection, Changes>) {
  return async (owner: AuthenticatedOwner, input: Input): Promise<Output> => {
    const { workspaceId } = owner
    const row = await getSourceRow(needs, workspaceId, input.sourceId)
    if (input.version !== undefined && input.version !== row.toolset.version) throw sourceConflict()
    const { check, notes, plan, rows } = await prepare(needs, owner, { row, input })
    requireMayGive(owner, plan.changes)
    if (!input.dryRun) {
      await apply(needs, owner, { row, plan })
      if (check !== undefined) {
        await needs.store.keepCheck(row, { found: check, at: new Date(needs.now()) })
      }
    }
    const source = await viewSourceWithTools(needs, workspaceId, row.id)
    return { source, notes: [...notes, ...renamedNotes(rows, input.tools)], changes: plan.changes }
  }
}

/** Checks the statements and has the database take them, where it can be asked. */
async function prepare<Connection, Changes>(
  needs: SourcesNeeds<Connection, Changes>,
  owner: AuthenticatedOwner,
  { row, input }: { readonly row: SourceRow; readonly input: Input },
) {
  const { dialect } = row
  const { tools } = input
  const taken = builtInTools(row, row.id).map(({ name }) => name)
  const faults = await faultsOfStatements(needs, { dialect, tools, taken })
  if (faults.length > 0) throw invalidFields(faults)
  const planned = await planTools(needs, owner, { row, tools, builtIns: row })
  if (row.connection.status === 'revoked') {
    const notes = ['Its statements were not tried: its connection has been revoked.']
    return { ...planned, check: undefined, notes }
  }
  const credential = await openSource(needs, row)
  const password = credential.kind === 'basic' ? credential.password : undefined
  const secrets = tools.flatMap((tool, at) => faultsOfSecret(password, { [`tools[${at}]`]: tool }))
  if (secrets.length > 0) throw invalidFields(secrets)
  const login = loginOf(credential, row.login)
  const tried = await tryAtDatabase(needs, { target: row, sourceKey: row.id, login }, { tools })
  return { ...planned, ...tried }
}

/** What the tools of a source would be with these statements and built-in tools. */
export async function planTools<Connection, Changes>(
  needs: Pick<SourcesNeeds<Connection, Changes>, 'toolsets' | 'now' | 'newId'>,
  { workspaceId }: AuthenticatedOwner,
  {
    row,
    tools,
    builtIns,
  }: {
    readonly row: SourceRow
    readonly tools: readonly SourceStatement[]
    readonly builtIns: BuiltInChoice
  },
): Promise<{ readonly plan: ToolPlan; readonly rows: readonly ToolRow[] }> {
  const { toolsetId } = row
  const nowMs = needs.now()
  const [rows, whoUses] = await Promise.all([
    needs.toolsets.toolsOf(workspaceId, toolsetId),
    findToolUsers(needs.toolsets, { workspaceId, toolsetId }, nowMs),
  ])
  const definitions = [
    ...tools.map((tool) => statementTool(tool, row.id)),
    ...builtInTools(builtIns, row.id),
  ]
  const { newId } = needs
  const plan = planSourceTools(row, definitions, { rows, whoUses, at: new Date(nowMs), newId })
  return { plan, rows }
}

/** The statements that are tools of a source now. */
export const statementsOf = (rows: readonly ToolRow[]): SourceStatement[] =>
  rows.flatMap(({ definition }) => (definition === null ? [] : (statementOf(definition) ?? [])))

/** The plan as a change of the toolset. */
export const toolsetChange = (
  needs: Pick<SourcesNeeds, 'newId'>,
  owner: AuthenticatedOwner,
  {
    plan,
    set,
    at,
  }: {
    readonly plan: Pick<ToolPlan, 'insert' | 'update' | 'remove' | 'changes'>
    readonly set?: ToolsetChange['set']
    readonly at: Date
  },
): ToolsetChange => ({
  ...(set !== undefined && { set }),
  ...{ insert: plan.insert, update: plan.update, remove: plan.remove, at },
  note: { cause: 'edited', ownerId: owner.ownerId, ...countChanges(plan.changes) },
  newPolicyId: () => needs.newId('policy'),
  care: policyCareOf(owner),
})

async function apply<Connection, Changes>(
  needs: SourcesNeeds<Connection, Changes>,
  owner: AuthenticatedOwner,
  { row, plan }: { readonly row: SourceRow; readonly plan: ToolPlan },
): Promise<void> {
  const at = new Date(needs.now())
  const change = toolsetChange(needs, owner, { plan, at })
  const outcome = await needs.store.update(row, {
    set: { updatedAt: at },
    toolset: { version: row.toolset.version, change },
  })
  if (outcome === undefined || typeof outcome === 'string') throw sourceConflict()
  await changed(needs, owner, {
    operation: 'putSourceTools',
    source: row,
    outcome,
    detail: countChanges(plan.changes),
  })
}

/** A tool that its owner renamed keeps that name whatever its statement is called. */
function renamedNotes(rows: readonly ToolRow[], tools: readonly SourceStatement[]): string[] {
  const named = new Set(tools.map(({ name }) => name))
  return rows
    .filter(({ key, name }) => named.has(key) && name !== key)
    .map(({ key, name }) => `The statement ${key} is called ${name}, as an owner renamed it.`)
}
