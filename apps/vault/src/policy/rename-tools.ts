import type { PolicyDocument, RequestRule, ResponseRule } from '@sallyport/contracts'
import { compileTools, matchesTool } from './tool-pattern.ts'

// Rules speak of tools by their names. Where a tool gets another one, what keeps it back goes on doing so.

/** Tools that get other names, and the toolset that does. All names of tools are full ones. */
export interface ToolRenames {
  /** By the name that it has had. */
  readonly tools: ReadonlyMap<string, string>
  readonly toolset?: { readonly from: string; readonly to: string } | undefined
}

/** A rule that speaks of a tool from now on, or no longer, by its new name. */
export interface RuleTurn {
  readonly ruleId: string
  /** What it does; `filter`: with the answer. */
  readonly then: RequestRule['then'] | 'filter'
  readonly tool: string
  readonly turn: 'begins' | 'ceases'
}

export interface RenamedRules {
  /** The same one where nothing of it had to be written anew. */
  readonly document: PolicyDocument
  readonly turns: readonly RuleTurn[]
}

/** As the contracts bound them. */
const patternsMax = 100

/**
 * Writes the names in rules anew. A rule that keeps something back (denies, asks, redacts, filters answers) is about the same tools as
 * before, whatever patterns it has: a name is added where none fits any more. One that allows goes along by exact names only.
 */
export function renameInRules(document: PolicyDocument, renames: ToolRenames): RenamedRules {
  const turns: RuleTurn[] = []
  const rename = <Rule extends RequestRule | ResponseRule>(rule: Rule): Rule => {
    const before = rule.when?.tools
    if (before === undefined) return rule
    const then: RuleTurn['then'] = 'then' in rule ? rule.then : 'filter'
    const after = renamePatterns(before, renames, then !== 'allow')
    turns.push(
      ...turnsOf({ before, after }, renames).map((turn) => ({ ...turn, ruleId: rule.id, then })),
    )
    return isSame(before, after) ? rule : { ...rule, when: { ...rule.when, tools: after } }
  }
  const { rules = [], response = [] } = document
  const [ruled, answered] = [rules.map(rename), response.map(rename)]
  const isOther = [...ruled, ...answered].some((rule, at) => rule !== [...rules, ...response][at])
  if (!isOther) return { document, turns }
  const renamed = {
    ...document,
    ...(document.rules !== undefined && { rules: ruled }),
    ...(document.response !== undefined && { response: answered }),
  }
  return { document: renamed, turns }
}

function renamePatterns(
  before: readonly string[],
  { tools, toolset }: ToolRenames,
  keepsBack: boolean,
): string[] {
  const after = before.map((pattern) => {
    const renamed = pattern.endsWith('*') ? undefined : tools.get(pattern)
    if (renamed !== undefined) return renamed
    return toolset !== undefined && pattern.startsWith(`${toolset.from}.`)
      ? `${toolset.to}${pattern.slice(toolset.from.length)}`
      : pattern
  })
  if (!keepsBack) return distinct(after)
  if (toolset !== undefined && isAboutAll(before, toolset.from) && !isAboutAll(after, toolset.to)) {
    after.push(`${toolset.to}.*`)
  }
  const [was, is] = [aboutOf(before), aboutOf(after)]
  const missing = [...tools].flatMap(([from, to]) => (was(from) && !is(to) ? [to] : []))
  return fit(distinct([...after, ...missing]), missing)
}

/** Where they are more than a rule can have: whole toolsets of those that came in, or all tools; that keeps back more, never less. */
function fit(all: readonly string[], added: readonly string[]): string[] {
  if (all.length <= patternsMax) return [...all]
  const toolsets = distinct(added.map((name) => name.slice(0, name.indexOf('.') + 1)))
  const others = all.filter((pattern) => !toolsets.some((toolset) => pattern.startsWith(toolset)))
  const whole = [...others, ...toolsets.map((toolset) => `${toolset}*`)]
  return whole.length <= patternsMax ? whole : ['*']
}

function turnsOf(
  { before, after }: { readonly before: readonly string[]; readonly after: readonly string[] },
  { tools }: ToolRenames,
): Pick<RuleTurn, 'tool' | 'turn'>[] {
  const [was, is] = [aboutOf(before), aboutOf(after)]
  return [...tools].flatMap(([from, tool]): Pick<RuleTurn, 'tool' | 'turn'>[] => {
    const isNow = is(tool)
    return was(from) === isNow ? [] : [{ tool, turn: isNow ? 'begins' : 'ceases' }]
  })
}

function aboutOf(patterns: readonly string[]): (name: string) => boolean {
  const compiled = compileTools(patterns, { byAnyName: false })
  return (name) => matchesTool(compiled, { name })
}

/** A pattern that begins before the tool’s name does is about all of them. */
const isAboutAll = (patterns: readonly string[], toolset: string) =>
  patterns.some(
    (pattern) => pattern.endsWith('*') && `${toolset}.`.startsWith(pattern.slice(0, -1)),
  )

const distinct = (patterns: readonly string[]): string[] => [...new Set(patterns)]

const isSame = (one: readonly string[], other: readonly string[]) =>
  one.length === other.length && one.every((pattern, at) => pattern === other[at])
