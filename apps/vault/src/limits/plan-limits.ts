/** The limits room: says what a policy's limits are, what of them one request takes, and how a refusal by one reads. */
import { createHash } from 'node:crypto'
import {
  type AllowEntry,
  type Budget,
  httpMethods,
  type ModelPrice,
  type PolicyDocument,
  type RateLimits,
} from '@sallyport/contracts'

const minuteMs = 60_000
const hourMs = 60 * minuteMs
const dayMs = 24 * hourMs
const monthMs = 30 * dayMs
/** Money is counted in whole millionths of a dollar. */
export const microsPerUsd = 1_000_000

/** What a limit counts. */
export type LimitUnit = 'requests' | 'bytes' | 'tokens' | 'usd'

/** One limit of a policy: no more than `limit` in any `windowMs`. Money in millionths of a dollar. */
export interface PlannedWindow {
  /** Under this name it is counted for the policy. */
  readonly name: string
  readonly limit: number
  readonly windowMs: number
  readonly unit: LimitUnit
}

/** The limits of a grant; of a toolset's, no tool is named. */
interface PlannedGrant {
  readonly toolsetId: string
  readonly toolId?: string | undefined
  readonly limits: RateLimits | undefined
}

/** A policy's limits, made ready once for many requests. */
export interface PlannedLimits {
  /** Nothing is counted or bounded. */
  readonly isNone: boolean
  readonly concurrent: number | undefined
  /** Bytes of one answer. */
  readonly responseBytesMax: number | undefined
  readonly requests: readonly PlannedWindow[]
  readonly perMethod: ReadonlyMap<string, readonly PlannedWindow[]>
  /** By the number of the allow entry. */
  readonly entries: readonly (readonly PlannedWindow[])[]
  /** By the number of the grant: what it says of each tool by itself. */
  readonly grants: readonly PlannedGrant[]
  readonly requestBytes: PlannedWindow | undefined
  readonly responseBytes: PlannedWindow | undefined
  readonly budget: readonly PlannedWindow[]
  /** The owner's own prices. */
  readonly prices: readonly ModelPrice[]
}

/** Plans the limits of a policy. Pure. */
export function planLimits({
  limits,
  allow,
  tools = [],
}: Pick<PolicyDocument, 'limits' | 'allow' | 'tools'>): PlannedLimits {
  const { concurrent, responseBytesMax, requestBytesPerDay, responseBytesPerDay } = limits
  const requests = rates(limits)
  const perMethod = new Map(
    httpMethods.flatMap((method) => {
      const own = limits.perMethod?.[method]
      return own === undefined ? [] : [[method, rates(own, { of: method })] as const]
    }),
  )
  const entries = allow.map((entry) =>
    entry.limits === undefined ? [] : rates(entry.limits, { scope: entryScope(entry) }),
  )
  const grants = tools.map((grant) => ({
    toolsetId: grant.toolsetId,
    toolId: grant.toolId,
    limits: grant.limits,
  }))
  const budget = planBudget(limits.budget ?? {})
  const bytes = [requestBytesPerDay, responseBytesPerDay]
  const counts =
    requests.length > 0 || perMethod.size > 0 || budget.length > 0 || concurrent !== undefined
  return {
    isNone:
      !counts &&
      entries.every((windows) => windows.length === 0) &&
      grants.every((grant) => grant.limits === undefined) &&
      bytes.every((limit) => limit === undefined),
    concurrent,
    responseBytesMax,
    requests,
    perMethod,
    entries,
    grants,
    requestBytes: bytesPerDay('requestBytesPerDay', requestBytesPerDay),
    responseBytes: bytesPerDay('responseBytesPerDay', responseBytesPerDay),
    budget,
    prices: limits.budget?.prices ?? [],
  }
}

/** What calls of one tool count under a grant, each tool by itself. Empty where the grant has no limits. */
export function toolWindows(
  planned: Pick<PlannedLimits, 'grants'>,
  { grantAt, toolId }: { readonly grantAt: number; readonly toolId: string },
): readonly PlannedWindow[] {
  const limits = planned.grants[grantAt]?.limits
  return limits === undefined ? [] : rates(limits, { scope: `tool:${toolId}` })
}

/** Every limit of a policy that has a window, each name once; of a toolset's grant for each of the tools that are told of. */
export function listWindows(
  planned: PlannedLimits,
  toolsOf: (toolsetId: string) => readonly string[] = () => [],
): PlannedWindow[] {
  const all = [
    ...planned.requests,
    ...[...planned.perMethod.values()].flat(),
    ...planned.entries.flat(),
    ...listToolWindows(planned, toolsOf),
    ...(planned.requestBytes === undefined ? [] : [planned.requestBytes]),
    ...(planned.responseBytes === undefined ? [] : [planned.responseBytes]),
    ...planned.budget,
  ]
  return [...new Map(all.map((window) => [window.name, window])).values()]
}

/** A tool that has a grant of its own counts under that one alone. */
function listToolWindows(
  planned: PlannedLimits,
  toolsOf: (toolsetId: string) => readonly string[],
): PlannedWindow[] {
  const own = new Set(planned.grants.flatMap(({ toolId }) => toolId ?? []))
  return planned.grants.flatMap(({ toolsetId, toolId, limits }, grantAt) => {
    if (limits === undefined) return []
    const tools = toolId === undefined ? toolsOf(toolsetId).filter((id) => !own.has(id)) : [toolId]
    return tools.flatMap((id) => toolWindows(planned, { grantAt, toolId: id }))
  })
}

/** What names an entry's limits: the same for what allows the same, wherever it stands in the policy. */
export function entryScope({ origin, methods, paths }: AllowEntry): string {
  const said = JSON.stringify([origin, [...methods].sort(), [...paths].sort()])
  return `entry:${createHash('sha256').update(said).digest('hex').slice(0, 16)}`
}

function rates(
  { perMinute, perHour, perDay }: RateLimits,
  { scope, of }: { readonly scope?: string; readonly of?: string } = {},
): PlannedWindow[] {
  const window = (name: string, limit: number | undefined, windowMs: number): PlannedWindow[] => {
    if (limit === undefined) return []
    const full = `${scope === undefined ? '' : `${scope}:`}${name}${of === undefined ? '' : `:${of}`}`
    return [{ name: full, limit, windowMs, unit: 'requests' }]
  }
  return [
    ...window('perMinute', perMinute, minuteMs),
    ...window('perHour', perHour, hourMs),
    ...window('perDay', perDay, dayMs),
  ]
}

const bytesPerDay = (name: string, limit: number | undefined): PlannedWindow | undefined =>
  limit === undefined ? undefined : { name, limit, windowMs: dayMs, unit: 'bytes' }

function planBudget({ tokensPerDay, tokensPerMonth, usdPerDay, usdPerMonth }: Budget) {
  const micros = (usd: number | undefined) =>
    usd === undefined ? undefined : Math.max(1, Math.floor(usd * microsPerUsd))
  return [
    ['tokensPerDay', tokensPerDay, dayMs, 'tokens'],
    ['tokensPerMonth', tokensPerMonth, monthMs, 'tokens'],
    ['usdPerDay', micros(usdPerDay), dayMs, 'usd'],
    ['usdPerMonth', micros(usdPerMonth), monthMs, 'usd'],
  ].flatMap((given): PlannedWindow[] => {
    const [name, limit, windowMs, unit] = given as [string, number | undefined, number, LimitUnit]
    return limit === undefined ? [] : [{ name, limit, windowMs, unit }]
  })
}
