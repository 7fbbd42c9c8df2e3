import { Problem } from '@sallyport/contracts'
import { openValues } from '../kept/open-values.ts'
import type { ServerRow } from '../kept/server-store.ts'
import { openServer } from './open-server.ts'
import { createRestarts, type Restarts } from './restarts.ts'
import { createServing, type Serving } from './serving.ts'
import { listSecrets, type SlotCore } from './slot-core.ts'

/** Agents whose programs ended by themselves, that are remembered. */
const failedMax = 1_000
/** Programs of one server at the same time. */
const agentsMax = 20
/** A program that its agent has not asked for so long ends, in ms. */
const idleMsMax = 10 * 60_000

/** The programs of a server that gives each agent one of its own: begun by the first call, in a directory of their own. */
export interface AgentServings {
  /**
   * The agent’s own. Problem `overloaded` where there are too many, `upstream-not-connected` where it ended by itself a moment ago or
   * too often, and those of connecting.
   */
  of(agentId: string, row: ServerRow, signal: AbortSignal): Promise<Serving>
  /** All of them end, each with its last call; those that are being started at once. */
  retire(): void
  /** Resolves when none is being started any more. */
  settled(): Promise<unknown>
}

interface Entry {
  readonly key: string
  readonly serving: Promise<Serving>
  /** Ends the start, until it has started. */
  starting: AbortController | undefined
  timer: NodeJS.Timeout | undefined
}

/** Builds it for one server. */
export function createAgentServings(core: SlotCore): AgentServings {
  const entries = new Map<string, Entry>()
  const starting = new Set<Promise<unknown>>()
  const pauses = createPauses(core)

  function drop(agentId: string, entry: Entry): void {
    if (entries.get(agentId) === entry) entries.delete(agentId)
    clearTimeout(entry.timer)
    entry.serving.then((serving) => serving.retire()).catch(() => undefined) // It never stood, and whoever asked was told why.
  }

  function begin(agentId: string, row: ServerRow, key: string): Entry {
    const stop = new AbortController()
    const serving = open(core, { row, agentId, key, signal: stop.signal })
    const entry: Entry = { key, serving, starting: stop, timer: undefined }
    entries.set(agentId, entry)
    const started = serving
      .catch(() => undefined) // Whoever asked is told.
      .finally(() => starting.delete(started))
    starting.add(started)
    const failed = () => {
      if (entries.get(agentId) === entry) pauses.begin(agentId)
      drop(agentId, entry)
    }
    entry.serving.then((serving) => {
      entry.starting = undefined
      pauses.worked(agentId)
      serving.upstream.onClosed(failed)
    }, failed)
    return entry
  }

  return {
    async of(agentId, row, signal) {
      const key = core.live?.key ?? ''
      const known = entries.get(agentId)
      if (known !== undefined && known.key !== key) drop(agentId, known)
      const isNew = !entries.has(agentId)
      if (isNew) pauses.require(agentId)
      if (isNew && entries.size >= agentsMax) throw tooMany()
      const entry = entries.get(agentId) ?? begin(agentId, row, key)
      clearTimeout(entry.timer)
      entry.timer = setTimeout(() => drop(agentId, entry), idleMsMax)
      entry.timer.unref()
      return Promise.race([entry.serving, whenStopped(signal)])
    },

    retire() {
      for (const [agentId, entry] of [...entries]) {
        // Where nothing serves any more nobody waits for it.
        if (core.live === undefined) entry.starting?.abort()
        drop(agentId, entry)
      }
      pauses.clear()
    },

    settled: () => Promise.all(starting),
  }
}

interface Pause {
  readonly restarts: Restarts
  /** When it may be started again, in ms since the epoch; infinite where that is for an owner to say. */
  untilMs: number
}

/** As a program of all agents is, an agent’s own is started again after a pause, and so often within a time and no oftener. */
function createPauses({ needs }: SlotCore) {
  const failed = new Map<string, Pause>()
  return {
    /** Problem `upstream-not-connected` until it may be started. */
    require(agentId: string): void {
      const leftMs = (failed.get(agentId)?.untilMs ?? 0) - needs.now()
      if (leftMs > 0) throw leftMs === Infinity ? givenUp() : pausing(leftMs)
    },
    begin(agentId: string): void {
      const known = failed.get(agentId) ?? { restarts: createRestarts({ isProgram: true }) }
      const delayMs = known.restarts.next(needs.now(), needs.random())
      failed.set(agentId, { ...known, untilMs: needs.now() + (delayMs ?? Infinity) })
      const [oldest] = failed.keys()
      if (failed.size > failedMax && oldest !== undefined) failed.delete(oldest)
    },
    worked: (agentId: string) => failed.get(agentId)?.restarts.worked(needs.now()),
    /** Somebody wants them to be tried. */
    clear: () => failed.clear(),
  }
}

const pausing = (leftMs: number) =>
  new Problem('upstream-not-connected', 'The agent’s own program of the server ended by itself.', {
    next: 'It is started again in a moment: nothing was sent, so send it again then.',
    retryAfterSeconds: Math.ceil(leftMs / 1000),
  })

const givenUp = () =>
  new Problem(
    'upstream-not-connected',
    'The agent’s own program of the server was started too often within ten minutes.',
    { next: 'An owner looks at its log, and refreshes the server.' },
  )

async function open(
  core: SlotCore,
  {
    row,
    agentId,
    key,
    signal,
  }: {
    readonly row: ServerRow
    readonly agentId: string
    readonly key: string
    readonly signal: AbortSignal
  },
): Promise<Serving> {
  const { needs } = core
  const values = await openValues(needs.keyring, row)
  const server = { ...row, id: `${row.id}-${agentId}` }
  const timeout = AbortSignal.timeout(row.connectTimeoutSeconds * 1000)
  const ends = AbortSignal.any([signal, timeout])
  const opened = await openServer(needs, { server, values }, ends)
  const serving = createServing(opened, { key, cleansUntilMs: 0 }, () => {
    core.servings.delete(serving)
    listSecrets(core)
  })
  // What was switched off meanwhile is not kept.
  if (core.isClosed || core.live?.key !== key) await serving.close()
  else core.servings.add(serving)
  listSecrets(core)
  return serving
}

const whenStopped = (signal: AbortSignal) =>
  new Promise<never>((_resolve, reject) => {
    if (signal.aborted) reject(signal.reason)
    signal.addEventListener('abort', () => reject(signal.reason), { once: true })
  })

const tooMany = () =>
  new Problem('overloaded', `The server runs for ${agentsMax} agents already.`, {
    next: 'Try again later: a program that is not used ends after ten minutes.',
  })
