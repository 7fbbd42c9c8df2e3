import type { FieldFault, SourceStatement, SqlDialect, SqlParameter } from '@sallyport/contracts'
import type { SourcesNeeds } from './sources-needs.ts'

/** What statements are checked for without asking the database. */
interface Checked {
  readonly dialect: SqlDialect
  readonly tools: readonly SourceStatement[]
  /** Names that the source’s built-in tools have. */
  readonly taken: readonly string[]
  /** Where they stand in the input. */
  readonly fieldOf?: ((at: number) => string) | undefined
}

/** Told of one input. */
const faultsMax = 20

/** What is wrong with statements, by field: names, parameters, and what the parser says of each. */
export async function faultsOfStatements(
  { gate }: Pick<SourcesNeeds, 'gate'>,
  { dialect, tools, taken, fieldOf = (at) => `tools[${at}]` }: Checked,
): Promise<FieldFault[]> {
  const faults: FieldFault[] = []
  const used = new Map(taken.map((name) => [name.toLowerCase(), 'a built-in tool of the source']))
  for (const [at, tool] of tools.entries()) {
    if (faults.length >= faultsMax) break
    const field = fieldOf(at)
    const before = used.get(tool.name.toLowerCase())
    if (before !== undefined) {
      faults.push({ field: `${field}.name`, message: `is the name of ${before}` })
    }
    used.set(tool.name.toLowerCase(), 'another statement')
    faults.push(...faultsOfParameters(tool.parameters, field))
    const fault = await faultOfStatement({ gate }, dialect, tool)
    if (fault !== undefined) faults.push({ ...fault, field: `${field}.${fault.field}` })
  }
  return faults
}

/** A statement that may stand where it is marked as writing says so at that mark. */
async function faultOfStatement(
  { gate }: Pick<SourcesNeeds, 'gate'>,
  dialect: SqlDialect,
  { statement, parameters, writes }: SourceStatement,
): Promise<FieldFault | undefined> {
  const asked = { statement, parameterCount: parameters.length }
  const verdict = await gate.checkStatement(dialect, { ...asked, writes })
  if (verdict.ok) return undefined
  if (!writes && (await gate.checkStatement(dialect, { ...asked, writes: true })).ok) {
    return {
      field: 'writes',
      message: `must be true: ${verdict.reason} Its calls are then approved like writes`,
    }
  }
  return { field: 'statement', message: verdict.reason }
}

/**
 * Whether a statement has to be marked as writing, as the parser knows it; a sentence where it can be no tool at all.
 */
export async function readWrites(
  { gate }: Pick<SourcesNeeds, 'gate'>,
  dialect: SqlDialect,
  { statement, parameterCount }: { readonly statement: string; readonly parameterCount: number },
): Promise<{ readonly writes: boolean } | { readonly refused: string }> {
  const reads = await gate.checkStatement(dialect, { statement, parameterCount, writes: false })
  if (reads.ok) return { writes: false }
  const may = await gate.checkStatement(dialect, { statement, parameterCount, writes: true })
  return may.ok ? { writes: true } : { refused: may.reason }
}

function faultsOfParameters(parameters: readonly SqlParameter[], under: string): FieldFault[] {
  const used = new Set<string>()
  return parameters.flatMap((parameter, at): FieldFault[] => {
    const field = `${under}.parameters[${at}]`
    const isTwice = used.has(parameter.name)
    used.add(parameter.name)
    if (isTwice) return [{ field: `${field}.name`, message: 'stands twice' }]
    if (parameter.agent !== undefined && parameter.default !== undefined) {
      return [{ field: `${field}.default`, message: 'must be left out: the vault fills it in' }]
    }
    if (fitsDefault(parameter)) return []
    return [{ field: `${field}.default`, message: `must be ${wordOf(parameter)}` }]
  })
}

const wordOf = ({ type, items }: SqlParameter): string =>
  type === 'array' ? `a list of values of the type ${items}, or null` : `of the type ${type}`

function fitsDefault({ type, items, default: value }: SqlParameter): boolean {
  if (value === undefined || value === null) return true
  if (type !== 'array') return fits(type, value)
  return Array.isArray(value) && value.every((one) => one === null || fits(items ?? 'string', one))
}

function fits(type: Exclude<SqlParameter['type'], 'array'>, value: unknown): boolean {
  if (type === 'integer') return Number.isSafeInteger(value)
  if (type === 'float') return typeof value === 'number' && Number.isFinite(value)
  return typeof value === type
}
