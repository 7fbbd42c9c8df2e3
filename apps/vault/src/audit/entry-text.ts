import type { ModelUsage } from '@sallyport/contracts'

// The parts of an entry's text: each bounded, so that no entry grows beyond what is read again.

/** Further facts of an event: a few short values, never a secret. */
export type AuditDetail = Readonly<Record<string, string | number | boolean | readonly string[]>>

const idPattern = /^[a-z]{3}_[0-9A-Za-z_-]{1,60}$/
export const operationCharsMax = 64
export const reasonCharsMax = 500
export const methodCharsMax = 16
export const hostCharsMax = 300
const pathCharsMax = 2048
const queryNamesMax = 64
const nameCharsMax = 128
export const digestCharsMax = 128
export const ruleIdCharsMax = 64
export const toolCharsMax = 100
export const problemCharsMax = 64
const detailMembersMax = 16
const detailValueCharsMax = 300

/** Cuts a text at a bound without splitting a surrogate pair. */
export function bounded(value: string | undefined, charsMax: number): string | undefined {
  if (typeof value !== 'string') return undefined
  if (value.length <= charsMax) return value
  const last = value.charCodeAt(charsMax - 2)
  const end = last >= 0xd800 && last <= 0xdbff ? charsMax - 2 : charsMax - 1
  return `${value.slice(0, end)}…`
}

/** An id of our own making, or nothing: what an agent wrote in an id's place is not repeated. */
export function knownId(value: string | undefined): string | undefined {
  return value !== undefined && idPattern.test(value) ? value : undefined
}

/** An id of our own making. @throws Error for anything else */
export function requiredId(value: string): string {
  if (!idPattern.test(value)) throw new Error('An audit record needs an id of the usual form.')
  return value
}

/** A whole number, or nothing. */
export function whole(value: number | undefined): number | undefined {
  return Number.isSafeInteger(value) ? value : undefined
}

/** A number to three places, or nothing. */
export function rounded(value: number | undefined): number | undefined {
  return value !== undefined && Number.isFinite(value) ? Math.round(value * 1000) / 1000 : undefined
}

/** A path without what follows `?` or `#`, bounded. */
export function withoutQuery(path: string | undefined): string | undefined {
  if (typeof path !== 'string') return undefined
  const end = path.search(/[?#]/)
  return bounded(end < 0 ? path : path.slice(0, end), pathCharsMax)
}

/** The first names, each bounded; nothing where there are none. */
export function boundedNames(
  names: readonly string[] | undefined,
): (string | undefined)[] | undefined {
  if (names === undefined || names.length === 0) return undefined
  return names.slice(0, queryNamesMax).map((name) => bounded(name, nameCharsMax))
}

/** The first facts in the order of their names, each short. */
export function boundedDetail(
  detail: AuditDetail | undefined,
): Record<string, unknown> | undefined {
  if (detail === undefined) return undefined
  const result: Record<string, unknown> = Object.create(null)
  for (const name of Object.keys(detail).sort().slice(0, detailMembersMax)) {
    const value = detail[name]
    result[name.slice(0, nameCharsMax)] = detailValue(value)
  }
  return result
}

function detailValue(value: AuditDetail[string] | undefined): unknown {
  if (typeof value === 'string') return bounded(value, detailValueCharsMax)
  if (typeof value === 'number') return Number.isFinite(value) ? value : undefined
  if (typeof value === 'boolean') return value
  if (!Array.isArray(value)) return undefined
  return value.slice(0, detailMembersMax).map((item) => bounded(String(item), detailValueCharsMax))
}

/** What a model’s answer took: whole numbers and a bounded name. */
export function boundedUsage(usage: ModelUsage | undefined): ModelUsage | undefined {
  if (usage === undefined) return undefined
  const { inputTokens, outputTokens, usdMicros, model } = usage
  return {
    inputTokens: whole(inputTokens) ?? 0,
    outputTokens: whole(outputTokens) ?? 0,
    ...(Number.isSafeInteger(usdMicros) && { usdMicros }),
    ...(model !== undefined && { model: bounded(model, nameCharsMax) }),
  }
}

/** Texts that JSON holds as they are. */
const plainText = /^[ !#-[\]-~]*$/

/** One more member of an object's JSON; an absent one is left out. */
export function member(name: string, value: unknown): string {
  if (value === undefined) return ''
  if (typeof value === 'string' && plainText.test(value)) return `,"${name}":"${value}"`
  return `,"${name}":${JSON.stringify(value)}`
}
