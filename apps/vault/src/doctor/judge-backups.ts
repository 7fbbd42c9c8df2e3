import { type Finding, ok, warn } from './finding.ts'

// Says whether there is something to make this vault anew from.

/** What the database remembers of backups. */
export interface BackupFacts {
  /** Whether there is an owner: before that there is nothing to lose. */
  readonly isSetUp: boolean
  /** Since the newest finished backup was begun, by the database's clock; undefined where there was none. */
  readonly ageMs: number | undefined
}

const dayMs = 86_400_000
const hourMs = 3_600_000
/** The alert of ops/prometheus-alerts.yml takes the same. */
const ageDaysMax = 7

/** Judges them. Backups that were made without the vault's own command are not known of. */
export function judgeBackups({ isSetUp, ageMs }: BackupFacts): Finding {
  const what = 'backups'
  if (ageMs === undefined) {
    return isSetUp
      ? warn(
          what,
          'none was made by `sallyport backup`: make one, unless the database is backed up in another way',
        )
      : ok(what, 'there is nothing to back up yet')
  }
  const say = `the last is ${ageOf(ageMs)} old`
  return ageMs > ageDaysMax * dayMs
    ? warn(what, `${say}: make one, and see why none came`)
    : ok(what, say)
}

function ageOf(ageMs: number): string {
  if (ageMs < hourMs) return 'less than an hour'
  const [count, unit] =
    ageMs < 2 * dayMs ? [Math.floor(ageMs / hourMs), 'hour'] : [Math.floor(ageMs / dayMs), 'day']
  return `${count} ${unit}${count === 1 ? '' : 's'}`
}
