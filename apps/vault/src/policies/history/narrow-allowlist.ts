import type { AllowEntry, HttpMethod, PolicyDocument } from '@sallyport/contracts'
import { allowEntriesMax } from '@sallyport/contracts'
import { compileOriginPattern, matchesOrigin } from '../../policy/origin-pattern.ts'
import { mayOverlap } from '../../policy/path-overlap.ts'
import type { EntryUse, UsedRequest } from './find-unused.ts'
import { generalisePaths } from './generalise-paths.ts'

type Mode = PolicyDocument['approval']

const strictness: Readonly<Record<Mode, number>> = { never: 0, writes: 1, always: 2 }

/** A present entry, and what of it would have sufficed. */
interface Narrowed {
  readonly from: AllowEntry
  readonly mode: Mode
  to: readonly AllowEntry[]
}

/**
 * The entries that would have sufficed for what was used: no request is allowed by them that is not allowed now, and none is asked
 * about less. Undefined where nothing was used, or there is nothing to take away.
 */
export async function narrowAllowlist(
  document: PolicyDocument,
  uses: readonly EntryUse[],
  { nowMs, rest }: { readonly nowMs: number; readonly rest: () => Promise<void> },
): Promise<AllowEntry[] | undefined> {
  if (uses.every(({ requests }) => requests.size === 0)) return undefined
  const split = await narrowAll(document, uses, { nowMs, rest, maySplit: true })
  const allow =
    split.length <= allowEntriesMax
      ? split
      : await narrowAll(document, uses, { nowMs, rest, maySplit: false })
  return isSame(allow, document.allow) ? undefined : allow
}

interface Narrowing {
  readonly nowMs: number
  readonly maySplit: boolean
  readonly rest: () => Promise<void>
}

async function narrowAll(
  document: PolicyDocument,
  uses: readonly EntryUse[],
  { nowMs, maySplit, rest }: Narrowing,
): Promise<AllowEntry[]> {
  const all: Narrowed[] = []
  for (const use of uses) {
    const mode = use.entry.approval ?? document.approval
    all.push({ from: use.entry, mode, to: narrowEntry(use, maySplit) })
    await rest()
  }
  await keepStricter(all, nowMs, rest)
  return all.flatMap(({ to }) => to)
}

/** Comparisons of entries after which one that is stricter stays as it is. */
const comparedMax = 2_000

/**
 * All entries that fit have a say in when an owner is asked. One that is stricter than another stays as it is where the other
 * reaches into it: else what it asks about would be let on. The looser ones are settled first.
 */
async function keepStricter(
  all: readonly Narrowed[],
  nowMs: number,
  rest: () => Promise<void>,
): Promise<void> {
  let compared = 0
  for (const one of all.toSorted((a, b) => strictness[a.mode] - strictness[b.mode])) {
    const { from } = one
    if (from.expiresAt !== undefined && Date.parse(from.expiresAt) <= nowMs) continue
    for (const other of all) {
      if (strictness[other.mode] >= strictness[one.mode]) continue
      compared += other.to.length
      if (compared <= comparedMax && !other.to.some((entry) => reachesInto(entry, from))) continue
      one.to = [from]
      break
    }
    await rest()
  }
}

function reachesInto(one: AllowEntry, other: AllowEntry): boolean {
  return (
    one.methods.some((method) => other.methods.includes(method)) &&
    originsMayOverlap(one.origin, other.origin) &&
    one.paths.some((path) => other.paths.some((pattern) => mayOverlap(path, pattern)))
  )
}

/** Two patterns with stars are taken to overlap. */
function originsMayOverlap(one: string, other: string): boolean {
  const stars = [one, other].filter((origin) => origin.includes('*')).length
  if (stars === 2) return true
  return (
    matchesOrigin(compileOriginPattern(one), other) ||
    matchesOrigin(compileOriginPattern(other), one)
  )
}

/**
 * One entry with limits of its own stays one: two of them would let twice as much through. Others are cut into one for each origin
 * and set of paths, so that no method reaches paths that it was not used with.
 */
function narrowEntry(use: EntryUse, maySplit: boolean): AllowEntry[] {
  const { entry, requests, isVague } = use
  if (requests.size === 0) return []
  if (isVague) return [entry]
  const used = [...requests.values()]
  const origins = new Set(used.map(({ origin }) => origin))
  if (!maySplit || entry.limits !== undefined) {
    const [only] = origins
    const origin = origins.size === 1 && only !== undefined ? only : entry.origin
    return [narrowTo(use, { ...entry, origin }, used)]
  }
  return [...origins].flatMap((origin) => {
    const ofOrigin = used.filter((request) => request.origin === origin)
    return joinMethods(
      entry.methods.flatMap((method) => {
        const ofMethod = ofOrigin.filter((request) => request.method === method)
        return ofMethod.length === 0 ? [] : [narrowTo(use, { ...entry, origin }, ofMethod)]
      }),
    )
  })
}

function narrowTo(
  { paths, entry }: EntryUse,
  to: AllowEntry,
  used: readonly UsedRequest[],
): AllowEntry {
  const methods = entry.methods.filter((method) =>
    used.some((request) => request.method === method),
  )
  const found = generalisePaths(new Set(used.map(({ path }) => path)), paths)
  return { ...to, methods, paths: found ?? entry.paths }
}

/** Methods that were used with the same paths stand in one entry. */
function joinMethods(entries: readonly AllowEntry[]): AllowEntry[] {
  const byPaths = new Map<string, AllowEntry>()
  for (const entry of entries) {
    const key = entry.paths.join('\n')
    const known = byPaths.get(key)
    const methods: HttpMethod[] = [...(known?.methods ?? []), ...entry.methods]
    byPaths.set(key, { ...entry, methods })
  }
  return [...byPaths.values()]
}

const textOf = (entries: readonly AllowEntry[]) =>
  entries
    .map((entry) =>
      JSON.stringify({
        ...entry,
        methods: entry.methods.toSorted(),
        paths: entry.paths.toSorted(),
      }),
    )
    .sort()
    .join('\n')

const isSame = (one: readonly AllowEntry[], other: readonly AllowEntry[]) =>
  textOf(one) === textOf(other)
