import { describeLimits, rateWords } from './describe-limits.ts'
import { describeResponseRules, describeRules } from './describe-rules.ts'
import { describeToolGrants, grantsTools, toolsAsk } from './describe-tool-grants.ts'
import type { AllowEntry, PolicyDocument, TimeWindow } from './policy.ts'
import { weekdays } from './policy.ts'

type Mode = PolicyDocument['approval']
type Described = Pick<PolicyDocument, 'allow' | 'approval'> & Partial<PolicyDocument>

/** Paths that one sentence names; of more it says how many. */
const pathsMax = 20
const defaultApprovalMinutes = 30

const strictness: Readonly<Record<Mode, number>> = { never: 0, writes: 1, always: 2 }
const verbs = [
  { verb: 'read', methods: ['GET', 'HEAD'] },
  { verb: 'write', methods: ['POST', 'PUT', 'PATCH'] },
  { verb: 'delete', methods: ['DELETE'] },
] as const
const months =
  'January February March April May June July August September October November December'.split(' ')
const dayNames = ['Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday', 'Sunday']

/**
 * Says in plain words what a policy allows and when it asks, for the owner who reads it: whole sentences, in the order of
 * the policy. Times are UTC and words are English, wherever it runs. With `nowMs` (since the epoch) it also says what
 * has ended by then. An action template is described the same way.
 */
export function describePolicy(policy: Described, nowMs?: number): string[] {
  const { allow, approval, rules = [], response = [] } = policy
  const { limits = {}, windows = [], expiresAt } = policy
  if (allow.length === 0 && !grantsTools(policy, nowMs)) return ['Allows nothing.']
  const modes = new Set(allow.map((entry) => entry.approval ?? approval))
  const [first] = modes
  const only = modes.size === 1 ? first : undefined
  return [
    ...allow.flatMap((entry) => [
      describeEntry(entry, nowMs),
      ...(only === undefined ? [describeMode(entry, policy)] : []),
      ...describeEntryLimits(entry),
    ]),
    ...(only === undefined ? [] : [describeOnlyMode(only, allow) + unlessRules(only, rules)]),
    ...describeToolGrants(policy, nowMs),
    ...describeRules(rules),
    ...(modes.size > 1 ||
    asks(only ?? 'never', allow) ||
    toolsAsk(policy, nowMs) ||
    rules.some(asksByRule)
      ? [describeApproval(policy)]
      : []),
    ...describeResponseRules(response),
    ...describeLimits(limits),
    ...describeWindows(windows),
    ...(expiresAt === undefined ? [] : [describeEnd(expiresAt, nowMs)]),
  ]
}

function describeEntry({ origin, methods, paths, expiresAt }: AllowEntry, nowMs?: number): string {
  const does = verbs.flatMap(({ verb, methods: ofVerb }) => {
    const used = ofVerb.filter((method) => methods.includes(method))
    return used.length === 0 ? [] : [`${verb} (${used.join(', ')})`]
  })
  const shown = paths.includes('/**') ? ['anything'] : paths.slice(0, pathsMax).map(describePath)
  const more = paths.includes('/**') ? 0 : paths.length - shown.length
  const where = join([...shown, ...(more > 0 ? [`${more} more paths`] : [])])
  const until = expiresAt === undefined ? '' : `, until ${dateOf(expiresAt)}`
  const may = isPast(expiresAt, nowMs) ? 'No longer may' : 'May'
  return `${may} ${join(does)} ${where} at ${origin}${until}.`
}

function describeEntryLimits({ limits = {} }: AllowEntry): string[] {
  const rates = rateWords(limits, 'such request')
  return rates === undefined ? [] : [`For this, at most ${rates}.`]
}

function describePath(path: string): string {
  return path.endsWith('/**') ? `anything under ${path.slice(0, -3)}` : path
}

const writes = (entries: readonly AllowEntry[]) =>
  entries.some(({ methods }) => methods.some((method) => method !== 'GET' && method !== 'HEAD'))

/** Could a mode ask for anything that these entries allow? */
const asks = (mode: Mode, entries: readonly AllowEntry[]) =>
  mode === 'always' || (mode === 'writes' && writes(entries))

