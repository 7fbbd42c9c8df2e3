import {
  type FieldFault,
  Problem,
  type SourceCheck,
  type SourceStatement,
} from '@sallyport/contracts'
import type { SqlBoundValue, SqlLogin, SqlTarget } from './engine/sql-engine.ts'
import { invalidFields } from './source-problems.ts'
import type { StoredTarget } from './source-store.ts'
import { engineTarget } from './source-target.ts'
import type { SourceCredential, SourcesNeeds } from './sources-needs.ts'

/** For a test of a source, and for trying its statements, in ms. */
const checkMsMax = 15_000
const prepareMsMax = 5_000
const statementsMsMax = 25_000
/** Told of one input. */
const faultsMax = 20

/** Who signs in: with the password where there is one, else by name alone. */
export function loginOf(credential: SourceCredential, user: string | null): SqlLogin | undefined {
  if (credential.kind === 'basic') {
    return { user: credential.username, password: credential.password }
  }
  return user === null ? undefined : { user, password: '' }
}

/** Where statements are tried. */
export interface Place {
  readonly target: StoredTarget
  /** Whose sessions are counted together. */
  readonly sourceKey: string
  readonly login: SqlLogin | undefined
}

/** Signs in and looks at what the role may do; what is wrong is told in the check. */
export async function checkSource(
  { engine }: Pick<SourcesNeeds, 'engine'>,
  { target, sourceKey, login }: Place,
  use: { readonly writes: boolean },
): Promise<SourceCheck> {
  const found = await engine.check(engineTarget(target, sourceKey), login, {
    ...{ use, timeoutMs: checkMsMax },
    signal: AbortSignal.timeout(checkMsMax + 1_000),
  })
  return { ...found, warnings: [...found.warnings] }
}

interface Tried {
  readonly check: SourceCheck
  readonly notes: string[]
}

/**
 * Tests a source that is about to be saved and has the database prepare its statements, so that a wrong one is told now and not
 * to an agent. A database that cannot be reached keeps nothing from being saved: the check and the notes say so.
 * @throws Problem invalid-input for a file that is out of bounds, and for statements that the database does not take
 */
export async function tryAtDatabase(
  needs: Pick<SourcesNeeds, 'engine'>,
  place: Place,
  {
    tools,
    fieldOf = (at) => `tools[${at}]`,
  }: {
    readonly tools: readonly SourceStatement[]
    readonly fieldOf?: ((at: number) => string) | undefined
  },
): Promise<Tried> {
  const check = await checkSource(needs, place, { writes: tools.some(({ writes }) => writes) })
  if (!check.ok && check.stage === 'address' && place.target.dialect === 'sqlite') {
    throw invalidFields([{ field: 'path', message: check.message }])
  }
  if (tools.length === 0) return { check, notes: [] }
  if (!check.ok) return { check, notes: [`Its statements were not tried: ${check.message}`] }
  const faults: FieldFault[] = []
  const endsAt = AbortSignal.timeout(statementsMsMax)
  const target = engineTarget(place.target, place.sourceKey)
  for (const [at, tool] of tools.entries()) {
    const outcome = await prepareOne(needs, { target, login: place.login, tool, endsAt })
    if ('note' in outcome) {
      const rest = tools.length - at
      const notes = [`${rest} of ${tools.length} statements were not tried: ${outcome.note}`]
      if (faults.length > 0) throw invalidFields(faults)
      return { check, notes }
    }
    if (outcome.refused !== undefined) {
      faults.push({ field: `${fieldOf(at)}.statement`, message: outcome.refused })
    }
    if (faults.length >= faultsMax) break
  }
  if (faults.length > 0) throw invalidFields(faults)
  return { check, notes: [] }
}

async function prepareOne(
  { engine }: Pick<SourcesNeeds, 'engine'>,
  {
    target,
    login,
    tool,
    endsAt,
  }: {
    readonly target: SqlTarget
    readonly login: SqlLogin | undefined
    readonly tool: SourceStatement
    readonly endsAt: AbortSignal
  },
): Promise<{ readonly note: string } | { readonly refused: string | undefined }> {
  if (endsAt.aborted) return { note: 'trying them took too long.' }
  try {
    const outcome = await engine.prepare(target, login, {
      ...{ statement: tool.statement, parameters: typesOf(tool), writes: tool.writes },
      ...{ timeoutMs: prepareMsMax, signal: endsAt },
    })
    return {
      refused:
        'refused' in outcome ? `is refused by the database: ${outcome.refused.message}` : undefined,
    }
  } catch (thrown) {
    if (thrown instanceof Problem) return { note: thrown.detail }
    throw thrown
  }
}

type BoundType = SqlBoundValue['type']

const typesOf = ({ parameters }: SourceStatement) =>
  parameters.map(({ type, items }) =>
    type === 'array' ? (`${items ?? 'string'}[]` as const) : (type satisfies BoundType),
  )
