import type { Rate, Verdict } from './gcra.ts'

// Requests as all replicas count them together, in Redis and by its clock.

/** Runs a script in Redis, as EVAL does. Rejects where it gets no answer within a bound of its own. */
export type RunScript = (
  script: string,
  keys: readonly string[],
  values: readonly (string | number)[],
) => Promise<unknown>

/**
 * KEYS: when the agent's next request is due at the latest; before when nothing counts as saved. ARGV: interval in microseconds,
 * burst, count. Answers whether they are allowed, how long until they are, and its time. A key that is missing was never
 * there, or was lost with all others: what `spent` says then keeps a Redis that came back empty from giving every agent a new
 * burst. What is due later than it can be is of a clock that was set back, and is written down anew.
 */
export const takeScript = `
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
local interval = tonumber(ARGV[1])
local full = interval * tonumber(ARGV[2])
local spent = tonumber(redis.call('GET', KEYS[2]))
if not spent or spent > now then
  spent = now
  redis.call('SET', KEYS[2], string.format('%.0f', now))
end
local stored = tonumber(redis.call('GET', KEYS[1])) or 0
local from = math.min(math.max(stored, spent + full, now), now + full)
local due = from + interval * tonumber(ARGV[3])
local allowed = due <= now + full
if not allowed and stored <= from then return { 0, due - now - full, now } end
local kept = allowed and due or from
redis.call('SET', KEYS[1], string.format('%.0f', kept), 'PX', math.ceil((kept - now) / 1000) + 1)
return { allowed and 1 or 0, allowed and 0 or due - now - full, now }
`

/**
 * KEYS: the replicas with the times at which they were last heard of; as above. ARGV: this replica, after how many ms one that is
 * not heard of is gone, and whether nothing counts as saved from now on. Answers how many there are.
 */
const beatScript = `
local time = redis.call('TIME')
local ms = time[1] * 1000 + math.floor(time[2] / 1000)
redis.call('ZADD', KEYS[1], ms, ARGV[1])
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', ms - tonumber(ARGV[2]))
redis.call('PEXPIRE', KEYS[1], ARGV[2])
if ARGV[3] == '1' or redis.call('EXISTS', KEYS[2]) == 0 then
  redis.call('SET', KEYS[2], string.format('%.0f', time[1] * 1000000 + time[2]))
end
return redis.call('ZCARD', KEYS[1])
`

/** A replica that was not heard of for so long is gone. */
const goneAfterMs = 15_000

/** What replicas count together. Rejects where Redis does not answer in time. */
export interface SharedCount {
  take(agentId: string, count: number): Promise<Verdict>
  /** Says that this replica is there, and answers how many are. `spends`: nobody has saved anything from now on. */
  beat(spends: boolean): Promise<number>
}

/** Counts by scripts; keys begin with `prefix`. `replica` names this process, and no other. */
export function createSharedCount({
  run,
  prefix,
  rate,
  replica,
}: {
  readonly run: RunScript
  readonly prefix: string
  readonly rate: Rate
  readonly replica: string
}): SharedCount {
  const spentKey = `${prefix}:spent`
  return {
    async take(agentId, count) {
      const keys = [`${prefix}:due:${agentId}`, spentKey]
      const answer = await run(takeScript, keys, [rate.intervalUs, rate.burst, count])
      const [isAllowed, waitUs] = readNumbers(answer, 2)
      return { isAllowed: isAllowed === 1, waitUs: waitUs ?? 0 }
    },
    async beat(spends) {
      const values = [replica, goneAfterMs, spends ? 1 : 0]
      const answer = await run(beatScript, [`${prefix}:replicas`, spentKey], values)
      return readNumbers([answer], 1)[0] ?? 1
    },
  }
}

/** What is no number is no answer: another one would let through whatever came of it. */
function readNumbers(answer: unknown, count: number): number[] {
  const numbers = Array.isArray(answer) ? answer.slice(0, count).map(Number) : []
  if (numbers.length === count && numbers.every(Number.isSafeInteger)) return numbers
  throw new Error('Redis answered something else than numbers')
}
