import { routes } from '@sallyport/sdk'
import type { QueryClient } from '@tanstack/react-query'
import { createContext, useContext, useSyncExternalStore } from 'react'

// Keeps what is shown true: listens to the vault's events, and asks again by itself while it cannot listen.

/**
 * `live`: events arrive. `connecting`: not yet. `reconnecting`: no more, and what is shown is asked for now and then.
 * `offline`: there is no network.
 */
export type ConnectionState = 'connecting' | 'live' | 'reconnecting' | 'offline'

/** Where the vault tells of changes. */
export const eventsPath = routes.streamEvents.path
const firstPauseMs = 1_000
const pauseMsMax = 30_000
const askEveryMs = 15_000
/**
 * A browser has about six connections for one host by HTTP/1.1, over all tabs: one that nobody looks at gives its own up.
 * Going to another tab and back at once costs nothing.
 */
const hiddenMsMax = 5_000

export interface Events {
  /** Begins to listen; returns what ends it. */
  start(): () => void
  subscribe(onChange: () => void): () => void
  state(): ConnectionState
}

interface Needs {
  readonly queryClient: Pick<QueryClient, 'invalidateQueries'>
  readonly openSource: () => EventSource
  readonly isOnline: () => boolean
  readonly random: () => number
}

/** Queries whose operations are called otherwise than the noun of the event that they go with. */
const also: Readonly<Record<string, readonly string[]>> = {
  notifications: ['notification-channels', 'notification-deliveries'],
  // Grants of tools stand in policies, and are shown with the tools and with the agents that have them.
  policies: ['toolsets'],
  toolsets: ['tools', 'agents', 'sources'],
  // Upstream MCP servers stand under /mcp, each with a toolset and a connection of its own.
  'mcp-servers': ['mcp', 'toolsets', 'connections'],
  variables: ['mcp'],
  // Who is signed in also hears what the workspace is called and whether it is frozen.
  workspace: ['session'],
}

/** Builds the listener. */
export function createEvents({ queryClient, openSource, isOnline, random }: Needs): Events {
  const listeners = new Set<() => void>()
  let state: ConnectionState = 'connecting'
  let source: EventSource | undefined
  let retry: ReturnType<typeof setTimeout> | undefined
  let failures = 0

  const show = (next: ConnectionState) => {
    if (next === state) return
    state = next
    for (const listener of listeners) listener()
  }
  const askAgain = (noun = '*') => {
    void queryClient.invalidateQueries(noun === '*' ? {} : { queryKey: [noun] })
    for (const one of also[noun] ?? []) askAgain(one)
  }
  const close = () => {
    clearTimeout(retry)
    source?.close()
    source = undefined
  }
  const open = () => {
    close()
    if (!isOnline()) return show('offline')
    const opened = openSource()
    source = opened
    opened.onopen = () => {
      // What happened while nobody listened was not told.
      if (failures > 0) askAgain()
      failures = 0
      show('live')
    }
    opened.onmessage = ({ data }) => {
      const noun = readNoun(data)
      if (noun !== undefined) askAgain(noun)
    }
    opened.onerror = () => {
      close()
      failures += 1
      show(isOnline() ? 'reconnecting' : 'offline')
      const pauseMs = Math.min(pauseMsMax, firstPauseMs * 2 ** Math.min(failures, 5))
      // Not all dashboards at once after a restart of the vault.
      retry = setTimeout(open, pauseMs * (0.5 + random() / 2))
    }
  }

  return {
    start() {
      const goOnline = () => {
        failures += 1
        if (document.visibilityState === 'visible') open()
      }
      const goOffline = () => {
        close()
        show('offline')
      }
      let leave: ReturnType<typeof setTimeout> | undefined
      const rest = () => {
        close()
        // Until it listens again, what it missed is not known.
        failures += 1
        show('connecting')
      }
      const onVisibility = () => {
        clearTimeout(leave)
        if (document.visibilityState === 'hidden') leave = setTimeout(rest, hiddenMsMax)
        // Once it is live again it asks for everything.
        else if (state !== 'live') open()
      }
      window.addEventListener('online', goOnline)
      window.addEventListener('offline', goOffline)
      document.addEventListener('visibilitychange', onVisibility)
      const asking = setInterval(() => {
        if (state === 'reconnecting' && document.visibilityState === 'visible') askAgain()
      }, askEveryMs)
      open()
      // A tab may be opened behind the others.
      if (document.visibilityState === 'hidden') onVisibility()
      return () => {
        clearTimeout(leave)
        close()
        clearInterval(asking)
        window.removeEventListener('online', goOnline)
        window.removeEventListener('offline', goOffline)
        document.removeEventListener('visibilitychange', onVisibility)
      }
    },
    subscribe(onChange) {
      listeners.add(onChange)
      return () => listeners.delete(onChange)
    },
    state: () => state,
  }
}

/** The noun that changed, `*` for everything, undefined for what says nothing. */
function readNoun(data: unknown): string | undefined {
  try {
    const event: unknown = JSON.parse(String(data))
    if (typeof event !== 'object' || event === null || !('type' in event)) return undefined
    if (event.type === 'reset') return '*'
    // Asking who is signed in finds out that nobody is.
    if (event.type === 'ended') return 'session'
    return 'noun' in event && typeof event.noun === 'string' ? event.noun : undefined
  } catch {
    return '*' // An event that cannot be read says at least that something happened.
  }
}

export const EventsContext = createContext<Events | undefined>(undefined)

/** Whether what is shown is live. Before anybody is signed in nobody listens, and nothing is out of date. */
export function useConnectionState(): ConnectionState {
  const events = useContext(EventsContext)
  return useSyncExternalStore(
    events?.subscribe ?? (() => () => undefined),
    events?.state ?? (() => 'live'),
  )
}
