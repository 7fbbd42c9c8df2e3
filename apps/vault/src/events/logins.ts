import type { AuthenticatedOwner } from '../identity/caller.ts'
import type { EventStream } from './event-stream.ts'

/** How often a session or token is looked at again, in ms: with the beat below the five seconds of S-10. */
const recheckEveryMs = 4_000
/** Without an answer for this long nothing more is told, in ms; what happens meanwhile becomes a `reset`. */
const unconfirmedMsMax = 10_000
/** Questions at once: the streams of a full house must not queue in front of requests. */
const rechecksAtOnceMax = 4

/** A session or token with the streams that were opened by it. */
export interface Login {
  /** As it was last looked up. */
  owner: AuthenticatedOwner
  readonly streams: Set<EventStream>
  askedMs: number
  confirmedMs: number
}

/** The sessions and tokens that listen. */
export interface Logins {
  /** The login of this owner, made where there is none; it was authenticated this moment. */
  of(owner: AuthenticatedOwner): Login
  all(): Iterable<Login>
  remove(login: Login, stream: EventStream): void
  isConfirmed(login: Login): boolean
  /** Asks about those that are due. Nobody has to wait for it. */
  recheckDue(): void
}

/** Builds an empty register. `now` is monotonic, in ms. */
export function createLogins(needs: {
  readonly now: () => number
  /** Undefined where the session or token is over; rejects where nobody can say. */
  readonly recheck: (owner: AuthenticatedOwner) => Promise<AuthenticatedOwner | undefined>
  readonly onEnded: (login: Login) => void
}): Logins {
  const { now } = needs
  const logins = new Map<string, Login>()
  let asking = 0

  async function check(login: Login): Promise<void> {
    const askedMs = now()
    login.askedMs = askedMs
    try {
      const owner = await needs.recheck(login.owner)
      if (owner === undefined) return needs.onEnded(login)
      login.owner = owner
      login.confirmedMs = askedMs
    } catch {
      // Nobody could say: it is asked again, and told nothing for as long as nobody can.
    }
  }

  async function checkOneByOne(): Promise<void> {
    asking += 1
    try {
      for (let due = nextDue(); due !== undefined; due = nextDue()) await check(due)
    } finally {
      asking -= 1
    }
  }

  function nextDue(): Login | undefined {
    const beforeMs = now() - recheckEveryMs
    return [...logins.values()].find(({ askedMs }) => askedMs <= beforeMs)
  }

  return {
    of(owner) {
      const key = keyOf(owner)
      const known = logins.get(key)
      const login = known ?? { owner, streams: new Set(), askedMs: now(), confirmedMs: now() }
      login.owner = owner
      login.confirmedMs = now()
      logins.set(key, login)
      return login
    },
    all: () => logins.values(),
    remove(login, stream) {
      login.streams.delete(stream)
      if (login.streams.size === 0) logins.delete(keyOf(login.owner))
    },
    isConfirmed: ({ confirmedMs }) => now() - confirmedMs < unconfirmedMsMax,
    recheckDue() {
      for (let more = asking; more < rechecksAtOnceMax && nextDue() !== undefined; more += 1) {
        void checkOneByOne()
      }
    },
  }
}

const keyOf = ({ ownerId, sessionHash, tokenHash }: AuthenticatedOwner) =>
  `${ownerId} ${Buffer.from(sessionHash ?? tokenHash ?? []).toString('base64')}`
