/** Runs work after what came before it under the same key; undefined, and nothing done, where too many wait under it. */
export type OneByOne = <Done>(key: string, work: () => Promise<Done>) => Promise<Done | undefined>

/** Builds the lanes; one that is idle takes no memory. */
export function createOneByOne({ atOnceMax }: { readonly atOnceMax: number }): OneByOne {
  const lanes = new Map<string, { count: number; last: Promise<unknown> }>()
  return async (key, work) => {
    const lane = lanes.get(key) ?? { count: 0, last: Promise.resolve() }
    if (lane.count >= atOnceMax) return undefined
    lanes.set(key, lane)
    lane.count += 1
    const done = lane.last.then(work)
    // Whoever comes next does not care how this one ended; whoever asked for it hears it.
    lane.last = done.catch(() => undefined)
    try {
      return await done
    } finally {
      lane.count -= 1
      if (lane.count === 0) lanes.delete(key)
    }
  }
}
