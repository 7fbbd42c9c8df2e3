import { Problem } from '@sallyport/contracts'
import type { AuthenticatedOwner } from '../identity/caller.ts'
import { attempt } from './attempt.ts'
import { follow, leaseMs } from './follow.ts'
import type { StreamNeeds } from './stream-needs.ts'
import { createStreams, getStream, type Streams } from './streams.ts'

// Sends the audit log where its owners want it, as it grows: in order, at least once, and never in the way of anything else.

/** Streams that one replica sends for at the same time. */
const sendingMax = 32
/** Between two tests of one stream. */
const testEveryMs = 5_000
/** What is on its way when the vault stops may take this long to get there. */
const stopMsMax = 2_000

export interface AuditStreams extends Streams {
  /** Sends one line at once and says what came of it. Problems: `audit-stream-not-found`, `too-many-attempts`. */
  test(
    owner: Pick<AuthenticatedOwner, 'workspaceId'>,
    input: { readonly streamId: string },
  ): Promise<{ delivered: boolean; message: string }>
  /**
   * Looks once which streams have something to send, and begins with those that nobody sends for; resolves when all is begun,
   * not when it is sent.
   */
  run(): Promise<void>
  /** Takes over what a run before has left: for a vault that has the database to itself. */
  expireLeases(): Promise<void>
  /** Begins nothing more; resolves when what was on its way has ended and is recorded. */
  stop(): Promise<void>
}

/** Builds the room. */
export function createAuditStreams(needs: StreamNeeds): AuditStreams {
  const stopping = new AbortController()
  const replica = Buffer.from(needs.randomBytes(12)).toString('base64url')
  const sending = new Set<Promise<void>>()
  const state = { isStopped: false }

  return {
    ...createStreams(needs),
    test: createTest(needs, stopping.signal),
    expireLeases: needs.store.expireLeases,

    async run() {
      const room = sendingMax - sending.size
      if (state.isStopped || room <= 0) return
      const claimed = await needs.store.claim({ by: replica, leaseMs, streamsMax: room })
      for (const stream of claimed) {
        const work = follow(needs, stream, { by: replica, stop: stopping.signal })
          .catch((error: unknown) => needs.onFailure('an audit stream could not be sent', error))
          .then(() => {
            sending.delete(work)
          })
        sending.add(work)
      }
    },

    async stop() {
      state.isStopped = true
      const timer = setTimeout(() => stopping.abort(), stopMsMax)
      await Promise.all(sending)
      clearTimeout(timer)
    },
  }
}

function createTest(needs: StreamNeeds, stop: AbortSignal): AuditStreams['test'] {
  return async ({ workspaceId }, { streamId }) => {
    const stream = await getStream(needs, { workspaceId }, streamId)
    if (!(await needs.store.beginTest({ workspaceId, id: streamId }, testEveryMs))) throw tooMany()
    const atMs = needs.now()
    const at = new Date(atMs).toISOString()
    const json = JSON.stringify({ type: 'test', workspaceId, streamId, at })
    const sent = await attempt(needs, stream, {
      part: {
        ...{ workspaceId, atMs, id: `${streamId}.test.${atMs}`, name: `${workspaceId}-test` },
        lines: [{ seq: 0, kind: 'test', atMs, refused: false, json }],
      },
      stop,
    })
    return { delivered: sent.taken, message: sent.message === '' ? 'It was taken.' : sent.message }
  }
}

const tooMany = () =>
  new Problem('too-many-attempts', 'The stream was tested a moment ago.', {
    next: `Wait ${testEveryMs / 1000} s and try again.`,
    retryAfterSeconds: testEveryMs / 1000,
  })
