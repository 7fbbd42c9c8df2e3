import type { FieldFault, ResponseRule } from '@sallyport/contracts'
import { beginFields, type FieldPlace, readFieldPath } from './field-tree.ts'
import { compileLoosePattern, looseForms } from './loose-path.ts'
import {
  type CompiledOriginPattern,
  compileOriginPattern,
  matchesOrigin,
} from './origin-pattern.ts'
import {
  type CompiledPathPattern,
  compilePathPattern,
  matchesPath,
  splitPath,
} from './path-pattern.ts'
import type { RedactText } from './redact-json.ts'
import type { Selection } from './select-json.ts'
import { expressionFault } from './sensitive/compile-expression.ts'
import { compileSensitive, type SensitiveFinder } from './sensitive/compile-sensitive.ts'
import { type CompiledTools, compileTools, matchesTool, type NamedTool } from './tool-pattern.ts'

/** A rule on answers, made ready. */
export interface CompiledResponseRule {
  readonly id: string
  readonly label: string | undefined
  readonly origins: readonly CompiledOriginPattern[] | undefined
  readonly methods: ReadonlySet<string> | undefined
  readonly paths: readonly CompiledPathPattern[] | undefined
  /** The same for the loose forms of a path: another spelling of it gets no more. */
  readonly loosePaths: readonly CompiledPathPattern[] | undefined
  /** Only answers to calls of these tools. */
  readonly tools: CompiledTools | undefined
  readonly statuses: ReadonlySet<number> | undefined
  readonly keep: FieldPlace | undefined
  readonly drop: FieldPlace | undefined
  readonly redact: SensitiveFinder | undefined
}

/** What of a request says whether a rule is about its answer. */
export interface AnsweredRequest {
  readonly method: string
  readonly origin: string
  readonly path: string
  /** Of a call of a tool. */
  readonly tool?: NamedTool | undefined
}

/** Compiles the rules of a policy. Throws for what `responseRuleFaults` finds. */
export function compileResponseRules(
  rules: readonly ResponseRule[] = [],
): readonly CompiledResponseRule[] {
  return rules.map(({ id, label, when = {}, keep, drop, redact, redactCustom }) => ({
    id,
    label,
    origins: when.origins?.map(compileOriginPattern),
    methods: when.methods && new Set<string>(when.methods),
    paths: when.paths?.map(compilePathPattern),
    loosePaths: when.paths?.map(compileLoosePattern),
    tools: when.tools && compileTools(when.tools, { byAnyName: true }),
    statuses: when.statuses && new Set(when.statuses),
    keep: keep && beginFields(keep),
    drop: drop && beginFields(drop),
    redact:
      redact === undefined && redactCustom === undefined
        ? undefined
        : compileSensitive(redact ?? [], redactCustom),
  }))
}

/** What keeps rules on answers from being compiled, by field (`response.2.keep.0`). */
export function responseRuleFaults(rules: readonly ResponseRule[] = []): FieldFault[] {
  return rules.flatMap(({ keep = [], drop = [], redactCustom = [] }, at) => {
    const pathFaults = Object.entries({ keep, drop }).flatMap(([name, paths]) =>
      paths.map((path, number) => ({
        field: `response.${at}.${name}.${number}`,
        message: fieldPathFault(path),
      })),
    )
    const expressionFaults = redactCustom.map(({ pattern }, number) => ({
      field: `response.${at}.redactCustom.${number}.pattern`,
      message: expressionFault(pattern),
    }))
    return [...pathFaults, ...expressionFaults].flatMap(({ field, message }) =>
      message === undefined ? [] : [{ field, message }],
    )
  })
}

function fieldPathFault(path: string): string | undefined {
  try {
    readFieldPath(path)
    return undefined
  } catch (error) {
    if (error instanceof SyntaxError) return error.message
    throw error
  }
}

/** The rules about answers to this request, whatever their status. The same list back where none is narrower. */
export function matchResponseRules(
  rules: readonly CompiledResponseRule[],
  request: AnsweredRequest,
): readonly CompiledResponseRule[] {
  if (rules.length === 0) return rules
  const path = splitPath(request.path)
  const forms = looseForms(path)
  return rules.filter(
    ({ origins, methods, paths, loosePaths, tools }) =>
      (tools === undefined || matchesTool(tools, request.tool)) &&
      methods?.has(request.method) !== false &&
      (origins?.some((origin) => matchesOrigin(origin, request.origin)) ?? true) &&
      (paths === undefined ||
        paths.some((pattern) => matchesPath(pattern, path)) ||
        loosePaths?.some((one) => forms.some((form) => matchesPath(one, form))) === true),
  )
}

/** What is done to an answer: what stays of its members, and what is taken out of its texts. */
export interface AnswerRewriting {
  /** The rules that apply. */
  readonly rules: readonly CompiledResponseRule[]
  /** Absent where every member stays. */
  readonly selection: Selection | undefined
  /** Absent where nothing is redacted. */
  readonly redact: RedactText | undefined
}

/** What rules do together to an answer of this status; undefined where that is nothing. */
export function rewritingOf(
  matching: readonly CompiledResponseRule[],
  status: number,
): AnswerRewriting | undefined {
  if (matching.length === 0) return undefined
  const rules = matching.filter(({ statuses }) => statuses?.has(status) !== false)
  if (rules.length === 0) return undefined
  const keeps = rules.flatMap(({ keep }) => (keep === undefined ? [] : [keep]))
  const drop = rules.flatMap((rule) => rule.drop ?? [])
  const finders = rules.flatMap(({ redact }) => (redact === undefined ? [] : [redact]))
  return {
    rules,
    selection: keeps.length + drop.length === 0 ? undefined : { keeps, drop },
    redact: finders.length === 0 ? undefined : redactWith(finders),
  }
}

/** What is left after a finding may look like another one: it is looked at again, so often. */
const roundsMax = 3

/** Redacts with several finders until none of them finds anything; where that has no end, the whole text goes. */
function redactWith(finders: readonly SensitiveFinder[]): RedactText {
  return function* (text, beside) {
    let left = text
    let count = 0
    for (let round = 0; round < roundsMax; round++) {
      const before = count
      for (const finder of finders) {
        const found = yield* finder.redactInTurns(left, beside)
        left = found.text
        count += found.count
      }
      if (count === before) return { text: left, count }
    }
    for (const finder of finders) {
      const [found] = yield* finder.findInTurns(left, beside)
      if (found !== undefined) return { text: `[redacted:${found.kind}]`, count }
    }
    return { text: left, count }
  }
}
