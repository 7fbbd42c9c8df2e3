import { createScrubber, type Scrubber } from './scrub.ts'

/** Scrubbers for secrets that are replaced from time to time. */
export interface TokenScrubbers {
  /**
   * The scrubber for the access token of a connection, for its other secrets, and for the token that was used before: what was
   * renewed or refused may work for a while still, and an upstream may send back what it was sent earlier.
   */
  get(connectionId: string, token: string, others: readonly string[]): Scrubber
}

/** Of a connection, the one in use included. What was used before those is not looked for. */
const tokensMax = 2
/** Of all secrets whose scrubbers are kept: one takes about 90 bytes for each character, and 5 ms to be made for a long token. */
const charsMaxDefault = 1_000_000

interface Entry {
  /** The newest first. */
  readonly tokens: readonly string[]
  readonly others: readonly string[]
  readonly scrubber: Scrubber
  readonly chars: number
}

/** Builds them. What was not used for longest is forgotten when there are too many, and made again when it is used. */
export function createTokenScrubbers({ charsMax = charsMaxDefault } = {}): TokenScrubbers {
  const entries = new Map<string, Entry>() // In order of use: the first is the one unused for longest.
  let charsKept = 0

  function keep(connectionId: string, entry: Entry): void {
    entries.set(connectionId, entry)
    charsKept += entry.chars
    for (const [id, { chars }] of entries) {
      if (charsKept <= charsMax || id === connectionId) break
      entries.delete(id)
      charsKept -= chars
    }
  }

  return {
    get(connectionId, token, others) {
      const known = entries.get(connectionId)
      if (known !== undefined) entries.delete(connectionId)
      if (known?.tokens.includes(token) && isSame(known.others, others)) {
        entries.set(connectionId, known)
        return known.scrubber
      }
      charsKept -= known?.chars ?? 0
      const former = (known?.tokens ?? []).filter((one) => one !== token)
      const tokens = [token, ...former].slice(0, tokensMax)
      const secrets = [...tokens, ...others]
      const scrubber = createScrubber(secrets)
      const chars = secrets.reduce((sum, secret) => sum + secret.length, 0)
      keep(connectionId, { tokens, others, scrubber, chars })
      return scrubber
    },
  }
}

const isSame = (some: readonly string[], others: readonly string[]): boolean =>
  some === others || (some.length === others.length && some.every((one, at) => one === others[at]))
