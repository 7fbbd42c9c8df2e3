import { type CatalogAction, expandGuard, guardPresets } from '@sallyport/catalog'
import {
  type AllowEntry,
  type ExpandedGuard,
  type GuardLevel,
  guardLevels,
  type PolicyDocument,
  type RequestRule,
  type ResponseRule,
} from '@sallyport/contracts'
import { tidyRequestRule, tidyResponseRule } from '../tidy-rules.ts'

// Where rules come from: each that a guard made is traced to its preset and compared with what the preset says.

type Rule = RequestRule | ResponseRule

/** How a rule departs from what its preset says. `gone`: the preset makes no such rule. */
export type Departure = 'effect' | 'conditions' | 'fewer' | 'gone'

/** Where a rule comes from. */
export interface RuleOrigin {
  readonly presetId: string
  /** Its name in the catalog, or its id where the catalog has none of that id. */
  readonly presetLabel: string
  /** What the preset is for, in plain words. */
  readonly sentence: string | undefined
  readonly level: GuardLevel | undefined
  readonly actionLabel: string | undefined
  /** None where the rule says what the preset says. */
  readonly departure: Departure | undefined
  /** The rule as the preset makes it now. */
  readonly made: Rule | undefined
}

type FindAction = (id: string) => CatalogAction | undefined

const presetById = new Map(guardPresets.map((preset) => [preset.id, preset]))

/** Stands for the owner's own domains where none can be told any more. */
const anyDomain = 'example.com'

/** The action whose guard made a rule; rules of one's own have none. */
export const actionIdOf = ({ id, preset }: Pick<Rule, 'id' | 'preset'>): string | undefined =>
  preset === undefined ? undefined : /^([^.]+)\./.exec(id)?.[1]

/** The level in a rule's `preset`: `external-recipients@strict`. */
export function levelOf(preset: string | undefined): GuardLevel | undefined {
  const said = preset?.split('@')[1]
  return guardLevels.find((level) => level === said)
}

/** What guards make for a draft. Each is made once, however many rules ask for it. */
export function guardsOf(draft: Pick<PolicyDocument, 'allow' | 'rules'>, findAction: FindAction) {
  const made = new Map<string, ExpandedGuard | undefined>()
  return (actionId: string, level: GuardLevel): ExpandedGuard | undefined => {
    const key = `${actionId}@${level}`
    if (!made.has(key)) made.set(key, makeGuard(draft, findAction(actionId), level))
    return made.get(key)
  }
}

function makeGuard(
  { allow, rules = [] }: Pick<PolicyDocument, 'allow' | 'rules'>,
  found: CatalogAction | undefined,
  level: GuardLevel,
): ExpandedGuard | undefined {
  if (found === undefined) return undefined
  const { action, service } = found
  const granted: readonly AllowEntry[] = allow.filter(
    ({ actionTemplateId }) => actionTemplateId === action.id,
  )
  const domains = domainsOf(rules, action.id)
  return expandGuard(
    { service, action, allow: granted },
    { level, domains: domains.length > 0 ? [...domains] : [anyDomain] },
  )
}

/** The domains that most rules of an action's guard take for one's own: `@example.com` is compared with. */
export function domainsOf(rules: readonly RequestRule[], actionId: string): readonly string[] {
  const counts = new Map<string, number>()
  for (const rule of rules) {
    if (actionIdOf(rule) !== actionId) continue
    for (const { op, value } of rule.when.body ?? []) {
      if (op !== 'not_ends_with') continue
      const said = domainsIn(Array.isArray(value) ? value : [value]).join(' ')
      counts.set(said, (counts.get(said) ?? 0) + 1)
    }
  }
  const [most] = [...counts].sort(([, one], [, other]) => other - one)
  return most === undefined || most[0] === '' ? [] : most[0].split(' ')
}

const domainsIn = (values: readonly unknown[]): readonly string[] => [
  ...new Set(
    values.flatMap((value) =>
      typeof value === 'string' && /^@[a-z0-9.-]+$/.test(value) ? [value.slice(1)] : [],
    ),
  ),
]

/** Where a rule comes from; undefined for one of the owner's own. */
export function originOf(
  rule: Rule,
  findAction: FindAction,
  guard: ReturnType<typeof guardsOf>,
): RuleOrigin | undefined {
  if (rule.preset === undefined) return undefined
  const [presetId = rule.preset] = rule.preset.split('@')
  const preset = presetById.get(presetId)
  const level = levelOf(rule.preset)
  const actionId = actionIdOf(rule)
  const expanded =
    actionId === undefined || level === undefined ? undefined : guard(actionId, level)
  const list: readonly Rule[] =
    'then' in rule ? (expanded?.rules ?? []) : (expanded?.response ?? [])
  const made = list.find(({ id }) => id === rule.id)
  return {
    presetId,
    presetLabel: preset?.label ?? presetId,
    sentence: preset?.sentence,
    level,
    actionLabel: actionId === undefined ? undefined : findAction(actionId)?.action.label,
    departure: made === undefined ? 'gone' : departureOf(rule, made),
    made,
  }
}

/** How a rule differs from what its preset makes. A rule that holds for more requests keeps back no less: it does not. */
function departureOf(rule: Rule, made: Rule): Departure | undefined {
  if (effectOf(rule) !== effectOf(made)) return 'effect'
  if (plain(conditionsOf(rule)) !== plain(conditionsOf(made))) return 'conditions'
  return scopeNames.every((name) => reaches(rule.when?.[name], made.when?.[name]))
    ? undefined
    : 'fewer'
}

const scopeNames = ['origins', 'methods', 'paths'] as const

const effectOf = (rule: Rule): string | undefined => ('then' in rule ? rule.then : undefined)

/** All that a rule says besides its name, its effect, and where it holds. */
function conditionsOf(rule: Rule): unknown {
  const {
    id: _id,
    label: _label,
    preset: _preset,
    ...said
  } = 'then' in rule ? { ...tidyRequestRule(rule), then: undefined } : tidyResponseRule(rule)
  return { ...said, when: { ...said.when, origins: [], methods: [], paths: [] } }
}

/** Whether one list, of which none means all, names everything that the other does. */
function reaches(list: readonly string[] = [], wanted: readonly string[] = []): boolean {
  if (list.length === 0) return true
  return wanted.length > 0 && wanted.every((name) => list.includes(name))
}

/** A value as text, in which the order of members and of alternatives does not matter, nor what says nothing. */
function plain(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(plain).sort()}]`
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? ''
  const said = Object.entries(value)
    .map(([name, member]) => [name, plain(member)] as const)
    .filter(([, text]) => !saysNothing.includes(text))
  return `{${said.map((pair) => pair.join(':')).sort()}}`
}

const saysNothing: readonly string[] = ['', '[]', '{}']
