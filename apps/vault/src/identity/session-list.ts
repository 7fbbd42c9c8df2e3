import { type listSessions, type OutputOf, Problem } from '@sallyport/contracts'
import { isLookupId } from '../paging/lookup-id.ts'
import { type PageAfter, type PageInput, readPage, writePage } from '../paging/page-cursor.ts'
import type { RecordEvent } from './audit-event.ts'
import type { AuthenticatedOwner } from './caller.ts'
import { ownerEvent } from './owner-event.ts'
import { type SignInMethod, sessionIdleMs } from './owner-session.ts'
import { requireSession, sessionOf } from './require-session.ts'

/** A session of a person, as stored. */
export interface SessionRow {
  readonly id: string
  readonly hash: Uint8Array
  readonly method: SignInMethod
  readonly userAgent: string | null
  readonly address: string | null
  readonly createdAt: Date
  readonly lastSeenAt: Date
  readonly expiresAt: Date
}

export interface SessionListStore {
  /** Those that were seen after `seenAfterMs` and end after `nowMs`, newest first. */
  list(
    ownerId: string,
    given: { page: PageAfter; nowMs: number; seenAfterMs: number },
  ): Promise<SessionRow[]>
  /** False where the person has no such session. */
  endOne(ownerId: string, sessionId: string): Promise<boolean>
  /** Ends all but the one with this hash; returns how many. */
  endOthers(ownerId: string, keeps: Uint8Array): Promise<number>
}

interface SessionListNeeds {
  readonly store: SessionListStore
  readonly record: RecordEvent
  readonly now: () => number
}

/** Where a person is signed in, and an end to it. Their own alone, and only from a session. */
export function createSessionList({ store, record, now }: SessionListNeeds) {
  return {
    async list(
      owner: AuthenticatedOwner,
      input: PageInput,
    ): Promise<OutputOf<typeof listSessions>> {
      requireSession(owner)
      const nowMs = now()
      const seenAfterMs = nowMs - sessionIdleMs
      const rows = await store.list(owner.ownerId, { page: readPage(input), nowMs, seenAfterMs })
      const { page, ...rest } = writePage(rows, input)
      return { sessions: page.map((row) => view(row, owner)), ...rest }
    },

    /** Problem `session-not-found`, also for another person's. */
    async end(
      owner: AuthenticatedOwner,
      { sessionId }: { sessionId: string },
    ): Promise<{ ended: true }> {
      requireSession(owner)
      const isEnded = isLookupId(sessionId) && (await store.endOne(owner.ownerId, sessionId))
      if (!isEnded) throw notFound()
      await record(ownerEvent(owner, 'endSession', { sessionId }))
      return { ended: true }
    },

    /** Ends all of one's sessions but the one that asks. */
    async endOthers(owner: AuthenticatedOwner): Promise<{ ended: number }> {
      const ended = await store.endOthers(owner.ownerId, sessionOf(owner))
      await record(ownerEvent(owner, 'endOtherSessions', { ended }))
      return { ended }
    },
  }
}

function view(row: SessionRow, { sessionHash }: AuthenticatedOwner) {
  const { id, method, userAgent, address } = row
  return {
    id,
    current: sessionHash !== undefined && Buffer.from(sessionHash).equals(row.hash),
    createdAt: row.createdAt.toISOString(),
    lastSeenAt: row.lastSeenAt.toISOString(),
    expiresAt: row.expiresAt.toISOString(),
    method,
    ...(userAgent !== null && { userAgent }),
    ...(address !== null && { address }),
  }
}

const notFound = () =>
  new Problem('session-not-found', 'You have no such session.', {
    next: 'List your sessions; one that has ended is not there any more.',
  })
