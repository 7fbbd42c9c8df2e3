import { createHash } from 'node:crypto'
import { createDoorLimit, type DoorLimit } from '../http/door-limit/door-limit.ts'
import { shareOf } from '../http/door-limit/gcra.ts'
import { createSharedCount } from '../http/door-limit/shared-count.ts'
import { openRedis } from '../store/redis.ts'
import type { ComposeNeeds, Foundation } from './foundation.ts'
import { redisPrefix } from './redis-prefix.ts'

/** How long a request waits for Redis to count it; then this replica's share decides. */
const answerMsMax = 250
const replicaBytes = 9

const sha1 = (text: string) => createHash('sha1').update(text).digest('hex')

/** Builds the limit of agents' requests, where there is one: over all replicas, where they have a Redis. */
export async function composeDoorLimit(
  { config, log, randomBytes }: Pick<ComposeNeeds, 'config' | 'log' | 'randomBytes'>,
  { monotonicMs, tokenHash }: Foundation,
): Promise<DoorLimit | undefined> {
  const { doorLimit: limit, redisUrl } = config
  if (limit === undefined) return undefined
  const redis = redisUrl && (await openRedis({ url: redisUrl.reveal(), answerMsMax, sha1 }))
  const door = createDoorLimit({
    limit,
    monotonicMs,
    log: { warn: (line) => log.warn({}, line), info: (line) => log.info({}, line) },
    shared:
      redis &&
      createSharedCount({
        run: redis.run,
        prefix: `${redisPrefix(tokenHash)}:door`,
        rate: shareOf(limit, 1),
        replica: Buffer.from(randomBytes(replicaBytes)).toString('base64url'),
      }),
  })
  return {
    ...door,
    stop() {
      door.stop()
      redis?.close()
    },
  }
}
