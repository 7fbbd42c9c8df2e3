import { readJson } from '../policy/read-json.ts'
import { memberAt, modelName } from './read-usage.ts'

/** What of a request is looked at. */
export interface MeteredRequest {
  readonly method: string
  readonly path: string
  readonly body?: Uint8Array
}

/** How a request says what it asks for. */
export interface AskingWays {
  /** Where the model is named: a member of the body, or the part of the path between these two. */
  readonly model: string | { readonly after: string; readonly before: string }
  /** Members that bound the output; none where there is no output. */
  readonly outputMax: readonly string[]
  /** Members that multiply it. */
  readonly times: readonly string[]
  /** Members that, where they are true, keep what was taken out of the answer. */
  readonly unseen: readonly string[]
  /** Nobody knows which of the ways are heeded there. */
  readonly isUnknown?: boolean
}

/** The output that a request asks for. */
export interface AskedOutput {
  readonly model: string | undefined
  /** In tokens, all answers together. */
  readonly output: number
  /** The request does not say it itself, or cannot be believed. */
  readonly isGuess: boolean
}

/** What an answer takes where the request does not say. */
const outputTokensDefault = 4_096
/** What it takes where the request does not say and the answer will not either: what the largest models give. */
const outputTokensUnseen = 128_000
const outputTokensMax = 1e9
const timesMax = 1_000
/** As deep as the bodies of models go, and deeper. */
const depthMax = 64

/**
 * Reads what output a request asks for. Several bounds count as the greatest; at an unknown place all that stand anywhere in the
 * body are added up, as a batch would. A bound below the default is believed only where it is heeded for certain: at a
 * known place, as a number, and in JSON that all readers understand alike.
 */
export function readAskedOutput({ path, body }: MeteredRequest, ways: AskingWays): AskedOutput {
  const text = textOf(body)
  const json = tryParse(text)
  const model =
    typeof ways.model === 'string'
      ? modelName(memberAt(json, ways.model))
      : modelInPath(path, ways.model)
  if (ways.outputMax.length === 0) return { model, output: 0, isGuess: true }
  const stated = ways.outputMax.map((name) => memberAt(json, name))
  const bounds = stated.flatMap((value) => countOf(value, outputTokensMax))
  const asked = ways.isUnknown ? sumAnywhere(json, ways.outputMax) : Math.max(0, ...bounds)
  const times = Math.max(
    1,
    ...ways.times.flatMap((name) => countOf(memberAt(json, name), timesMax)),
  )
  const isUnseen = ways.unseen.some((name) => isYes(memberAt(json, name)))
  if (asked === 0) {
    const output = (isUnseen ? outputTokensUnseen : outputTokensDefault) * times
    return { model, output, isGuess: true }
  }
  const isPlain = stated.every((value) => value === undefined || typeof value === 'number')
  const isBelieved =
    asked >= outputTokensDefault || (isPlain && ways.isUnknown !== true && isUnambiguous(text))
  return isBelieved
    ? { model, output: asked * times, isGuess: false }
    : { model, output: outputTokensDefault * times, isGuess: true }
}

/** Also where it is written as text, or alone in a list, since many readers take that for one. */
function isYes(value: unknown): boolean {
  let inner = value
  while (Array.isArray(inner) && inner.length === 1) inner = inner[0]
  return inner === true || inner === 'true'
}

/** A number, also where it is written as text, since many readers take that for one. */
function countOf(value: unknown, max: number): number[] {
  const number = typeof value === 'string' && /^\s*\d{1,30}\s*$/.test(value) ? Number(value) : value
  return typeof number === 'number' && number >= 1 ? [Math.min(Math.ceil(number), max)] : []
}

/** All bounds that stand anywhere, each by the last of its names. */
function sumAnywhere(json: unknown, names: readonly string[]): number {
  const last = new Set(names.map((name) => name.slice(name.lastIndexOf('.') + 1)))
  const waiting: unknown[] = [json]
  let sum = 0
  for (let value = waiting.pop(); value !== undefined; value = waiting.pop()) {
    if (typeof value !== 'object' || value === null) continue
    let greatest = 0
    for (const [name, member] of Object.entries(value)) {
      if (typeof member === 'object' && member !== null) waiting.push(member)
      else if (last.has(name)) greatest = Math.max(greatest, ...countOf(member, outputTokensMax), 0)
    }
    sum += greatest
  }
  return Math.min(sum, outputTokensMax)
}

/** Of a member that stands twice, readers take either. */
const isUnambiguous = (text: string) => !('fault' in readJson(text, { depthMax }))

function modelInPath(path: string, { after, before }: { after: string; before: string }) {
  const from = path.indexOf(after)
  const to = path.lastIndexOf(before)
  if (from < 0 || to < from + after.length) return undefined
  return modelName(path.slice(from + after.length, to).replaceAll(/%3a/gi, ':'))
}

const textOf = (body: Uint8Array | undefined): string =>
  body === undefined
    ? ''
    : Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString('utf8')

function tryParse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined // A form or a file: it is counted by its length.
  }
}