const asksByRule = ({ then }: { readonly then: string }) => then === 'require_approval'

/** Rules go before the mode. */
function unlessRules(mode: Mode, rules: NonNullable<PolicyDocument['rules']>): string {
  const decides = rules.some(
    ({ then }) => then === (mode === 'never' ? 'require_approval' : 'allow'),
  )
  return decides ? ' Rules that say otherwise come first.' : ''
}

function describeOnlyMode(mode: Mode, allow: readonly AllowEntry[]): string {
  if (mode === 'always') return 'Every request asks you first.'
  if (mode === 'never') return 'You are not asked.'
  return writes(allow) ? 'Writing asks you first.' : 'You are not asked, since it only reads.'
}

/** One entry's mode, where entries differ. Where several fit a request the strictest decides. */
function describeMode(entry: AllowEntry, { allow, approval }: Described): string {
  const mode = entry.approval ?? approval
  const stricterElsewhere = allow.some(
    (other) =>
      strictness[other.approval ?? approval] > strictness[mode] &&
      (other.origin === entry.origin || other.origin.includes('*') || entry.origin.includes('*')),
  )
  const unless = stricterElsewhere ? ' unless another part of the policy asks' : ''
  if (mode === 'always') return 'Each such request asks you first.'
  if (!asks(mode, [entry])) return `For this you are not asked${unless}.`
  const reading = stricterElsewhere ? ', and reading too where another part of the policy asks' : ''
  return `For this, writing asks you first${reading}.`
}

function describeApproval({ approvalOptions = {} }: Described): string {
  const { expiresInMinutes = defaultApprovalMinutes, freshSignIn, secondOwner } = approvalOptions
  const demands = [
    ...(freshSignIn === true ? ['a fresh sign-in'] : []),
    ...(secondOwner === true ? ['a second person'] : []),
  ]
  const needs = demands.length === 0 ? '' : ` and needs ${join(demands)}`
  return `An approval lasts ${counted(expiresInMinutes, 'minute')}${needs}.`
}

function describeWindows(windows: readonly TimeWindow[]): string[] {
  if (windows.length === 0) return []
  const spans = windows.map(({ days, from, to, timezone }) => {
    const end = to > from ? to : `${to} of the next day`
    return `${describeDays(days)} from ${from} to ${end} (${timezone})`
  })
  return [`Only ${join(spans, 'or')}.`]
}

function describeDays(days: TimeWindow['days']): string {
  const numbers = weekdays.flatMap((day, at) => (days.includes(day) ? [at] : []))
  const [first = 0] = numbers
  const last = numbers.at(-1) ?? first
  if (numbers.length === 7) return 'every day'
  if (numbers.length > 2 && last - first === numbers.length - 1) {
    return `on ${dayNames[first]} to ${dayNames[last]}`
  }
  return `on ${join(numbers.map((day) => dayNames[day] ?? ''))}`
}

const describeEnd = (expiresAt: string, nowMs: number | undefined) =>
  `${isPast(expiresAt, nowMs) ? 'Ended' : 'Ends'} on ${dateOf(expiresAt)}.`

const isPast = (expiresAt: string | undefined, nowMs: number | undefined) =>
  expiresAt !== undefined && nowMs !== undefined && !(nowMs < Date.parse(expiresAt))

/** `3 March 2027 at 14:30 UTC`. An end at midnight is given with its time too: else nobody knew which. */
function dateOf(timestamp: string): string {
  const at = new Date(timestamp)
  const clock = at.toISOString().slice(11, 16)
  return `${at.getUTCDate()} ${months[at.getUTCMonth()]} ${at.getUTCFullYear()} at ${clock} UTC`
}

const counted = (count: number, noun: string) =>
  `${grouped(count)} ${noun}${count === 1 ? '' : 's'}`

/** `1,000,000`, in every locale. */
const grouped = (count: number) => String(count).replace(/\B(?=(\d{3})+$)/g, ',')

const join = (parts: readonly string[], word = 'and'): string =>
  parts.length < 2 ? (parts[0] ?? '') : `${parts.slice(0, -1).join(', ')} ${word} ${parts.at(-1)}`
