import type { Attempts } from './deliver.ts'
import type { NotifyNeeds } from './notify-needs.ts'
import type { Claimed } from './notify-store.ts'
import { readersOf } from './write-message.ts'

type Needs = Pick<NotifyNeeds, 'store' | 'newId' | 'onFailure'> & {
  readonly attempts: Attempts
  /** Names this replica in leases. */
  readonly replica: string
}

/** A lease outlasts an attempt and its record by far; a crash costs no more than this. */
export const leaseMs = 30_000
/** Channels that one replica sends to at the same time. */
const channelsMax = 20
const atOnceMax = 5
const perMinuteMax = 30
const gatheredMax = 200
const gatherMs = 10_000
const eventsMax = 100
/** One wake takes no more rounds than this; the next one goes on. */
const roundsMax = 50
/** What is to be tried again sooner is woken for; the timer of the periodic job finds the rest. */
const wokenMsMax = 60_000
const timersMax = 1_000
/** What is on its way when the vault stops may take this long to get there. */
const stopMsMax = 2_000

/** Hands events to channels and sends what is due, beside everything else. */
export interface DeliveryLoop {
  /** Looks once whether something is to be done, and begins it; resolves when all is begun, not when it is sent. */
  run(): Promise<void>
  /** The same without waiting; several at once are one or two. */
  wake(): void
  /** Begins nothing more; resolves when what was on its way has ended and is recorded. */
  stop(): Promise<void>
}

/** Builds the loop. */
export function createDeliveryLoop(needs: Needs): DeliveryLoop {
  const { onFailure } = needs
  const stopping = new AbortController()
  const sending = new Set<Promise<void>>()
  const timers = new Set<NodeJS.Timeout>()
  const state = { isStopped: false, running: undefined as Promise<void> | undefined, again: false }

  async function round(): Promise<boolean> {
    const events = await needs.store.fanOut({
      ...{ eventsMax, readers: readersOf },
      newId: () => needs.newId('notificationDelivery'),
    })
    const room = channelsMax - sending.size
    if (room <= 0 || state.isStopped) return false
    const claimed = await needs.store.claim({
      ...{ by: needs.replica, leaseMs, channelsMax: room, atOnceMax, perMinuteMax },
      ...{ gatheredMax, gatherMs },
    })
    for (const one of claimed) begin(one)
    return events === eventsMax
  }

  function begin(claimed: Claimed): void {
    const work = sendAndRecord(needs, claimed, { stop: stopping.signal, wakeAfter })
      .catch((error: unknown) => onFailure('notifications could not be sent or recorded', error))
      .then(() => {
        sending.delete(work)
        // There may be more for this channel.
        wake()
      })
    sending.add(work)
  }

  async function rounds(): Promise<void> {
    try {
      for (let done = 0; done < roundsMax && state.again && !state.isStopped; done += 1) {
        state.again = false
        if (await round()) state.again = true
      }
    } finally {
      // In the same turn as the last look at `again`: no wake falls between.
      state.running = undefined
    }
  }

  const run = async (): Promise<void> => {
    state.again = true
    state.running ??= rounds()
    await state.running
  }
  const wake = () => {
    run().catch((error: unknown) => onFailure('notifications could not be handed out', error))
  }

  function wakeAfter(ms: number): void {
    if (state.isStopped || ms > wokenMsMax || timers.size >= timersMax) return
    const timer = setTimeout(() => {
      timers.delete(timer)
      wake()
    }, ms)
    timers.add(timer)
  }

  return {
    run,
    wake,
    async stop() {
      state.isStopped = true
      for (const timer of timers) clearTimeout(timer)
      await state.running?.catch(() => {})
      const timer = setTimeout(() => stopping.abort(), stopMsMax)
      await Promise.all(sending)
      clearTimeout(timer)
    },
  }
}

async function sendAndRecord(
  { store, attempts, replica }: Needs,
  claimed: Claimed,
  { stop, wakeAfter }: { readonly stop: AbortSignal; readonly wakeAfter: (ms: number) => void },
): Promise<void> {
  for (const { ids, end } of await attempts.attempt(claimed, stop)) {
    await store.end({ ids, by: replica, end })
    if (end.outcome === 'retry') wakeAfter(end.afterMs)
  }
}
