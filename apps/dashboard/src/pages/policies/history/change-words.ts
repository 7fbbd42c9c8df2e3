import type { Output } from '../../../api.ts'
import type { Tone } from '../../../components/notice.tsx'

export type Simulated = Output<'simulatePolicy'>
export type Change = Simulated['entries'][number]['change']

interface ChangeWords {
  readonly change: Change
  readonly label: string
  readonly tone: Tone
}

/** How a draft's verdict on an attempt differs from what was decided, those that matter most first. */
export const changeWords: readonly ChangeWords[] = [
  { change: 'newlyDenied', label: 'Newly denied', tone: 'bad' },
  { change: 'newlyAllowed', label: 'Newly allowed', tone: 'good' },
  { change: 'newlyAsking', label: 'Newly asking', tone: 'warn' },
  { change: 'unknown', label: 'Unknown', tone: 'neutral' },
  { change: 'same', label: 'Same', tone: 'neutral' },
]

export const counted = (count: number): string => count.toLocaleString('en')

/** All the counts in one sentence. */
export function simulationSentence({ looked, ...counts }: Simulated): string {
  if (looked === 0) return 'There were no attempts in this time.'
  const said = changeWords
    .filter(({ change }) => counts[change] > 0)
    .map(({ change, label }) => `${counted(counts[change])} ${label.toLowerCase()}`)
  const attempts = looked === 1 ? 'Of 1 attempt' : `Of ${counted(looked)} attempts`
  return counts.same === looked
    ? `${attempts}, none would be decided otherwise.`
    : `${attempts}: ${said.join(', ')}.`
}
