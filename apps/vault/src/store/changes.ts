// Tells this replica what any replica changed, and knows when it can no longer tell.
import { z } from 'zod'
import { connect, type Sql } from './connect.ts'

const ChangedTable = z.enum([
  'agents',
  'agent_tokens',
  'connections',
  'policies',
  'approvals',
  'capability_requests',
  'workspaces',
  'connection_tokens',
  'oauth_apps',
  'connect_flows',
  'remembered_approvals',
  'notification_channels',
  'notification_outbox',
  'notification_deliveries',
  'alerts',
  'toolsets',
  'sql_sources',
  'mcp_servers',
  'variables',
  'workspace_keys',
  'root_keys',
  // What replicas ask each other; for the one that is named alone.
  'replica_calls',
  'replica_answers',
  'replica_stops',
  '*',
])

/** A change of one row; table `*` means that anything may have changed. */
export interface Change {
  readonly table: z.infer<typeof ChangedTable>
  /** The row's id; of an agent's token the hash, in hexadecimal. */
  readonly id: string
  readonly workspaceId?: string | undefined
  readonly agentId?: string | undefined
  readonly connectionId?: string | undefined
  /** Whom it is for. */
  readonly replicaId?: string | undefined
}

export interface ChangeFeed {
  /** Calls the listener with each change from now on; what it returns ends that. */
  subscribe(listener: (change: Change) => void): () => void
  /** Was it proved within the last second that changes get through? */
  isLive(): boolean
  /** Tells this replica's listeners at once; the others hear of it from the database. */
  publishLocal(change: Change): void
  close(): Promise<void>
}

export interface ChangeFeedOptions {
  readonly url: string
  readonly log: { warn(message: string): void; info(message: string): void }
  /** Milliseconds of a clock that is never put back: `performance.now`. */
  readonly monotonicMs: () => number
}

/** What all replicas listen to. */
export const changesChannel = 'sallyport_changes'
/** How often the connection has to prove itself, and how soon. S-10 promises a second. */
const heartbeatMs = 250
const heartbeatAnswerMsMax = 500
const liveMsMax = 1_000
/** Between attempts to listen again. */
const relistenDelayMs = 100
const silenceMsMax = 2_000
const everything: Change = { table: '*', id: '*' }

const ChangePayload = z.object({
  table: ChangedTable,
  id: z.string(),
  workspaceId: z.string().optional(),
  agentId: z.string().optional(),
  connectionId: z.string().optional(),
  replicaId: z.string().optional(),
})

/**
 * Listens on a connection of its own. Whenever it is lost, and whenever it listens again, everything is reported as changed,
 * since notices sent meanwhile are gone. It comes back by itself for as long as it is not closed.
 */
export function createChangeFeed(options: ChangeFeedOptions): ChangeFeed {
  const listeners = new Set<(change: Change) => void>()
  const state = { provedMs: Number.NEGATIVE_INFINITY, closed: false }
  const publish = (change: Change) => {
    for (const listener of listeners) {
      try {
        listener(change)
      } catch (error) {
        // One listener's fault must not keep the change from the others.
        options.log.warn(`a listener failed on a change of ${change.table}: ${error}`)
      }
    }
  }
  const closing = openClosing(state)
  const running = run({ ...options, state, publish, closing: closing.wait })
  return {
    subscribe(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    isLive: () => options.monotonicMs() - state.provedMs < liveMsMax,
    publishLocal: publish,
    async close() {
      closing.close()
      await running
    },
  }
}

interface FeedState {
  /** When the last heartbeat that was answered had been sent. */
  provedMs: number
  closed: boolean
}

interface Run extends ChangeFeedOptions {
  readonly state: FeedState
  readonly publish: (change: Change) => void
  /** Waits, but not beyond the feed's closing. */
  readonly closing: (ms: number) => Promise<void>
}

function openClosing(state: FeedState) {
  const timers = new Map<NodeJS.Timeout, () => void>()
  const wait = (ms: number) =>
    new Promise<void>((resolve) => {
      if (state.closed) return resolve()
      const done = () => {
        clearTimeout(timer)
        timers.delete(timer)
        resolve()
      }
      const timer = setTimeout(done, ms)
      timers.set(timer, done)
    })
  const close = () => {
    state.closed = true
    for (const done of timers.values()) done()
  }
  return { wait, close }
}

async function run(options: Run): Promise<void> {
  const { state } = options
  let failing = false
  while (!state.closed) {
    const reason = await listenUntilLost(options, () => {
      if (failing) options.log.info('changes are heard of again')
      failing = false
    })
    state.provedMs = Number.NEGATIVE_INFINITY
    options.publish(everything)
    if (state.closed) return
    if (!failing) options.log.warn(`changes are not heard of; caches are off meanwhile (${reason})`)
    failing = true
    await options.closing(relistenDelayMs)
  }
}

/** A client of its own for each attempt: one that reconnected by itself would look alive without listening. */
async function listenUntilLost(options: Run, onListening: () => void): Promise<string> {
  const { state, publish, monotonicMs } = options
  const lost = { is: false }
  const sql = connect({
    url: options.url,
    maxConnections: 1,
    applicationName: 'sallyport changes',
    silenceMsMax,
    onNotify: (_, payload) => publish(readChange(payload)),
    onClose: () => {
      lost.is = true
      state.provedMs = Number.NEGATIVE_INFINITY
    },
  })
  try {
    const listenedMs = monotonicMs()
    await sql.unsafe(`LISTEN ${changesChannel}`)
    publish(everything)
    if (!lost.is) state.provedMs = listenedMs
    onListening()
    while (!state.closed && !lost.is) {
      await options.closing(heartbeatMs)
      if (state.closed || lost.is) break
      const sentMs = monotonicMs()
      if (!(await answers(sql))) return 'no answer'
      if (!lost.is) state.provedMs = sentMs
    }
    return 'connection lost'
  } catch (error) {
    return error instanceof Error && 'code' in error ? String(error.code) : 'connection failed'
  } finally {
    await sql.end({ timeout: 0 })
  }
}

async function answers(sql: Sql): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<false>((resolve) => {
    // A busy process finds its timers before its sockets: the answer may be there already, so look once more.
    timer = setTimeout(() => setImmediate(() => setImmediate(resolve, false)), heartbeatAnswerMsMax)
  })
  try {
    return await Promise.race([sql.unsafe('SELECT 1').then(() => true), late])
  } finally {
    clearTimeout(timer)
  }
}

/** A change as it is told by a query. */
export const writeNotice = (change: Change): string => JSON.stringify(change)

/** What cannot be read may have meant anything. */
function readChange(payload: string): Change {
  try {
    return ChangePayload.parse(JSON.parse(payload))
  } catch {
    return everything
  }
}
