/** How much a guard keeps back, in a word. */
export const levelWords = {
  minimal: 'Minimal',
  standard: 'Standard',
  strict: 'Strict',
  none: 'No guard',
} as const
