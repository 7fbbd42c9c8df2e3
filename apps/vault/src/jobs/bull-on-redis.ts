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
  ({ Queue, Worker }: Bull): BullEnds => {
    const connection = {
      url,
      connectTimeout: connectMsMax,
      retryStrategy: (attempts: number) => Math.min(reconnectMsMin * attempts, reconnectMsMax),
    }
    const asking = { ...connection, maxRetriesPerRequest: 1, commandTimeout: answerMsMax }
    const waiting = { ...connection, maxRetriesPerRequest: null }
    return {
      newQueue: () => new Queue(queueName, { ...queueOptions, prefix, connection: asking }),
      newWorker: (work) =>
        new Worker(queueName, work, { ...workerOptions, prefix, connection: waiting }),
    }
  }
