/** Stands for every value beyond the bound, and for what is no value. */
export const otherLabel = 'other'
const labelCharsMax = 200

/**
 * Bounds how many values a label may take: the first `valuesMax` stay themselves, all others are “other”. A value is cut where
 * it is long, and what does not print becomes `_`, so that no reader of metrics is shown anything else than a word.
 */
export function createBoundedLabels(valuesMax: number): (value: string) => string {
  const known = new Map<string, string>()
  return (value) => {
    const found = known.get(value)
    if (found !== undefined) return found
    if (known.size >= valuesMax) return otherLabel
    const label = value.slice(0, labelCharsMax).replaceAll(/[^\x21-\x7e]/g, '_') || otherLabel
    known.set(value, label)
    return label
  }
}
