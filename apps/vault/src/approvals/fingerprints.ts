import { isUtf8 } from 'node:buffer'
import { type ApprovalDifference, layOutJson, Problem } from '@sallyport/contracts'
import type { FrozenRequest } from '../execute/freeze-request.ts'
import { parseQuery } from '../execute/request-query.ts'

// What of a request is kept once it was sent: a keyed fingerprint of each part under the part's name. Later it can be said
// which parts differ, and not what they were. Whatever is not told apart for certain stays one part, so that no change hides
// behind another one that is named.

/** Parts of one request that are told apart; a query or a body with more is one part. */
const partsMax = 200
/** Parts that stand for all bytes of their kind, however they are taken apart. */
const wholes = ['query', 'body'] as const
const nameCharsMax = 200
/** Lines of JSON, brackets included, that are looked at. */
const jsonLinesMax = 2_000
/** What is larger is not taken apart. */
const bodyBytesMax = 256 * 1024

/** Fingerprints by the name of the part: `query.q`, `header.accept`, `body.to[0]`. */
export type Fingerprints = Readonly<Record<string, string>>

/** A keyed hash of a text, of a workspace's own. */
export type Fingerprint = (workspaceId: string, parts: readonly string[]) => string

/** Takes a request apart. `scope` keeps equal values of different agents and connections apart. */
export function takeFingerprints(
  { url, headers, body, passed }: Pick<FrozenRequest, 'url' | 'headers' | 'body' | 'passed'>,
  fingerprint: (parts: readonly string[]) => string,
): Fingerprints {
  const mark = url.indexOf('?')
  const query = mark < 0 ? undefined : url.slice(mark + 1)
  const type = headers.find(([name]) => name === 'content-type')?.[1] ?? ''
  const taken: Part[] = headers.map(([name, value]) => [`header.${name}`, value])
  if (passed !== undefined) taken.push(['credential', passed])
  for (const [whole, text, apart] of [
    ['query', query, () => takePairsApart('query', query ?? '')],
    ['body', body && Buffer.from(body).toString('latin1'), () => takeBodyApart(body, type)],
  ] as const) {
    if (text === undefined) continue
    const parts = apart() ?? []
    taken.push([whole, text], ...(taken.length + parts.length <= partsMax ? parts : []))
  }
  // Members of the same name after bounding are one part.
  const byName = new Map<string, string[]>()
  for (const [name, value] of taken) {
    const bounded = boundedName(name)
    const values = byName.get(bounded)
    if (values === undefined) byName.set(bounded, [value])
    else values.push(value)
  }
  return Object.fromEntries(
    [...byName].map(([name, values]) => [name, fingerprint([name, ...values])]),
  )
}

type Part = readonly [name: string, value: string]

/**
 * Pairs by their decoded names, with what stands there as it stands; undefined where it cannot be decoded. A name that stands
 * more than once is numbered from the second on.
 */
function takePairsApart(whole: string, text: string): Part[] | undefined {
  const pieces = text.split('&').filter((piece) => piece !== '')
  const seen = new Map<string, number>()
  try {
    return parseQuery(text).map(([name], at) => {
      const count = seen.get(name) ?? 0
      seen.set(name, count + 1)
      return [`${whole}.${count === 0 ? name : `${name}[${count}]`}`, pieces[at] ?? '']
    })
  } catch (error) {
    if (error instanceof Problem) return undefined
    throw error
  }
}

/** The parts of a JSON or form body; undefined where it is neither, or too much. */
function takeBodyApart(body: Uint8Array | undefined, type: string): Part[] | undefined {
  if (body === undefined || body.byteLength > bodyBytesMax || !isUtf8(body)) return undefined
  const essence = type.split(';', 1)[0]?.trim().toLowerCase() ?? ''
  const text = Buffer.from(body).toString('utf8')
  if (essence === 'application/x-www-form-urlencoded') return takePairsApart('body', text)
  if (essence !== 'application/json' && !essence.endsWith('+json')) return undefined
  return takeJsonApart(text)
}

/**
 * The leaves, each as its line is written: with the member's name, and numbers digit by digit. Undefined for what is no JSON,
 * what has a name twice in one object, which receivers read differently, and what is nested too deeply to be named.
 */
function takeJsonApart(text: string): Part[] | undefined {
  const layout = layOutJson(text, jsonLinesMax)
  if (layout === undefined || layout.isCut || layout.duplicates.length > 0) return undefined
  const parts: Part[] = []
  for (const { path, text: line } of layout.lines) {
    if (/^[}\]],?$/.test(line)) continue
    if (path === undefined) return undefined
    if (!/[{[]$/.test(line)) parts.push([path, line.replace(/,$/, '')])
  }
  return parts
}

/** What PostgreSQL and a screen can hold: bounded, no controls, no half characters. */
function boundedName(name: string): string {
  const short = name.length <= nameCharsMax ? name : `${name.slice(0, nameCharsMax - 1)}…`
  return short.replaceAll(/[\p{Cc}\p{Surrogate}]/gu, '\ufffd')
}

/** A request by its digest and the fingerprints of its parts. */
export interface Fingerprinted {
  readonly digest: string
  readonly parts: Fingerprints
}

/**
 * Says which parts of a request differ from those of an earlier one. Two are the same only if their digests are: where no
 * part differs and the bytes do, as with a member given twice, the whole query, body or header list is named.
 */
export function compareFingerprints(
  now: Fingerprinted,
  before: Fingerprinted,
): Pick<ApprovalDifference, 'same' | 'changed' | 'added' | 'removed'> {
  const one = withoutUneven(now.parts, before.parts)
  const other = withoutUneven(before.parts, now.parts)
  const added = missing(one, other)
  const removed = missing(other, one)
  const differing = Object.keys(one).filter(
    (name) => Object.hasOwn(other, name) && other[name] !== one[name],
  )
  const isSaid = (whole: string) =>
    [...added, ...removed, ...differing].some((name) => isPartOf(whole, name))
  const changed = differing.filter((name) => !isWhole(name) || !isSaid(name))
  const same = now.digest === before.digest
  const isUnsaid = !same && changed.length + added.length + removed.length === 0
  return { same, changed: isUnsaid ? ['header'] : changed, added, removed }
}

const isWhole = (name: string) => wholes.some((whole) => whole === name)
const isPartOf = (whole: string, name: string) =>
  name.startsWith(`${whole}.`) || name.startsWith(`${whole}[`)

/** Where of two queries or bodies only one was taken apart, they are compared as wholes. */
function withoutUneven(parts: Fingerprints, others: Fingerprints): Fingerprints {
  const uneven = wholes.filter(
    (whole) =>
      Object.hasOwn(parts, whole) &&
      Object.hasOwn(others, whole) &&
      !Object.keys(others).some((name) => isPartOf(whole, name)),
  )
  const kept = Object.entries(parts).filter(
    ([name]) => !uneven.some((whole) => isPartOf(whole, name)),
  )
  return Object.fromEntries(kept)
}

const missing = (from: Fingerprints, other: Fingerprints) =>
  Object.keys(from).filter((name) => !Object.hasOwn(other, name))
