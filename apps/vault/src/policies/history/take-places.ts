import { Problem } from '@sallyport/contracts'

/** Answers of one workspace that are worked at at once, and how many more may wait for a place. */
const atOnceMax = 2
const waitingMax = 4
/** The same of all workspaces on a replica: each holds what it has found in memory. */
const atOnceOfAllMax = 4
const waitingOfAllMax = 32

/**
 * Builds the places in which long work is done: two for a workspace, four in all. Others wait, and those beyond a few are told to
 * come again. @throws Problem overloaded
 */
export function createPlaces() {
  const ofWorkspace = new Map<string, Places>()
  const ofAll = createQueue(atOnceOfAllMax, waitingOfAllMax)
  return async <T>(workspaceId: string, work: () => Promise<T>): Promise<T> => {
    const own = ofWorkspace.get(workspaceId) ?? createQueue(atOnceMax, waitingMax)
    ofWorkspace.set(workspaceId, own)
    try {
      return await own.take(() => ofAll.take(work))
    } finally {
      if (own.isIdle()) ofWorkspace.delete(workspaceId)
    }
  }
}

interface Places {
  take<T>(work: () => Promise<T>): Promise<T>
  isIdle(): boolean
}

function createQueue(workingMax: number, queueMax: number): Places {
  const waiting: (() => void)[] = []
  let working = 0
  return {
    async take(work) {
      if (working >= workingMax) {
        if (waiting.length >= queueMax) throw overloaded()
        // Whoever leaves hands its place on.
        await new Promise<void>((resolve) => void waiting.push(resolve))
      } else working += 1
      try {
        return await work()
      } finally {
        const next = waiting.shift()
        if (next === undefined) working -= 1
        else next()
      }
    },
    isIdle: () => working === 0,
  }
}

const overloaded = () =>
  new Problem('overloaded', 'So many answers from history cannot be worked out at once.', {
    next: 'Try again in a while, or ask for fewer days.',
    retryAfterSeconds: 5,
  })
