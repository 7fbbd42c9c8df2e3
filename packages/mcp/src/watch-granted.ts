import type { Client } from '@sallyport/sdk'
import type { Clock } from './await-decision.ts'
import { type GrantedList, type GrantedTools, noTools, readGrantedTools } from './granted-tools.ts'
import { listWaitMsMax, lookAgainMsMax, watchWaitSeconds } from './limits.ts'

interface Needs {
  readonly client: Client
  readonly clock: Clock
  /** The list is another one than it was when it was last handed out. */
  readonly onChanged: () => void
  /** Whether anything answers at the vault's address: nobody waits for a vault that is not there. */
  readonly isThere: () => Promise<boolean>
  /** The conversation is over. */
  readonly ended: AbortSignal
}

/** Beside the time for which the vault holds a question back. */
const timeoutMs = 30_000
/** After a failure, doubled with each further one. */
const pauseMsMin = 1_000
/** A question that is answered sooner than this, with nothing new, was not held back. */
const heldMsMin = 10_000

/**
 * Keeps the tools that were granted to the agent. The vault is asked when a client first wants to know; from then on it is
 * asked for changes for as long as the conversation lasts, and a change is told.
 */
export function createWatchedTools(needs: Needs): GrantedTools {
  const { client, clock, ended, onChanged } = needs
  let known: GrantedList | undefined
  let handedOut = ''
  let first: Promise<void> | undefined
  /** Lists that wait for the vault: they are answered with what it says. */
  let waiting = 0

  const take = (list: GrantedList | undefined): void => {
    if (list === undefined) return
    known = list
    const isNothingNew = handedOut === '' && list.tools.length === 0
    if (waiting > 0 || isNothingNew || list.revision === handedOut) return
    handedOut = list.revision
    onChanged()
  }

  const watch = async (failedMs: number): Promise<void> => {
    let failures = 0
    await clock.pause(failedMs, ended).catch(() => {})
    while (!ended.aborted) {
      const askedMs = clock.now()
      try {
        const since = known?.revision
        const waiting = since === undefined ? {} : { since, waitSeconds: watchWaitSeconds }
        const list = await readGrantedTools(client, waiting, { signal: ended })
        failures = 0
        take(list)
        const wasHeld = list !== undefined || clock.now() - askedMs >= heldMsMin
        await clock.pause(wasHeld ? pauseMsMin : lookAgainMsMax, ended)
      } catch {
        // It is said where somebody calls a tool; a watch goes on.
        failures += 1
        const pauseMs = Math.min(pauseMsMin * 2 ** Math.min(failures, 20), lookAgainMsMax)
        await clock.pause(pauseMs, ended).catch(() => {})
      }
    }
  }

  const begin = async (): Promise<void> => {
    const isThere = await needs.isThere()
    // Whatever is wrong is said where somebody calls a tool.
    if (isThere) {
      await readGrantedTools(client, {}, { signal: ended, timeoutMs }).then(take, () => {})
    }
    if (!ended.aborted) void watch(known === undefined ? pauseMsMin : 0)
  }

  return {
    async list(signal) {
      if (known === undefined) {
        first ??= begin()
        const enough = new AbortController()
        const stop = AbortSignal.any([signal, ended, enough.signal])
        const patience = clock.pause(listWaitMsMax, stop).catch(() => {})
        waiting += 1
        await Promise.race([first, patience])
        waiting -= 1
        enough.abort()
      }
      handedOut = known?.revision ?? ''
      return known ?? noTools
    },
  }
}
