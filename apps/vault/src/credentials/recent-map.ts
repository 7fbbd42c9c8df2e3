/** A map that keeps the entries used last and forgets the rest. */
interface RecentMap<V> {
  get(key: string): V | undefined
  set(key: string, value: V): void
  delete(key: string): void
  values(): Iterable<V>
}

/** Builds a map of at most `entriesMax` entries; the one unused for longest makes room for the next. */
export function createRecentMap<V>(entriesMax: number): RecentMap<V> {
  const entries = new Map<string, V>() // A Map keeps the order of insertion: the first is the oldest.
  return {
    get(key) {
      const value = entries.get(key)
      if (value === undefined) return undefined
      entries.delete(key)
      entries.set(key, value)
      return value
    },
    set(key, value) {
      entries.delete(key)
      entries.set(key, value)
      const [oldest] = entries.keys()
      if (entries.size > entriesMax && oldest !== undefined) entries.delete(oldest)
    },
    delete: (key) => void entries.delete(key),
    values: () => entries.values(),
  }
}
