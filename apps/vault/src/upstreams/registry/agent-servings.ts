import { Problem } from '@sallyport/contracts'
import { openValues } from '../kept/open-values.ts'
import type { ServerRow } from '../kept/server-store.ts'
import { openServer } from './open-server.ts'
import { createServing, type Serving } from './serving.ts'
import { listSecrets, type SlotCore } from './slot-core.ts'

/** Programs of one server at the same time. */
const agentsMax = 20
/** A program that its agent has not asked for so long ends, in ms. */
const idleMsMax = 10 * 60_000

/** The programs of a server that gives each agent one of its own: begun by the first call, in a directory of their own. */
export interface AgentServings {
  /** The agent’s own. Problem `overloaded` where there are too many, and those of connecting. */
  of(agentId: string, row: ServerRow, signal: AbortSignal): Promise<Serving>
  /** All of them end, each with its last call. */
  retire(): void
}

interface Entry {
  readonly key: string
  readonly serving: Promise<Serving>
  timer: NodeJS.Timeout | undefined
}

/** Builds it for one server. */
export function createAgentServings(core: SlotCore): AgentServings {
  const entries = new Map<string, Entry>()

  function drop(agentId: string, entry: Entry): void {
    if (entries.get(agentId) === entry) entries.delete(agentId)
    clearTimeout(entry.timer)
    entry.serving.then((serving) => serving.retire()).catch(() => undefined) // It never stood, and whoever asked was told why.
  }

  function begin(agentId: string, row: ServerRow, key: string): Entry {
    const entry: Entry = { key, serving: open(core, { row, agentId, key }), timer: undefined }
    entries.set(agentId, entry)
    entry.serving.then(
      (serving) => serving.upstream.onClosed(() => drop(agentId, entry)),
      () => drop(agentId, entry),
    )
    return entry
  }

  return {
    async of(agentId, row, signal) {
      const key = core.live?.key ?? ''
      const known = entries.get(agentId)
      if (known !== undefined && known.key !== key) drop(agentId, known)
      const isNew = !entries.has(agentId)
      if (isNew && entries.size >= agentsMax) throw tooMany()
      const entry = entries.get(agentId) ?? begin(agentId, row, key)
      clearTimeout(entry.timer)
      entry.timer = setTimeout(() => drop(agentId, entry), idleMsMax)
      entry.timer.unref()
      return Promise.race([entry.serving, whenStopped(signal)])
    },

    retire() {
      for (const [agentId, entry] of [...entries]) drop(agentId, entry)
    },
  }
}

async function open(
  core: SlotCore,
  {
    row,
    agentId,
    key,
  }: { readonly row: ServerRow; readonly agentId: string; readonly key: string },
): Promise<Serving> {
  const { needs } = core
  const values = await openValues(needs.keyring, row)
  const server = { ...row, id: `${row.id}-${agentId}` }
  const timeout = AbortSignal.timeout(row.connectTimeoutSeconds * 1000)
  const opened = await openServer(needs, { server, values }, timeout)
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
