import type { AllowEntry, HttpMethod, OutputOf, suggestPolicy } from '@sallyport/contracts'
import {
  type CompiledOriginPattern,
  compileOriginPattern,
  matchesOrigin,
} from '../../policy/origin-pattern.ts'
import {
  type CompiledPathPattern,
  compilePathPattern,
  matchesPath,
  splitPath,
} from '../../policy/path-pattern.ts'
import type { Attempt } from './read-attempt.ts'
import { isSettled } from './settled-path.ts'

type Unused = OutputOf<typeof suggestPolicy>['unused'][number]

/** Requests of one entry that are told apart; one that was used for more is left as it is. */
const requestsMax = 5_000

/** What was used of an entry. */
export interface EntryUse {
  readonly entry: AllowEntry
  readonly paths: readonly CompiledPathPattern[]
  readonly usedMethods: ReadonlySet<string>
  /** Places of its patterns. */
  readonly usedPaths: ReadonlySet<number>
  /** Each request once: origin, method and path. */
  readonly requests: ReadonlyMap<string, UsedRequest>
  /** There were too many, or one whose path is not kept in full. */
  readonly isVague: boolean
}

export interface UsedRequest {
  readonly origin: string
  readonly method: string
  readonly path: string
}

interface Counted extends Omit<EntryUse, 'usedMethods' | 'usedPaths' | 'requests' | 'isVague'> {
  readonly origin: CompiledOriginPattern
  readonly methods: ReadonlySet<string>
  readonly expiresMs: number
  readonly usedMethods: Set<string>
  readonly usedPaths: Set<number>
  readonly requests: Map<string, UsedRequest>
  isVague: boolean
}

/**
 * Counts what requests that were let on, or asked about, use of the entries: all that fit have a say in a decision, so all count
 * as used.
 */
export function createUseCounter(
  allow: readonly AllowEntry[],
  originsOf: (attempt: Attempt) => readonly string[],
) {
  const entries: Counted[] = allow.map((entry) => ({
    entry,
    origin: compileOriginPattern(entry.origin),
    methods: new Set<string>(entry.methods),
    paths: entry.paths.map(compilePathPattern),
    expiresMs:
      entry.expiresAt === undefined ? Number.POSITIVE_INFINITY : Date.parse(entry.expiresAt),
    usedMethods: new Set(),
    usedPaths: new Set(),
    requests: new Map(),
    isVague: false,
  }))
  return {
    count(attempt: Attempt): void {
      // A call of a tool is let on by its grant.
      if (attempt.tool !== undefined) return
      for (const origin of originsOf(attempt)) {
        for (const entry of entries) use(entry, attempt, origin)
      }
    },
    entries: (): readonly EntryUse[] => entries,
  }
}

function use(entry: Counted, attempt: Attempt, origin: string): void {
  const { method, path, pathIsCut } = attempt
  if (!entry.methods.has(method) || !matchesOrigin(entry.origin, origin)) return
  if (!(attempt.begunMs < entry.expiresMs)) return
  const key = `${method} ${origin}${path}`
  if (entry.requests.has(key)) return
  const segments = splitPath(path)
  let fits = false
  for (const [at, pattern] of entry.paths.entries()) {
    // What a path that was cut went on with may have fitted.
    const isOpen = pathIsCut && !isSettled(entry.entry.paths[at] ?? '', path)
    if (!isOpen && !matchesPath(pattern, segments)) continue
    entry.usedPaths.add(at)
    fits = true
  }
  if (!fits) return
  entry.usedMethods.add(method)
  entry.isVague ||= pathIsCut || entry.requests.size >= requestsMax
  if (entry.requests.size < requestsMax) entry.requests.set(key, { origin, method, path })
}

/** What nothing used. */
export function findUnused(entries: readonly EntryUse[]): Unused[] {
  return entries.flatMap(({ entry, usedMethods, usedPaths }, at) => {
    const unusedMethods = entry.methods.filter((method) => !usedMethods.has(method))
    const unusedPaths = entry.paths.filter((_, index) => !usedPaths.has(index))
    if (unusedMethods.length === 0 && unusedPaths.length === 0) return []
    return [{ at, entry, unusedMethods: unusedMethods satisfies HttpMethod[], unusedPaths }]
  })
}
