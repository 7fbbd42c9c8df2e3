import type { GuardPreset } from '../guard-preset.ts'

/** What is read: what of answers the agent gets to see, and how fast. */
export const readingPresets = [
  {
    id: 'secrets-in-answers',
    group: 'reading',
    label: 'Keys and tokens in answers',
    sentence: 'Takes keys, tokens and passwords out of what the agent reads.',
    redact: ['credentials'],
  },
  {
    id: 'personal-data-in-answers',
    group: 'reading',
    label: 'Personal data in answers',
    sentence: 'Takes card, account and identity numbers out of what the agent reads.',
    redact: ['financial', 'identity'],
  },
  {
    id: 'contacts-in-answers',
    group: 'reading',
    label: 'Addresses in answers',
    sentence: 'Takes e-mail addresses and telephone numbers out of what the agent reads.',
    redact: ['email', 'phone'],
  },
  {
    id: 'reading-rate',
    group: 'reading',
    label: 'How fast it reads',
    sentence: 'Allows at most 30 such requests a minute and 500 a day.',
    limits: { perMinute: 30, perDay: 500 },
  },
] as const satisfies readonly GuardPreset[]
