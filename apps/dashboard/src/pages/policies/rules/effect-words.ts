import type { RequestRule } from '@sallyport/contracts'
import type { Tone } from '../../../components/notice.tsx'

interface EffectWords {
  readonly value: RequestRule['then']
  readonly label: string
  readonly tone: Tone
  readonly description: string
}

/** What a rule does with the requests that it is about, in plain words. */
export const effectWords: readonly EffectWords[] = [
  {
    value: 'deny',
    label: 'Deny',
    tone: 'bad',
    description: 'Refused, whatever other rules say and wherever this one stands.',
  },
  {
    value: 'require_approval',
    label: 'Ask',
    tone: 'warn',
    description: 'An owner is asked first, even where it would go through otherwise.',
  },
  {
    value: 'allow',
    label: 'Do not ask',
    tone: 'good',
    description: 'Sent without asking, of what the entries above allow.',
  },
  {
    value: 'redact',
    label: 'Take out',
    tone: 'neutral',
    description: 'What is found is taken out of the body before it is sent.',
  },
]

/** The words of one effect. */
export const wordsOf = (effect: RequestRule['then']): EffectWords =>
  effectWords.find(({ value }) => value === effect) ?? {
    value: effect,
    label: effect,
    tone: 'neutral',
    description: '',
  }
