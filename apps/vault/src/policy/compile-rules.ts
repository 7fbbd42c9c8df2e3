import type { RequestCondition, RequestRule } from '@sallyport/contracts'
import { compileLoosePattern } from './loose-path.ts'
import { type CompiledOriginPattern, compileOriginPattern } from './origin-pattern.ts'
import { type CompiledPathPattern, compilePathPattern } from './path-pattern.ts'
import { type CompiledSensitive, compileSensitiveCondition } from './sensitive-condition.ts'
import {
  type CompiledCondition,
  compileBodyCondition,
  compileQueryCondition,
} from './test-condition.ts'
import { type CompiledTools, compileTools } from './tool-pattern.ts'

/** Which requests something is about, by what their first line says. */
export interface CompiledScope {
  readonly methods: ReadonlySet<string> | undefined
  readonly origins: readonly CompiledOriginPattern[] | undefined
  readonly paths: readonly CompiledPathPattern[] | undefined
  /** The same for the loose forms of a path. */
  readonly loosePaths: readonly CompiledPathPattern[] | undefined
  /** Only calls of these tools. */
  readonly tools: CompiledTools | undefined
}

/** A rule made ready. */
export interface CompiledRule {
  readonly id: string
  readonly label: string | undefined
  readonly then: RequestRule['then']
  readonly scope: CompiledScope
  readonly query: readonly CompiledCondition[]
  readonly body: readonly CompiledCondition[]
  readonly sensitive: CompiledSensitive | undefined
  /** The rule as it is written. */
  readonly source: RequestRule
}

/** Rules by what they do, each in the order of the policy. */
export interface RulesByEffect {
  readonly deny: readonly CompiledRule[]
  readonly redact: readonly CompiledRule[]
  readonly rest: readonly CompiledRule[]
}

/** The rules of a policy. */
export interface CompiledRules {
  readonly all: readonly CompiledRule[]
  /** Those that are about a method; `other` are about every method. */
  readonly byMethod: ReadonlyMap<string, RulesByEffect>
  readonly other: RulesByEffect
}

/** Compiles the rules once for many decisions. Never throws: what makes no sense is unclear about every request. */
export function compileRules(rules: readonly RequestRule[] = []): CompiledRules {
  const finders = new Map<string, CompiledSensitive>()
  const all = rules.map((rule) => compileRule(rule, finders))
  const methods = new Set(all.flatMap(({ scope }) => [...(scope.methods ?? [])]))
  const about = (method: string | undefined) =>
    byEffect(
      all.filter(
        ({ scope }) =>
          scope.methods === undefined || (method !== undefined && scope.methods.has(method)),
      ),
    )
  return {
    all,
    byMethod: new Map([...methods].map((method) => [method, about(method)])),
    other: about(undefined),
  }
}

const byEffect = (rules: readonly CompiledRule[]): RulesByEffect => ({
  deny: rules.filter((rule) => rule.then === 'deny'),
  redact: rules.filter((rule) => rule.then === 'redact'),
  rest: rules.filter((rule) => rule.then === 'allow' || rule.then === 'require_approval'),
})

function compileRule(source: RequestRule, finders: Map<string, CompiledSensitive>): CompiledRule {
  const { id, label, when, then } = source
  return {
    id,
    label,
    then,
    scope: compileScope(when, then),
    query: (when.query ?? []).map(compileQueryCondition),
    body: (when.body ?? []).map(compileBodyCondition),
    sensitive: when.sensitive && shared(when.sensitive, finders),
    source,
  }
}

/** Rules that look for the same share one finder, and so what it found in a request. */
function shared(
  condition: NonNullable<RequestCondition['sensitive']>,
  finders: Map<string, CompiledSensitive>,
): CompiledSensitive {
  const key = JSON.stringify([condition.kinds, condition.custom, condition.fields])
  const known = finders.get(key)
  if (known !== undefined) return known
  const made = compileSensitiveCondition(condition)
  finders.set(key, made)
  return made
}

/** Compiles the part of a condition that needs neither query nor body. */
function compileScope(
  {
    methods,
    origins,
    paths,
    tools,
  }: Pick<RequestCondition, 'methods' | 'origins' | 'paths' | 'tools'>,
  then: RequestRule['then'],
): CompiledScope {
  return {
    methods: methods && new Set<string>(methods),
    origins: origins?.map(compileOriginPattern),
    paths: paths?.map(compilePathPattern),
    loosePaths: paths?.map(compileLoosePattern),
    tools: tools && compileTools(tools, { byAnyName: then !== 'allow' }),
  }
}
