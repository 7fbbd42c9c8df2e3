import { Problem } from '@sallyport/contracts'
import ipaddr from 'ipaddr.js'
import type { TokenHash } from './secret-token.ts'

/** How many attempts are free, and how the wait grows after them: 1 s, 2 s, 4 s … up to a quarter of an hour. */
export interface AttemptRule {
  readonly freeAttempts: number
  readonly waitSecondsMax: number
  /** A key that was left alone for this long starts afresh. */
  readonly forgetAfterMs: number
}

/** A key that was left alone for this long starts afresh. */
export const forgetAfterMs = 24 * 3_600_000
const waitSecondsMax = 900
/** A person mistypes; an office of people shares an address. */
const emailRule: AttemptRule = { freeAttempts: 5, waitSecondsMax, forgetAfterMs }
const addressRule: AttemptRule = { freeAttempts: 30, waitSecondsMax, forgetAfterMs }
/** Challenges are asked for by every page that offers passkeys; each is a row for five minutes. */
const challengeRule: AttemptRule = {
  freeAttempts: 60,
  waitSecondsMax: 60,
  forgetAfterMs: 5 * 60_000,
}
/** Sign-ins begun at the organisation's provider that it knows nobody of: each is a row, and one request to it at most. */
const providerRule: AttemptRule = {
  freeAttempts: 60,
  waitSecondsMax: 60,
  forgetAfterMs: 10 * 60_000,
}
/** One customer of a provider has at least this much of IPv6. */
const ipv6PrefixBits = 64

export interface SignInAttemptStore {
  /** Counts an attempt and sets the wait for the next, in one statement; or says until when to wait (ms). */
  count(
    key: string,
    rule: AttemptRule & { readonly nowMs: number },
  ): Promise<{ allowed: true } | { allowed: false; blockedUntilMs: number }>
  forget(key: string): Promise<void>
  /** Takes one attempt back. A wait that has begun stays. */
  giveBack(key: string): Promise<void>
}

/** Whom an attempt counts against. A passkey names nobody before it is verified. */
interface Who {
  readonly email?: string
  readonly address: string
}

/** Bounds guessing, over all replicas and restarts (S-42). */
export interface SignInLimit {
  /**
   * Counts an attempt before it is made, so that attempts in parallel count as well.
   * @throws Problem too-many-attempts
   */
  begin(who: Who): Promise<void>
  /** The attempt was right: the address's is not held against it, and the e-mail address starts afresh. */
  succeed(who: Who): Promise<void>
  /** The attempt was no guess: it is not held against anybody, and nobody starts afresh. */
  takeBack(who: Who): Promise<void>
  /**
   * Counts a challenge that is asked for from an address.
   * @throws Problem too-many-attempts
   */
  countChallenge(address: string): Promise<void>
  /**
   * Counts a sign-in that is begun at the organisation's provider.
   * @throws Problem too-many-attempts
   */
  countProviderSignIn(address: string): Promise<void>
  /** The provider knew who it was: it is not held against the address. */
  takeBackProviderSignIn(address: string): Promise<void>
}

/** Builds the limit. Keys are keyed hashes: the table shows nobody who was tried from where. */
export function createSignInLimit(needs: {
  readonly store: SignInAttemptStore
  readonly tokenHash: TokenHash
  /** Ms since the epoch, by a clock that all replicas share: one that is a day ahead would forget for them all (S-30). */
  readonly now: () => number
}): SignInLimit {
  const { store, now } = needs
  const key = (kind: string, text: string) =>
    `${kind}:${Buffer.from(needs.tokenHash(`sign-in ${kind} ${text}`)).toString('base64url')}`
  const emailKey = (email: string) => key('email', email.toLowerCase())
  const addressKey = (address: string) => key('address', network(address))
  const providerKey = (address: string) => key('provider', network(address))

  async function count(name: string, rule: AttemptRule): Promise<void> {
    const nowMs = now()
    const counted = await store.count(name, { ...rule, nowMs })
    if (!counted.allowed) throw tooMany(Math.ceil((counted.blockedUntilMs - nowMs) / 1000))
  }
  return {
    async begin({ email, address }) {
      // The address first: who is held back there cannot lock other people's e-mail addresses.
      await count(addressKey(address), addressRule)
      if (email !== undefined) await count(emailKey(email), emailRule)
    },
    async succeed({ email, address }) {
      if (email !== undefined) await store.forget(emailKey(email))
      await store.giveBack(addressKey(address))
    },
    async takeBack({ email, address }) {
      if (email !== undefined) await store.giveBack(emailKey(email))
      await store.giveBack(addressKey(address))
    },
    countChallenge: (address) => count(key('challenge', network(address)), challengeRule),
    countProviderSignIn: (address) => count(providerKey(address), providerRule),
    takeBackProviderSignIn: (address) => store.giveBack(providerKey(address)),
  }
}

function network(address: string): string {
  if (!ipaddr.isValid(address)) return address
  const parsed = ipaddr.process(address)
  if (parsed.kind() === 'ipv4') return parsed.toString()
  const bytes = parsed.toByteArray().slice(0, ipv6PrefixBits / 8)
  return `${Buffer.from(bytes).toString('hex')}/${ipv6PrefixBits}`
}

function tooMany(seconds: number): Problem {
  const retryAfterSeconds = Math.max(1, seconds)
  return new Problem('too-many-attempts', 'There were too many attempts to sign in.', {
    next: `Wait ${retryAfterSeconds} s and try again; waiting gets longer with every wrong attempt.`,
    retryAfterSeconds,
  })
}
