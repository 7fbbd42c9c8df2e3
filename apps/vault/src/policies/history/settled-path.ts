/**
 * Does the beginning of a path settle whether a pattern matches the whole? All its segments but the last are whole: a pattern
 * with fewer of them matches only with `/**`, and then whatever comes.
 */
export function isSettled(pattern: string, begin: string): boolean {
  const whole = begin.split('/').length - 2
  const rest = pattern.endsWith('/**')
  const segments = (rest ? pattern.slice(0, -3) : pattern).split(/\/|%2f/i).length - 1
  return segments <= whole
}
