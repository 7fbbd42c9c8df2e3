// What is done with a server wherever it runs, and what is done for the replicas where it does not.

import type { AwayServer } from './program-claims.ts'
import type { CallSending, ForwardCall } from './send-call.ts'
import type { Slot } from './slot.ts'

/** Asks other replicas. */
export interface Elsewhere {
  readonly call: ForwardCall
  /** False: it runs elsewhere by now, or nowhere. */
  apply(at: AwayServer, how: { readonly anew: boolean; readonly waitMs: number }): Promise<boolean>
  /** Undefined: it runs elsewhere by now, or nowhere. */
  log(at: AwayServer): Promise<string | undefined>
}

/** What is done for other replicas, on this one alone. Each says by false or undefined that the server does not run here. */
export interface Here {
  readonly call: CallSending['sendHere']
  apply(serverId: string, anew: boolean): Promise<boolean>
  log(serverId: string): string | undefined
}

interface OverNeeds {
  /** On this replica alone. */
  readonly apply: (serverId: string, anew: boolean) => Promise<void>
  readonly slots: ReadonlyMap<string, Slot>
  /** Makes it where there is none. */
  readonly slotOf: (serverId: string) => Slot
  readonly elsewhere?: Elsewhere | undefined
  readonly sendHere: CallSending['sendHere']
}

/** Builds it. */
export function createOverReplicas({ apply, slots, slotOf, elsewhere, sendHere }: OverNeeds) {
  const isAway = (serverId: string) => slots.get(serverId)?.isAway() === true
  const here: Here = {
    call: sendHere,
    async apply(serverId, anew) {
      await apply(serverId, anew)
      return !isAway(serverId)
    },
    log: (serverId) => (isAway(serverId) ? undefined : (slots.get(serverId)?.log() ?? '')),
  }
  return {
    here,

    /** Brings a connection in line with what is stored, where it is. */
    async apply(
      serverId: string,
      how: { readonly anew: boolean; readonly waitMs: number },
    ): Promise<void> {
      const slot = slotOf(serverId)
      await apply(serverId, how.anew)
      const at = slot.runsAt()
      if (at === undefined || elsewhere === undefined) return
      // It may have moved meanwhile, and be for this replica to run.
      if (!(await elsewhere.apply(at, how)) && slot.isAway()) await apply(serverId, how.anew)
    },

    /** Problem `upstream-not-connected` where the replica that runs it does not answer. */
    async log(serverId: string): Promise<string> {
      const slot = slots.get(serverId)
      const at = slot?.runsAt()
      if (slot === undefined || at === undefined || elsewhere === undefined) {
        return slot?.log() ?? ''
      }
      const asked = elsewhere.log(at)
      // Of what is switched off it may be gone.
      return (await (slot.isAway() ? asked : asked.catch(() => undefined))) ?? slot.log()
    },
  }
}
