const connectMsMax = 3_000
const answerMsMax = 3_000

/** What a Redis said of itself. */
export interface RedisReading {
  readonly version: string
  /** What it does when its memory is full. */
  readonly evicts: string
  readonly roundTripMs: number
}

/** Asks a Redis once and lets go. Rejects with what the client says where it cannot be reached; nothing is changed. */
export async function examineRedis(url: string, monotonicMs: () => number): Promise<RedisReading> {
  const { Redis } = (await import('ioredis')).default
  const client = new Redis(url, {
    lazyConnect: true,
    connectTimeout: connectMsMax,
    commandTimeout: answerMsMax,
    maxRetriesPerRequest: 0,
    retryStrategy: () => null,
  })
  // Without a listener the client would print what `connect` says as well.
  client.on('error', () => {})
  try {
    await client.connect()
    const info = await client.info()
    const beganMs = monotonicMs()
    await client.ping()
    const roundTripMs = monotonicMs() - beganMs
    return {
      version: fieldOf(info, 'redis_version') ?? fieldOf(info, 'valkey_version') ?? 'unknown',
      evicts: fieldOf(info, 'maxmemory_policy') ?? 'noeviction',
      roundTripMs,
    }
  } finally {
    client.disconnect()
  }
}

const fieldOf = (info: string, name: string) => new RegExp(`^${name}:(\\S+)`, 'm').exec(info)?.[1]
