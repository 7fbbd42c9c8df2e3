import { type Finding, fail, ok, warn } from './finding.ts'

const majorMin = 7

/** Judges what a Redis said of itself. */
export function judgeRedis(facts: {
  readonly version: string
  readonly evicts: string
  readonly roundTripMs: number
}): Finding {
  const what = 'Redis'
  const { version, evicts, roundTripMs } = facts
  const major = Number(version.split('.')[0])
  const say = `${version}, ${Math.round(roundTripMs * 10) / 10} ms away`
  if (Number.isFinite(major) && major < majorMin) {
    return fail(what, `${version} is too old: Redis ${majorMin} or newer is needed`)
  }
  return evicts === 'noeviction'
    ? ok(what, say)
    : warn(what, `${say}; set maxmemory-policy to noeviction, else jobs are lost when it is full`)
}
