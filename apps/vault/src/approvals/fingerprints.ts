import type { ApprovalDifference } from '@sallyport/contracts'
import type { FrozenRequest } from '../execute/freeze-request.ts'

// What of a request is kept once it was sent: a keyed fingerprint of each part under the part's name. Later it can be said
// which parts differ, and not what they were.

/** Parts of one request that are told apart; a body with more is one part. */
const partsMax = 200
/** Parts that stand for all bytes of their kind, however they are taken apart. */
const wholes: readonly string[] = ['query', 'body']
const depthMax = 12
const nameCharsMax = 200
/** What is larger is not taken apart. */
const bodyBytesMax = 256 * 1024

/** Fingerprints by the name of the part: `query.q`, `header.accept`, `body.to[0]`. */
export type Fingerprints = Readonly<Record<string, string>>

/** A keyed hash of a text, of a workspace's own. */
export type Fingerprint = (workspaceId: string, parts: readonly string[]) => string

/** Takes a request apart. `scope` keeps equal values of different agents and connections apart. */
export function takeFingerprints(
  { url, query, headers, body }: Pick<FrozenRequest, 'url' | 'query' | 'headers' | 'body'>,
  fingerprint: (parts: readonly string[]) => string,
): Fingerprints {
  const mark = url.indexOf('?')
  const whole: Part[] = [
    ...(mark < 0 ? [] : [['query', url.slice(mark)] as const]),
    ...(body === undefined ? [] : [['body', Buffer.from(body).toString('latin1')] as const]),
  ]
  const head = [
    ...numbered(query).map(([name, value]): Part => [`query.${name}`, value]),
    ...headers.map(([name, value]): Part => [`header.${name}`, value]),
  ].slice(0, partsMax)
  const type = headers.find(([name]) => name === 'content-type')?.[1] ?? ''
  const apart = body === undefined ? [] : takeBodyApart(body, type, partsMax - head.length)
  // Members of the same name after bounding are one part.
  const parts = new Map<string, string[]>()
  for (const [name, value] of [...whole, ...head, ...(apart ?? [])]) {
    const bounded = boundedName(name)
    parts.set(bounded, [...(parts.get(bounded) ?? []), value])
  }
  return Object.fromEntries(
    [...parts].map(([name, values]) => [name, fingerprint([name, ...values])]),
  )
}

type Part = readonly [name: string, value: string]

/** A name that stands more than once is numbered from the second on. */
function numbered(pairs: FrozenRequest['query']): Part[] {
  const seen = new Map<string, number>()
  return pairs.map(([name, value]) => {
    const count = seen.get(name) ?? 0
    seen.set(name, count + 1)
    return [count === 0 ? name : `${name}[${count}]`, value]
  })
}

/** The parts of a JSON or form body; undefined where it is neither, or too much. */
function takeBodyApart(body: Uint8Array, type: string, max: number): Part[] | undefined {
  if (body.byteLength > bodyBytesMax) return undefined
  const essence = type.split(';', 1)[0]?.trim().toLowerCase() ?? ''
  const text = Buffer.from(body).toString('utf8')
  if (essence === 'application/x-www-form-urlencoded') {
    const parts = numbered([...new URLSearchParams(text)])
    return parts.length > max ? undefined : parts.map(([name, value]) => [`body.${name}`, value])
  }
  if (essence !== 'application/json' && !essence.endsWith('+json')) return undefined
  try {
    const parts: Part[] = []
    return walk(JSON.parse(text), 'body', { parts, max, depth: 0 }) ? parts : undefined
  } catch {
    return undefined // Not JSON after all: it is one part.
  }
}

interface Walk {
  readonly parts: Part[]
  readonly max: number
  readonly depth: number
}

/** Collects leaves; false where there are too many. */
function walk(value: unknown, name: string, { parts, max, depth }: Walk): boolean {
  const isLeaf = typeof value !== 'object' || value === null || depth >= depthMax
  const members = isLeaf
    ? []
    : Object.entries(value).map(([key, member]): [string, unknown] => [
        Array.isArray(value) ? `${name}[${key}]` : `${name}.${key}`,
        member,
      ])
  if (members.length === 0) {
    parts.push([name, JSON.stringify(value)])
    return parts.length <= max
  }
  return members.every(([inner, member]) => walk(member, inner, { parts, max, depth: depth + 1 }))
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
  const added = missing(now.parts, before.parts)
  const removed = missing(before.parts, now.parts)
  const differing = Object.keys(now.parts).filter(
    (name) => Object.hasOwn(before.parts, name) && before.parts[name] !== now.parts[name],
  )
  const isSaid = (whole: string) =>
    [...added, ...removed, ...differing].some(
      (name) => name.startsWith(`${whole}.`) || name.startsWith(`${whole}[`),
    )
  const changed = differing.filter((name) => !wholes.includes(name) || !isSaid(name))
  const same = now.digest === before.digest
  const isUnsaid = !same && changed.length + added.length + removed.length === 0
  return { same, changed: isUnsaid ? ['header'] : changed, added, removed }
}

const missing = (from: Fingerprints, other: Fingerprints) =>
  Object.keys(from).filter((name) => !Object.hasOwn(other, name))
