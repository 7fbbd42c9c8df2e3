import type {
  ActionTemplate,
  AllowEntry,
  BodyCondition,
  ExpandedGuard,
  GuardWish,
  HttpMethod,
  RequestCondition,
  RequestRule,
  ResponseRule,
} from '@sallyport/contracts'
import type { Service } from '../schema.ts'
import { guardBindings } from './bindings.ts'
import type { GuardBinding, GuardedWhen } from './guard-binding.ts'
import type { GuardPreset } from './guard-preset.ts'
import { guardUses } from './guard-uses.ts'
import { guardPresets } from './presets.ts'

interface Guarded {
  readonly service: Pick<Service, 'category'>
  readonly action: ActionTemplate
  /** What is granted of the action, with the hosts as the policy will name them. */
  readonly allow?: readonly AllowEntry[]
}

const presetById = new Map(guardPresets.map((preset) => [preset.id, preset]))

/**
 * What an action template's guard comes to at a level: rules that concern the requests of that action alone. Each names its
 * preset, and the same wish gives the same rules under the same ids. Presets that speak of outsiders say nothing without
 * `domains`.
 */
export function expandGuard(guarded: Guarded, wish: GuardWish): ExpandedGuard {
  const { service, action } = guarded
  const used = guardUses(service, action, wish.level).flatMap((id) => presetById.get(id) ?? [])
  const presets = used.filter((preset) => !needsDomains(preset) || wish.domains.length > 0)
  const rules: RequestRule[] = []
  const response: ResponseRule[] = []
  for (const preset of presets) {
    const made = conditionsOf(preset, guarded, wish).map((when) => ({ when }))
    const name = `${preset.id}@${wish.level}`
    const label = preset.label
    for (const [at, { when }] of made.entries()) {
      const id = ruleId(action, preset, at)
      const { effect, redact } = preset
      if (effect !== undefined) rules.push(requestRule({ id, label, preset: name, when }, effect))
      if (redact !== undefined)
        response.push({ id, label, preset: name, when, redact: [...redact] })
    }
  }
  const limits = presets.find((preset) => preset.limits !== undefined)?.limits
  return {
    parts: used.map((preset) => ({
      preset: preset.id,
      group: preset.group,
      label: preset.label,
      sentence: preset.sentence,
      needsDomains: needsDomains(preset),
    })),
    rules,
    response,
    ...(limits !== undefined && { limits }),
  }
}

const requestRule = (
  rule: Omit<RequestRule, 'then'>,
  effect: RequestRule['then'],
): RequestRule => ({
  ...rule,
  then: effect,
})

/** The ids of an action's rules: by them they are found again when it is granted anew. */
export const guardRulePrefix = ({ id }: Pick<ActionTemplate, 'id'>) => `${id}.`

const ruleId = (action: ActionTemplate, preset: GuardPreset, at: number) =>
  `${guardRulePrefix(action)}${preset.id}${at === 0 ? '' : `.${at + 1}`}`

const needsDomains = ({ test }: GuardPreset) => test?.op === 'outside' || test?.op === 'foreign'

/** One condition for each rule of a preset: alternatives are rules of their own. */
function conditionsOf(preset: GuardPreset, guarded: Guarded, wish: GuardWish): RequestCondition[] {
  const binding = guardBindings[guarded.action.id]
  const where = scopeOf(guarded, preset, binding)
  const within = (cases: readonly GuardedWhen[] = []) => casesOf(where, cases)
  if (preset.ofUnseen === true) {
    const uploads = binding?.uploads?.length ? [{ paths: binding.uploads }] : []
    return within([...(binding?.unseen?.when ?? []), ...uploads])
  }
  if (preset.ofDeletions === true) {
    return [...where, ...casesOf(writingOf(guarded), binding?.deletionsWhen ?? [])]
  }
  if (preset.sensitive !== undefined) {
    const fields = binding?.fields.text
    const kinds = [...preset.sensitive]
    // Everywhere, the query too; and in the texts that have to be taken apart first, or that a body is too odd to show.
    return where.flatMap((scope) => [
      { ...scope, sensitive: { kinds } },
      ...(fields === undefined ? [] : [{ ...scope, sensitive: { kinds, fields: [...fields] } }]),
    ])
  }
  if (preset.role === undefined) return where
  const paths = binding?.fields[preset.role] ?? []
  const tests = paths.flatMap((path) => testsOf(preset, path, wish))
  return [
    ...casesOf(
      preset.role === 'fileNames' ? withoutUploads(where, binding) : where,
      tests.map((test) => ({ body: [test] })),
    ),
    ...within(binding?.also?.[preset.role]),
  ]
}

