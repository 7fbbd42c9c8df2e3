/** The part of a token's life after which it is renewed. */
const renewAfterShare = 0.8
/** Taken where an answer names no usable life. */
const lifeSecondsMin = 60

/** What a token exchange gives. */
export interface IssuedToken {
  readonly accessToken: string
  readonly expiresInSeconds: number
}

/** An agent's access token, made when first needed. */
export interface AgentTokens {
  /** The current token; a new one if there is none or its life is nearly over. */
  get(signal?: AbortSignal): Promise<string>
  /** Forgets this token, if it is still the current one, because the vault refused it. */
  drop(token: string): void
}

interface Needs {
  readonly exchange: () => Promise<IssuedToken>
  /** Milliseconds since the epoch. */
  readonly now: () => number
}

/**
 * Keeps one access token. However many calls wait for it, one exchange is in flight; its failure is everyone's, and
 * the next call tries anew. A caller that gives up waits no longer, the exchange goes on for the others.
 */
export function createAgentTokens({ exchange, now }: Needs): AgentTokens {
  let current: { token: string; renewAtMs: number } | undefined
  let pending: Promise<string> | undefined

  const renew = async (): Promise<string> => {
    const startedMs = now()
    const { accessToken, expiresInSeconds } = await exchange()
    const lifeSeconds = Number.isFinite(expiresInSeconds) ? expiresInSeconds : lifeSecondsMin
    current = { token: accessToken, renewAtMs: startedMs + lifeSeconds * 1000 * renewAfterShare }
    return accessToken
  }

  return {
    async get(signal) {
      signal?.throwIfAborted()
      if (current !== undefined && now() < current.renewAtMs) return current.token
      pending ??= renew().finally(() => {
        pending = undefined
      })
      return signal === undefined ? pending : await untilAborted(pending, signal)
    },
    drop(token) {
      if (current?.token === token) current = undefined
    },
  }
}

function untilAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const abort = () => reject(signal.reason)
    signal.addEventListener('abort', abort, { once: true })
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort))
  })
}
