import type { Redis, RedisOptions } from 'ioredis'
import { type Bull, type BullEnds, queueName, queueOptions, workerOptions } from './bull-queue.ts'

const connectMsMax = 2_000
const answerMsMax = 2_000
const reconnectMsMin = 50
const reconnectMsMax = 1_000

/**
 * The queue in a Redis. `prefix` begins its keys there: other vaults may use the same one. Nothing waits for ever: whoever asks
 * gets an answer or a failure, and the worker, which does wait, is ended when the queue does not answer.
 */
export const onRedis =
  (url: string, prefix: string) =>
  async ({ Queue, Worker }: Bull): Promise<BullEnds> => {
    // As a whole: bundled, a CommonJS module has no names of its own.
    const { Redis } = (await import('ioredis')).default
    const made = new Set<Redis>()
    const connect = (options: RedisOptions) =>
      keepTrack(
        made,
        new Redis(url, {
          ...options,
          connectTimeout: connectMsMax,
          retryStrategy: (attempts) => Math.min(reconnectMsMin * attempts, reconnectMsMax),
        }),
      )
    return {
      newQueue: () =>
        new Queue(queueName, {
          ...{ ...queueOptions, prefix },
          connection: connect({ maxRetriesPerRequest: 1, commandTimeout: answerMsMax }),
        }),
      newWorker: (work) =>
        new Worker(queueName, work, {
          ...{ ...workerOptions, prefix },
          connection: connect({ maxRetriesPerRequest: null }),
        }),
      release() {
        for (const client of made) endForGood(client)
        made.clear()
      },
    }
  }

/** BullMQ makes the client on which a worker waits out of the one that it is given. */
function keepTrack(made: Set<Redis>, client: Redis): Redis {
  const duplicate = client.duplicate.bind(client)
  client.duplicate = (override) => keepTrack(made, duplicate(override))
  // BullMQ listens no more once it has closed; an error that nobody listens for would be printed.
  client.on('error', () => {})
  made.add(client)
  return client
}

/**
 * A worker that is closed while it waits for its connection to come back connects once more, and holds that connection as long as
 * the process lives: so none can be made any more.
 */
function endForGood(client: Redis): void {
  client.connect = () => Promise.reject(new Error('the queue is closed'))
  client.disconnect()
}
