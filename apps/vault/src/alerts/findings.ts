import type { AlertKind } from '@sallyport/contracts'
import { hourMs, sameAlertMs } from './thresholds.ts'

/** Something that an agent does not usually do. */
export interface Finding {
  readonly agentId: string
  readonly connectionId: string | undefined
  readonly kind: AlertKind
  /** What tells it from others of its kind, such as a host. */
  readonly subject: string
  /** Further words of its sentence, as they stand there. */
  readonly words: string
  readonly firstMs: number
  readonly lastMs: number
  readonly observed: number | undefined
  readonly usual: number | undefined
  readonly threshold: number | undefined
}

export const findingKey = ({
  agentId,
  kind,
  subject,
}: Pick<Finding, 'agentId' | 'kind' | 'subject'>) => `${agentId} ${kind} ${subject}`

/** Findings of the same thing, as one: from the first to the last, with the most that was observed. Refusals add up. */
export function mergeFindings(findings: readonly Finding[]): Finding[] {
  const merged = new Map<string, Finding>()
  for (const finding of findings) {
    const key = findingKey(finding)
    const before = merged.get(key)
    merged.set(key, before === undefined ? finding : merge(before, finding))
  }
  return [...merged.values()]
}

function merge(before: Finding, after: Finding): Finding {
  const larger = (after.observed ?? 0) > (before.observed ?? 0) ? after : before
  return {
    ...larger,
    observed: addUp(before.kind, before.observed, after.observed),
    firstMs: Math.min(before.firstMs, after.firstMs),
    lastMs: Math.max(before.lastMs, after.lastMs),
  }
}

/** What was observed in all of two observations of the same thing. */
export function addUp(kind: AlertKind, a: number | undefined, b: number | undefined) {
  if (a === undefined || b === undefined) return a ?? b
  return kind === 'limit_reached' ? a + b : Math.max(a, b)
}

/** How long after it was last seen the same thing is still the same alert, in ms. */
export function sameForMs({ kind, subject }: Pick<Finding, 'kind' | 'subject'>): number {
  if (kind !== 'limit_reached') return sameAlertMs[kind]
  if (/month/i.test(subject)) return 31 * 24 * hourMs
  return /minute|hour|concurrent|same time/i.test(subject) ? 2 * hourMs : 24 * hourMs
}

/** The finding in plain words, with its numbers. */
export function describeFinding(finding: Finding): string {
  const { kind, words } = finding
  const observed = finding.observed ?? 0
  switch (kind) {
    case 'burst':
      return `Tried ${times(observed, 'request')} in 5 minutes; ${usually(finding, whole)}.`
    case 'many_denials':
      return `Was refused ${times(observed, 'time')} in 15 minutes; ${usually(finding, whole)}.`
    case 'volume':
      return `Moved ${size(observed)} within an hour; ${usually(finding, size)}.`
    case 'new_host':
      return `Called ${words} for the first time.`
    case 'unusual_hours':
      return `Tried ${times(observed, 'request')} ${words}; it is usually not at work then.`
    case 'limit_reached':
      return `Was refused ${times(observed, 'time')} by a limit. ${words}`
  }
}

function usually(
  { usual, threshold }: Pick<Finding, 'usual' | 'threshold'>,
  say: (n: number) => string,
): string {
  if (usual !== undefined && say(usual) === say(0)) return 'usually none'
  if (usual !== undefined) return `usually at most about ${say(usual)}`
  return `more than ${say(threshold ?? 0)} is always told of`
}

const whole = (n: number) => Math.round(n).toLocaleString('en-US').replaceAll(',', ' ')
const times = (n: number, word: string) => `${whole(n)} ${word}${Math.round(n) === 1 ? '' : 's'}`

function size(bytes: number): string {
  if (bytes >= 1e9) return `${(bytes / 1e9).toFixed(1)} GB`
  if (bytes >= 1e6) return `${(bytes / 1e6).toFixed(bytes >= 1e7 ? 0 : 1)} MB`
  return `${Math.round(bytes / 1e3)} kB`
}
