// Keeps connections to upstream MCP servers: one for each that is switched on, on every replica, and of a program on one of them; and
// asks over them.

import { Problem } from '@sallyport/contracts'
import type { ServerStore } from '../kept/server-store.ts'
import { createOverReplicas, type Elsewhere, type Here } from './over-replicas.ts'
import { createCallSending, notConnected, type SendUpstream } from './send-call.ts'
import { createSlot, type Slot, type SlotNeeds } from './slot.ts'

/** What this needs of others. */
export interface RegistryNeeds extends SlotNeeds {
  readonly store: SlotNeeds['store'] & Pick<ServerStore, 'listEnabled'>
  /** Told when a server is no more, and its connections have ended. */
  readonly onGone: (serverId: string) => Promise<void>
  /** The replicas that run what does not run here. */
  readonly elsewhere?: Elsewhere | undefined
}

/** A row that changed somewhere; table `*` means that anything may have changed. */
interface RowChange {
  readonly table: string
  readonly id: string
  readonly workspaceId?: string | undefined
}

/** The connections of this replica. */
export interface Registry {
  /** Connects to all that are switched on, some at a time. Resolves when each has been tried. */
  start(): Promise<void>
  /** Follows what was changed anywhere, once it was started. Never rejects. */
  follow(change: RowChange): void
  /** Looks whether what values refer to is still the same: access tokens are renewed from time to time. */
  lookAgain(): Promise<void>
  /** Brings one connection in line with what is stored, on the replica that runs it, and waits for at most `waitMs`. */
  apply(serverId: string, how: { readonly anew?: boolean; readonly waitMs: number }): Promise<void>
  /** Connects anew to all of these, some at a time, and waits for at most `waitMs`; the rest goes on by itself. */
  renewAll(serverIds: readonly string[], waitMs: number): Promise<void>
  /** Sends one frozen call; see SendCall. Problem `upstream-not-connected` where there is no connection, and those of the call. */
  readonly send: SendUpstream
  /**
   * What is taken out of everything that the server says, of all its connections that stand; the same list until it changes. Where
   * there is none yet, it is waited for. Problem `upstream-not-connected` where none comes: nobody knows then what to take out.
   */
  secretsOf(serverId: string): readonly string[] | Promise<readonly string[]>
  /** Problem `upstream-not-connected` where the replica that runs it does not answer. */
  log(serverId: string): Promise<string>
  /** The claim on a server’s program is gone: all that stands of it ends at once. `isKnown`: look who has it. */
  lose(serverId: string, isKnown: boolean): void
  /** Nobody runs these: looks at those that this replica waits for. */
  wanted(serverIds: readonly string[]): void
  readonly here: Here
  /** Ends all of them; nothing is opened any more. */
  close(): Promise<void>
}

/** Opened at the same time. */
const opensMax = 6
/** How long a call waits for a server that this replica does not know yet, in ms. */
const firstLookMsMax = 10_000

/** Builds it; `start` begins. */
export function createRegistry(needs: RegistryNeeds): Registry {
  const slots = new Map<string, Slot>()
  const state = { isStarted: false, isClosed: false }
  const slotOf = (serverId: string): Slot => {
    const known = slots.get(serverId)
    if (known !== undefined) return known
    const slot = createSlot(needs, serverId)
    slots.set(serverId, slot)
    return slot
  }

  async function apply(serverId: string, anew: boolean): Promise<void> {
    if (state.isClosed) return
    const slot = slotOf(serverId)
    await slot.apply({ anew })
    if (!slot.isGone()) return
    slots.delete(serverId)
    await needs.onGone(serverId)
  }

  const quietly = (serverId: string) =>
    apply(serverId, false).catch((error) =>
      needs.onFailure('a change of an MCP server could not be followed', error),
    )

  async function lookAtAll(): Promise<void> {
    const enabled = await needs.store.listEnabled()
    await someAtATime([...new Set([...slots.keys(), ...enabled.map(({ id }) => id)])], quietly)
  }

  async function servingOf(serverId: string, signal: AbortSignal, agentId?: string) {
    if (state.isClosed) throw stopping()
    // Of a server that was made a moment ago this replica has yet to hear.
    if (!slots.has(serverId)) await within(firstLookMsMax, quietly(serverId))
    // Of one that is gone nothing is kept.
    return slots.get(serverId)?.serving(signal, agentId)
  }

  async function secretsOnce(serverId: string): Promise<readonly string[]> {
    const serving = await servingOf(serverId, AbortSignal.timeout(firstLookMsMax))
    const secrets = slots.get(serverId)?.secrets()
    if (serving === undefined || secrets === undefined) throw notConnected()
    return secrets
  }

  const sending = createCallSending({
    ...{ servingOf, now: needs.now, forward: needs.elsewhere?.call },
    lookAgain: (serverId) => within(firstLookMsMax, quietly(serverId)),
  })
  const over = createOverReplicas({ ...needs, ...sending, apply, slots, slotOf })

  return {
    async start() {
      state.isStarted = true
      await lookAtAll()
    },

    follow({ table, id, ...rest }) {
      if (state.isClosed || !state.isStarted) return
      if (table === '*') {
        lookAtAll().catch((error) => needs.onFailure('MCP servers could not be read', error))
      } else if (table === 'mcp_servers') void quietly(id)
      else if (followed.has(table)) {
        for (const [serverId, slot] of slots) {
          if (slot.concerns({ table, id, ...rest })) void quietly(serverId)
        }
      }
    },

    async lookAgain() {
      for (const [serverId, slot] of [...slots]) {
        if (slot.hasReferences()) await quietly(serverId)
      }
    },

    async apply(serverId, { anew = false, waitMs }) {
      await within(waitMs, over.apply(serverId, { anew, waitMs }))
    },

    async renewAll(serverIds, waitMs) {
      await within(
        waitMs,
        someAtATime(serverIds, (id) => over.apply(id, { anew: true, waitMs })),
      )
    },

    send: sending.send,

    secretsOf: (serverId) => slots.get(serverId)?.secrets() ?? secretsOnce(serverId),

    log: over.log,

    lose(serverId, isKnown) {
      slots.get(serverId)?.lose()
      if (isKnown && !state.isClosed) void quietly(serverId)
    },

    wanted(serverIds) {
      if (state.isClosed || !state.isStarted) return
      const waits = serverIds.filter((id) => slots.get(id)?.isAway() ?? true)
      void someAtATime(waits, quietly)
    },

    here: over.here,

    async close() {
      state.isClosed = true
      await Promise.all([...slots.values()].map((slot) => slot.close()))
    },
  }
}

const followed: ReadonlySet<string> = new Set(['variables', 'connections', 'connection_tokens'])

async function someAtATime(
  serverIds: readonly string[],
  work: (serverId: string) => Promise<void>,
): Promise<void> {
  const waiting = [...serverIds]
  const worker = async () => {
    for (let id = waiting.shift(); id !== undefined; id = waiting.shift()) await work(id)
  }
  await Promise.all(Array.from({ length: opensMax }, worker))
}

/** Waits for work, and no longer than that; it goes on by itself. */
async function within(waitMs: number, work: Promise<void>): Promise<void> {
  let timer: NodeJS.Timeout | undefined
  const timeout = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, waitMs)
  })
  await Promise.race([work, timeout]).finally(() => clearTimeout(timer))
}

const stopping = () =>
  new Problem('overloaded', 'The vault is stopping, so nothing was sent.', {
    next: 'Send it again in a few seconds.',
    retryAfterSeconds: 2,
  })