/** The same requests, where each case holds. A case that names paths holds at those alone. */
function casesOf(
  where: readonly RequestCondition[],
  cases: readonly GuardedWhen[],
): RequestCondition[] {
  return cases.flatMap(({ paths, body, query }) => {
    const scopes = paths === undefined ? where : where.slice(0, 1)
    return scopes.map((scope) => ({
      ...scope,
      ...(paths !== undefined && { paths: [...paths] }),
      ...(query !== undefined && { query: [...query] }),
      ...(body !== undefined && { body: [...body] }),
    }))
  })
}

function withoutUploads(
  where: readonly RequestCondition[],
  binding: GuardBinding | undefined,
): RequestCondition[] {
  const uploads = new Set(binding?.uploads)
  return where.flatMap((scope) => {
    const paths = scope.paths?.filter((path) => !uploads.has(path)) ?? []
    return paths.length === 0 ? [] : [{ ...scope, paths }]
  })
}

function testsOf({ test }: GuardPreset, path: string, { domains }: GuardWish): BodyCondition[] {
  if (test === undefined) return []
  if (test.op === 'exists') return [{ path, op: 'exists' }]
  if (test.op === 'count_gt') return [{ path, op: 'count_gt', value: test.value }]
  if (test.op === 'foreign') {
    return [{ path, op: 'not_in', value: [...domains], ignoreCase: true }]
  }
  if (test.op !== 'outside') {
    return [{ path, op: test.op, value: [...test.value], ignoreCase: true }]
  }
  const own = domains.flatMap((domain) => [`@${domain}`, `@${domain}>`])
  const outside: BodyCondition = { path, op: 'not_ends_with', value: own, ignoreCase: true }
  // Several addresses in one text: the last alone would be compared. What reads a message has taken them apart.
  if (path.includes('@mime')) return [outside]
  return [outside, { path, op: 'matches', value: ['[,;\\r\\n]|(?s)@.*@'] }]
}

/** The requests that a preset is about: writing ones, deleting ones, or those whose answers are read. */
function scopeOf(
  guarded: Guarded,
  preset: GuardPreset,
  binding: GuardBinding | undefined,
): RequestCondition[] {
  const { action, allow = action.allow } = guarded
  const scope = scopeAt(allow)
  if (preset.ofDeletions === true) {
    const deleting = allow.filter(({ methods }) => methods.includes('DELETE'))
    const named = binding?.deletions ?? []
    return [
      ...(deleting.length === 0 ? [] : scope(['DELETE'], pathsOf(deleting))),
      ...(named.length === 0 ? [] : scope(['POST', 'PUT', 'PATCH'], named)),
    ]
  }
  if (preset.redact !== undefined || preset.limits !== undefined) {
    return scope(allMethods(allow), pathsOf(allow))
  }
  return writingOf(guarded)
}

function writingOf({ action, allow = action.allow }: Guarded): RequestCondition[] {
  const writing = allow.filter(({ methods }) => methods.some((method) => !isRead(method)))
  const methods = allMethods(writing).filter((method) => !isRead(method))
  return scopeAt(allow)(methods, pathsOf(writing))
}

/** Of these entries' hosts. */
function scopeAt(allow: readonly AllowEntry[]) {
  const origins = [...new Set(allow.map(({ origin }) => origin))]
  return (methods: readonly HttpMethod[], paths: readonly string[]): RequestCondition[] =>
    chunked(paths).map((some) => ({
      // Of more hosts than a condition names, all are meant.
      ...(origins.length > 0 && origins.length <= originsMax && { origins }),
      methods: [...methods],
      paths: [...some],
    }))
}

const pathsOf = (entries: readonly AllowEntry[]) => [
  ...new Set(entries.flatMap((entry) => entry.paths)),
]
const isRead = (method: HttpMethod) => method === 'GET' || method === 'HEAD'
const allMethods = (entries: readonly AllowEntry[]) => [
  ...new Set(entries.flatMap(({ methods }) => methods)),
]

/** What one condition holds at most. */
const pathsMax = 100
const originsMax = 20

function chunked(paths: readonly string[]): string[][] {
  const chunks: string[][] = []
  for (let at = 0; at < paths.length; at += pathsMax) chunks.push(paths.slice(at, at + pathsMax))
  return chunks
}
