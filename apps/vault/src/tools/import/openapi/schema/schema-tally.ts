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

/** The most changes that are kept apart. */
const changesMax = 200
/** More schemas than that under `$defs` are more than anybody reads: less detail serves better. */
const defsMax = 24

/** Adds what a part took. */
export function addTally(to: SchemaTally, part: SchemaTally): void {
  to.weight += part.weight
  to.isCut ||= part.isCut
  for (const change of part.changes) if (to.changes.size < changesMax) to.changes.add(change)
  for (const pointer of part.defs) to.defs.add(pointer)
  if (to.defs.size > defsMax) to.weight = Number.POSITIVE_INFINITY
}

const charsPerUnit = 32

/** Texts count by their length. */
export const weighText = (text: string): number => text.length / charsPerUnit
