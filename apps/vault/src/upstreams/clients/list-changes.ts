// Hears that a list of the server's has changed, and says so at a pace that a storm of notices does not set.
import type { Client } from '@modelcontextprotocol/client'
import type { UpstreamList } from './live-upstream.ts'

/** A burst of notices is one change. */
const debounceMs = 250
/** Between two changes of one list that are told; twice as long each time for as long as they go on. */
const pauseMsMin = 2_000
const pauseMsMax = 60_000
const listenMsMax = 10_000
const listenAgainMsMin = 1_000
const listenAgainMsMax = 60_000
const listenFailuresMax = 8

const notices = {
  tools: 'notifications/tools/list_changed',
  resources: 'notifications/resources/list_changed',
  prompts: 'notifications/prompts/list_changed',
} as const
const lists = Object.keys(notices) as UpstreamList[]

/** Tells of changes until it is stopped. */
export interface ListChanges {
  onChanged(notify: (list: UpstreamList) => void): void
  /** Servers of 2026-07-28 say it only to who listens; to be called when the connection stands. */
  listen(): void
  stop(): void
}

/** Makes the ears of a client that is not connected yet. */
export function createListChanges(client: Client, now: () => number): ListChanges {
  const told = new Set<(list: UpstreamList) => void>()
  const timers = new Map<UpstreamList, ReturnType<typeof setTimeout>>()
  const toldLast = new Map<UpstreamList, { readonly at: number; readonly pauseMs: number }>()
  let isStopped = false
  let wakeUp: (() => void) | undefined

  function onNotice(list: UpstreamList): void {
    if (isStopped || timers.has(list)) return
    const last = toldLast.get(list)
    const sinceMs = last === undefined ? Number.POSITIVE_INFINITY : now() - last.at
    const pauseMs = last?.pauseMs ?? pauseMsMin
    const timer = setTimeout(
      () => {
        timers.delete(list)
        const goesOn = sinceMs < 2 * pauseMs
        const nextMs = goesOn ? Math.min(2 * pauseMs, pauseMsMax) : pauseMsMin
        toldLast.set(list, { at: now(), pauseMs: nextMs })
        for (const notify of told) notify(list)
      },
      Math.max(debounceMs, pauseMs - sinceMs),
    )
    timer.unref()
    timers.set(list, timer)
  }
  for (const list of lists) client.setNotificationHandler(notices[list], () => onNotice(list))

  function sleep(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, ms)
      timer.unref()
      wakeUp = () => {
        clearTimeout(timer)
        resolve()
      }
    })
  }
  async function keepListening(announced: readonly UpstreamList[]): Promise<void> {
    let failures = 0
    while (!isStopped && failures < listenFailuresMax) {
      try {
        const subscription = await client.listen(filterOf(announced), { timeout: listenMsMax })
        failures = 0
        if ((await subscription.closed) === 'local') return
        // What was said meanwhile was said to nobody.
        for (const list of announced) onNotice(list)
      } catch {
        failures += 1
      }
      if (!isStopped) await sleep(Math.min(listenAgainMsMin * 2 ** failures, listenAgainMsMax))
    }
  }

  return {
    onChanged: (notify) => void told.add(notify),
    listen() {
      if (client.getProtocolEra() !== 'modern') return
      const capabilities = client.getServerCapabilities()
      const announced = lists.filter((list) => capabilities?.[list]?.listChanged === true)
      if (announced.length > 0) void keepListening(announced)
    },
    stop() {
      isStopped = true
      for (const timer of timers.values()) clearTimeout(timer)
      timers.clear()
      wakeUp?.()
    },
  }
}

const filterOf = (announced: readonly UpstreamList[]) => ({
  ...(announced.includes('tools') && { toolsListChanged: true }),
  ...(announced.includes('resources') && { resourcesListChanged: true }),
  ...(announced.includes('prompts') && { promptsListChanged: true }),
})
