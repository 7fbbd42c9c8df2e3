// This room tells people's screens that something changed, so that they read it again; never what changed.

import { type DashboardEvent, type OwnerScope, Problem } from '@sallyport/contracts'
import type { AuthenticatedOwner } from '../identity/caller.ts'
import { createAuditTicks } from './audit-ticks.ts'
import { createEventStream, type EventStream } from './event-stream.ts'
import { createLogins, type Login, type Logins } from './logins.ts'

/** Of one person; with one more the oldest ends. */
const streamsOfPersonMax = 10
/** Of all people, on this replica. */
const streamsMax = 1_000
/** Of everything below that is done again and again. */
const beatMs = 500
const commentEveryBeats = 30
const auditEveryBeats = 2
/** What changes together is told together: one change is heard of from this replica and from the database. */
const gatherMs = 50

type Noun = Extract<DashboardEvent, { type: 'changed' }>['noun']

/** A row that changed somewhere; table `*` means that anything may have changed. */
export interface RowChange {
  readonly table: string
  readonly id: string
  readonly workspaceId?: string | undefined
}

/** What this room needs of others. */
export interface EventsNeeds {
  readonly feed: {
    subscribe(listener: (change: RowChange) => void): () => void
    /** Are changes sure to be heard of? */
    isLive(): boolean
  }
  /** Looks again, without counting it as use; undefined where the session or token is over. */
  readonly recheck: (owner: AuthenticatedOwner) => Promise<AuthenticatedOwner | undefined>
  /** How far the audit log of each of the workspaces has got. */
  readonly readAuditSeqs: (workspaceIds: readonly string[]) => Promise<ReadonlyMap<string, number>>
  /** Monotonic, in ms. */
  readonly now: () => number
  readonly onFailure: (error: unknown) => void
}

export interface Events {
  /**
   * Server-sent events of the caller's workspace, of what their scopes let them read. The first is a `reset`. It goes on
   * until the reader leaves, the session or token is over (`ended`) or the vault stops. Problem: `overloaded`.
   */
  open(owner: AuthenticatedOwner): ReadableStream<Uint8Array>
  /** Ends all streams, and opens no more. */
  close(): void
}

const nouns: Readonly<Record<string, Noun>> = {
  approvals: 'approvals',
  capability_requests: 'capability-requests',
  agents: 'agents',
  connections: 'connections',
  connection_tokens: 'connections',
  connect_flows: 'connections',
  oauth_apps: 'oauth-apps',
  remembered_approvals: 'policies',
  notification_channels: 'notifications',
  notification_deliveries: 'notifications',
  alerts: 'alerts',
  toolsets: 'toolsets',
  sql_sources: 'sources',
  mcp_servers: 'mcp-servers',
  variables: 'variables',
  policies: 'policies',
  workspaces: 'workspace',
}
const scopes: Readonly<Record<Noun, OwnerScope>> = {
  approvals: 'approvals:read',
  'capability-requests': 'capabilities:read',
  agents: 'agents:read',
  connections: 'connections:read',
  'oauth-apps': 'connections:read',
  policies: 'policies:read',
  workspace: 'workspace:read',
  alerts: 'audit:read',
  notifications: 'workspace:read',
  toolsets: 'tools:read',
  sources: 'tools:read',
  'mcp-servers': 'tools:read',
  variables: 'connections:read',
  audit: 'audit:read',
}

interface House {
  readonly needs: EventsNeeds
  /** Oldest first. */
  readonly open: Map<EventStream, Login>
  readonly logins: Logins
  beat: NodeJS.Timeout | undefined
  flush: NodeJS.Timeout | undefined
  isClosed: boolean
}

