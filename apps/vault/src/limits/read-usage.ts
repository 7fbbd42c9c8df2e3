import type { UsageShape } from '@sallyport/catalog'
import { readEventStream } from './event-stream.ts'

/** What an answer took, as its provider counts it. */
export interface CountedTokens {
  /** At the full price; neither read from a cache nor written to it. */
  readonly input: number
  readonly cachedInput: number
  readonly cacheWrite: number
  readonly output: number
  /** What the provider itself says that it cost, in US dollars. */
  readonly costUsd: number | undefined
  /** The model that answered, where it is named. */
  readonly model: string | undefined
}

/** Events of a stream that are asked for the model. */
const namedMax = 3
/** Longer than any name that the catalog has for it; bounded, so that a line is looked through once. */
const countingPattern = /usage[A-Za-z]{0,20}"\s*:\s*\{/
const modelPattern = /^[\w.:/@+-]{1,100}$/
/** Sums that are no sums: nobody is charged so much by one answer. They say nothing, so the estimate counts. */
const tokensMax = 1e9
const usdMax = 1e6

/**
 * Reads from an answer what it took: from its JSON, from a list of such, or from its stream of events. Of several
 * that say so the greatest of each number counts, since they add up. Undefined where nothing says so; that it took nothing at
 * all is what is said before it is counted, or where nobody counts.
 */
export function readUsage(body: unknown, shapes: readonly UsageShape[]): CountedTokens | undefined {
  const parts = partsOf(body)
  for (const shape of shapes) {
    const found = readShape(parts, shape)
    if (found !== undefined) return { ...found, model: modelOf(parts) }
  }
  return undefined
}

/** The model that an answer names, counted or not. */
export const readModel = (body: unknown): string | undefined => modelOf(partsOf(body))

function readShape(
  parts: readonly unknown[],
  shape: UsageShape,
): Omit<CountedTokens, 'model'> | undefined {
  const greatest = new Map<string, number>()
  for (const part of parts) {
    for (const place of shape.at) {
      const usage = memberAt(part, place)
      if (!isObject(usage)) continue
      for (const name of [
        ...shape.input,
        ...shape.cachedInput,
        ...shape.cacheWrite,
        ...shape.output,
        ...shape.costUsd,
      ]) {
        const value = memberAt(usage, name)
        const max = shape.costUsd.includes(name) ? usdMax : tokensMax
        if (typeof value !== 'number' || !(value > 0 && value <= max)) continue
        greatest.set(name, Math.max(greatest.get(name) ?? 0, value))
      }
    }
  }
  const isCounted = [...shape.input, ...shape.output].some((name) => greatest.has(name))
  if (!isCounted) return undefined
  const sum = (names: readonly string[]) =>
    Math.ceil(names.reduce((total, name) => total + (greatest.get(name) ?? 0), 0))
  const cachedInput = sum(shape.cachedInput)
  const cacheWrite = sum(shape.cacheWrite)
  const among = shape.isCachedApart ? 0 : cachedInput + cacheWrite
  const costs = shape.costUsd.flatMap((name) => greatest.get(name) ?? [])
  return {
    input: Math.max(0, sum(shape.input) - among),
    cachedInput,
    cacheWrite,
    output: sum(shape.output),
    costUsd: costs.length === 0 ? undefined : Math.max(...costs),
  }
}

/** One answer, the answers of a list, or the data of the events of a stream. */
function partsOf(body: unknown): readonly unknown[] {
  if (Array.isArray(body)) return body
  if (typeof body !== 'string') return framedParts(body) ?? [body]
  const whole = /^\s*[[{]/.test(body) ? tryParse(body.trimStart()) : undefined
  if (whole !== undefined) return partsOf(whole)
  const parts: unknown[] = []
  let named = 0
  // A line of JSON, or the data of an event. Only those that say what is counted are worth parsing, and the first for the
  // model's name.
  for (const line of body.split(/\r\n|\r|\n/)) {
    const text = line.startsWith('data:') ? line.slice('data:'.length) : line
    const isNamed = named < namedMax && text.includes('"model')
    if (!isNamed && !countingPattern.test(text)) continue
    if (isNamed) named += 1
    const parsed = tryParse(text)
    if (isObject(parsed)) parts.push(parsed)
  }
  return parts
}

/** Of a body of bytes that is a binary stream of events. */
function framedParts(body: unknown): readonly unknown[] | undefined {
  if (!isObject(body) || typeof body.$base64 !== 'string') return undefined
  const isFramed = String(body.contentType).startsWith('application/vnd.amazon.eventstream')
  return isFramed ? readEventStream(Buffer.from(body.$base64, 'base64')) : undefined
}

function modelOf(parts: readonly unknown[]): string | undefined {
  for (const part of parts) {
    for (const place of ['model', 'response.model', 'message.model', 'modelVersion']) {
      const name = modelName(memberAt(part, place))
      if (name !== undefined) return name
    }
  }
  return undefined
}

/** The name of a model, unless it looks like none. */
export const modelName = (value: unknown): string | undefined =>
  typeof value === 'string' && modelPattern.test(value) ? value : undefined

/** What stands at a path of names; undefined where nothing does. */
export function memberAt(value: unknown, path: string): unknown {
  let at = value
  for (const name of path.split('.')) {
    if (!isObject(at) || !Object.hasOwn(at, name)) return undefined
    at = at[name]
  }
  return at
}

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

function tryParse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined // Not every line of a stream is JSON.
  }
}
