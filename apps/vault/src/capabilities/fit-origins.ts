import type { AllowEntry } from '@sallyport/contracts'
import { compileOriginPattern, matchesOrigin } from '../policy/origin-pattern.ts'

// Where each customer of a service has a host of their own, its actions name a pattern, and a grant the connection's own hosts.

/** Does an origin, or all that another pattern stands for, lie within this one? */
export const coversOrigin = (wide: string, narrow: string): boolean =>
  // A star of the narrow one is a character like any other here: only a star of the wide one takes it, and all it stands for.
  matchesOrigin(compileOriginPattern(wide), narrow)

/** Those of a connection's origins that an entry is about. */
export const originsWithin = (origin: string, origins: readonly string[]): string[] =>
  origins.filter((one) => coversOrigin(origin, one))

/** The entry, once for each of the connection's origins that it is about: a pattern is never granted. */
export const narrowToOrigins = <Entry extends Pick<AllowEntry, 'origin'>>(
  entry: Entry,
  origins: readonly string[],
): Entry[] => originsWithin(entry.origin, origins).map((origin) => ({ ...entry, origin }))