/** Builds the room. It keeps a timer and asks the database only while somebody listens. */
export function createEvents(needs: EventsNeeds): Events {
  const logins = createLogins({
    now: needs.now,
    async recheck(login) {
      const owner = await needs.recheck(login)
      return owner?.scopes.has(scopes.workspace) ? owner : undefined
    },
    onEnded({ streams }) {
      for (const stream of [...streams]) stream.end({ type: 'ended' })
    },
  })
  const house: House = {
    ...{ needs, logins, open: new Map(), isClosed: false, beat: undefined, flush: undefined },
  }
  const unsubscribe = needs.feed.subscribe((change) => hear(house, change))
  const beat = createBeat(house)
  return {
    open(owner) {
      makeRoom(house, owner)
      const stream = enter(house, owner)
      house.beat ??= setInterval(beat, beatMs)
      return stream.body
    },
    close() {
      house.isClosed = true
      unsubscribe()
      for (const stream of [...house.open.keys()]) stream.end()
      clearTimeout(house.flush)
    },
  }
}

function makeRoom({ open, isClosed }: House, { ownerId }: AuthenticatedOwner): void {
  if (isClosed || open.size >= streamsMax) throw overloaded()
  const own = [...open].filter(([, { owner }]) => owner.ownerId === ownerId)
  if (own.length >= streamsOfPersonMax) own[0]?.[0].end()
}

function enter(house: House, owner: AuthenticatedOwner): EventStream {
  const login = house.logins.of(owner)
  const stream = createEventStream({
    mayFlush: () => mayFlush(house, login),
    onGone() {
      house.open.delete(stream)
      house.logins.remove(login, stream)
      if (house.open.size > 0) return
      clearInterval(house.beat)
      house.beat = undefined
    },
  })
  login.streams.add(stream)
  house.open.set(stream, login)
  // What changed before anybody listened was not told.
  stream.add({ type: 'reset' })
  if (mayFlush(house, login)) stream.flush()
  return stream
}

/** While changes may be missed, or nobody can say whether the reader may know, what happens waits or becomes a `reset`. */
const mayFlush = ({ needs, logins }: House, login: Login) =>
  needs.feed.isLive() && logins.isConfirmed(login)

function hear(house: House, { table, id, workspaceId }: RowChange): void {
  if (table === '*') tell(house, { type: 'reset' }, () => true)
  const noun = nouns[table]
  if (noun === undefined || workspaceId === undefined) return
  tell(house, { type: 'changed', noun, id }, (owner) => mayHear(owner, workspaceId, noun))
}

function tell(
  house: House,
  event: DashboardEvent,
  hears: (owner: AuthenticatedOwner) => boolean,
): void {
  for (const [stream, { owner }] of house.open) if (hears(owner)) stream.add(event)
  if (house.open.size > 0) house.flush ??= setTimeout(() => flush(house), gatherMs)
}

function flush(house: House): void {
  clearTimeout(house.flush)
  house.flush = undefined
  for (const [stream, login] of house.open) {
    if (stream.hasPending() && mayFlush(house, login)) stream.flush()
  }
}

function createBeat(house: House): () => void {
  const ticks = createAuditTicks({
    ...house.needs,
    listening: () =>
      [...house.logins.all()]
        .map(({ owner }) => owner)
        .filter((owner) => mayHear(owner, owner.workspaceId, 'audit')),
    onMoved: (workspaceId) =>
      tell(house, { type: 'changed', noun: 'audit' }, (owner) =>
        mayHear(owner, workspaceId, 'audit'),
      ),
  })
  let beats = 0
  return () => {
    beats += 1
    house.logins.recheckDue()
    if (beats % auditEveryBeats === 0) ticks.look()
    if (beats % commentEveryBeats === 0) for (const stream of house.open.keys()) stream.beat()
    flush(house)
  }
}

const mayHear = (owner: AuthenticatedOwner, workspaceId: string, noun: Noun) =>
  owner.workspaceId === workspaceId && owner.scopes.has(scopes[noun])

const overloaded = () =>
  new Problem('overloaded', 'Too many screens listen for changes, or the vault is stopping.', {
    next: 'Read what you need now, and try again in a while.',
    retryAfterSeconds: 15,
  })
