// The one way to Redis where no queue of jobs is meant: scripts, each of which gets an answer or a failure within a bound.

const connectMsMax = 2_000
const reconnectMsMin = 50
const reconnectMsMax = 1_000
/** Between answers, a connection on which nothing comes is looked at by TCP. */
const keepAliveMs = 5_000
/** Scripts that wait for their answers at once; a further one fails. */
const waitingMax = 5_000

export interface RedisScripts {
  /** Runs a script: by its hash where Redis knows it. Rejects when no answer has come within `answerMsMax`, or nobody is connected. */
  run(
    script: string,
    keys: readonly string[],
    values: readonly (string | number)[],
  ): Promise<unknown>
  close(): void
}

/**
 * Connects to a Redis, and again whenever it is lost. What was asked meanwhile fails at once and waits for nothing. The client is
 * loaded here: an embedded vault has no use for it.
 */
export async function openRedis(needs: {
  readonly url: string
  readonly answerMsMax: number
  /** The SHA-1 of a text in hex, as Redis knows scripts. */
  readonly sha1: (text: string) => string
}): Promise<RedisScripts> {
  // As a whole: bundled, a CommonJS module has no names of its own.
  const { Redis } = (await import('ioredis')).default
  const client = new Redis(needs.url, {
    connectTimeout: connectMsMax,
    commandTimeout: needs.answerMsMax,
    enableOfflineQueue: false,
    maxRetriesPerRequest: 0,
    autoResendUnfulfilledCommands: false,
    keepAlive: keepAliveMs,
    retryStrategy: (attempts) => Math.min(reconnectMsMin * attempts, reconnectMsMax),
  })
  // Whoever runs a script is told; an `error` that nobody listens for would be printed.
  client.on('error', () => {})
  const state = { waiting: 0 }
  async function evaluate(script: string, all: readonly (string | number)[], keys: number) {
    try {
      return await client.evalsha(needs.sha1(script), keys, ...all)
    } catch (error) {
      if (!(error instanceof Error) || !error.message.startsWith('NOSCRIPT')) throw error
      return client.eval(script, keys, ...all)
    }
  }
  return {
    async run(script, keys, values) {
      if (state.waiting >= waitingMax) throw new Error('too many scripts wait for Redis')
      state.waiting += 1
      try {
        return await evaluate(script, [...keys, ...values], keys.length)
      } finally {
        state.waiting -= 1
      }
    },
    close: () => client.disconnect(),
  }
}
