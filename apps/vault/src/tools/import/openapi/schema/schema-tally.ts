/** What converting a schema took and lost. */
export interface SchemaTally {
  /** About how large it is: values, and texts by their length. */
  weight: number
  /** What was changed, in sentences. */
  readonly changes: Set<string>
  /** Pointers of what it names under `$defs`. */
  readonly defs: Set<string>
  /** Something was left open because it lay too deep. */
  isCut: boolean
}

export const newTally = (): SchemaTally => ({
  weight: 0,
  changes: new Set(),
  defs: new Set(),
  isCut: false,
})

/** The most changes and references under `$defs` that are kept apart: beyond it is too much anyway. */
const keptMax = 200

/** Adds what a part took. */
export function addTally(to: SchemaTally, part: SchemaTally): void {
  to.weight += part.weight
  to.isCut ||= part.isCut
  for (const change of part.changes) if (to.changes.size < keptMax) to.changes.add(change)
  for (const pointer of part.defs) to.defs.add(pointer)
  if (to.defs.size > keptMax) to.weight = Number.POSITIVE_INFINITY
}

const charsPerUnit = 32

/** Texts count by their length. */
export const weighText = (text: string): number => text.length / charsPerUnit
