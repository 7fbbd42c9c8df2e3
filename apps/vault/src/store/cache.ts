// Keeps what the hot path reads, for as long as it is sure to hear of changes.

export interface Cache<K, V> {
  /**
   * Reads through. Loads of one key at the same time are one load; while changes may be missed every call is a load of its
   * own. What does not exist (undefined) is not kept. A load that a change overtook is handed out but not kept.
   */
  get(key: K): Promise<V | undefined>
  /** What is kept and still true; undefined says only that `get` has to be asked. */
  peek(key: K): V | undefined
  clear(): void
  delete(key: K): void
  /** Since it was made: calls that memory answered, those that it did not, and how much is kept. */
  counts(): CacheCounts
}

export interface CacheCounts {
  readonly hits: number
  readonly misses: number
  readonly entries: number
}

export interface CacheOptions<V> {
  readonly load: (key: string) => Promise<V | undefined>
  /** Is every change sure to be heard of? While it is not, nothing kept is used. */
  readonly isLive: () => boolean
  /** A kept value is used for this long at most, in case a change was missed all the same. */
  readonly ttlMs: number
  /** Beyond it, what was not used for longest goes. Where values are weighed, of their weights together. */
  readonly entriesMax: number
  /** For values of which some take far more memory than others; else each counts for one. */
  readonly weigh?: (value: V) => number
  /** Milliseconds of a clock that is never put back. */
  readonly now: () => number
}

interface Entry<V> {
  readonly value: V
  readonly untilMs: number
  readonly weight: number
}

/** What is kept, the one unused for longest first, within the bound. */
function createEntries<V>({ entriesMax, weigh }: Pick<CacheOptions<V>, 'entriesMax' | 'weigh'>) {
  const entries = new Map<string, Entry<V>>()
  const kept = { weight: 0 }

  const drop = (key: string) => {
    kept.weight -= entries.get(key)?.weight ?? 0
    entries.delete(key)
  }
  return {
    drop,
    get: (key: string) => entries.get(key),
    count: () => entries.size,
    used(key: string, entry: Entry<V>) {
      // Only a full one has to know what was used last; by weight, any may be full with the next.
      if (kept.weight < entriesMax && weigh === undefined) return
      entries.delete(key)
      entries.set(key, entry)
    },
    put(key: string, value: V, untilMs: number) {
      drop(key)
      const weight = weigh?.(value) ?? 1
      entries.set(key, { value, untilMs, weight })
      kept.weight += weight
      for (const oldest of entries.keys()) {
        if (kept.weight <= entriesMax || oldest === key) break
        drop(oldest)
      }
    },
    clear() {
      entries.clear()
      kept.weight = 0
    },
  }
}

/** Makes a cache. Whoever hears of changes calls `delete` and `clear`; see changes.ts. */
export function createCache<V>(options: CacheOptions<V>): Cache<string, V> {
  const entries = createEntries(options)
  const loading = new Map<string, Promise<V | undefined>>()
  const counted = { hits: 0, misses: 0 }

  const peek = (key: string): V | undefined => {
    const entry = entries.get(key)
    if (entry === undefined || !options.isLive()) return undefined
    if (entry.untilMs <= options.now()) {
      entries.drop(key)
      return undefined
    }
    entries.used(key, entry)
    counted.hits += 1
    return entry.value
  }

  const load = (key: string): Promise<V | undefined> => {
    const promise = options.load(key).then(
      (value) => {
        // Still ours: no change of this key was heard of since the load began.
        const undisturbed = loading.get(key) === promise
        if (undisturbed) loading.delete(key)
        if (undisturbed && value !== undefined && options.isLive())
          entries.put(key, value, options.now() + options.ttlMs)
        return value
      },
      (error: unknown) => {
        if (loading.get(key) === promise) loading.delete(key)
        throw error
      },
    )
    return promise
  }

  return {
    async get(key) {
      const known = peek(key)
      if (known !== undefined) return known
      counted.misses += 1
      if (!options.isLive()) return options.load(key)
      const underWay = loading.get(key)
      if (underWay !== undefined) return underWay
      const promise = load(key)
      loading.set(key, promise)
      return promise
    },
    peek,
    delete(key) {
      entries.drop(key)
      loading.delete(key)
    },
    clear() {
      entries.clear()
      loading.clear()
    },
    counts: () => ({ ...counted, entries: entries.count() }),
  }
}
