import type { EffectiveGrant, RateLimits } from '@sallyport/contracts'

/** When owners are asked for a tool, in few words. */
export const askWords = {
  always: 'Always asks',
  writes: 'Asks before writing',
  never: 'Does not ask',
} as const

const day = new Intl.DateTimeFormat('en-GB', {
  day: 'numeric',
  month: 'short',
  year: 'numeric',
  timeZone: 'UTC',
})
const number = new Intl.NumberFormat('en')
const windows = [
  ['perMinute', 'a minute'],
  ['perHour', 'an hour'],
  ['perDay', 'a day'],
] as const

/** `1 a minute, 5 a day`; empty where there are none. */
export function limitsInShort(limits: RateLimits | undefined): string {
  const said = windows.flatMap(([name, each]) => {
    const count = limits?.[name]
    return count === undefined ? [] : [`${number.format(count)} ${each}`]
  })
  return said.join(', ')
}

type Permission = Pick<EffectiveGrant, 'allowed' | 'from' | 'approval' | 'limits' | 'expiresAt'>

/** What an agent may do with a tool, in a line. */
export function describePermission(permission: Permission, nowMs: number): string {
  const { allowed, from, approval, limits, expiresAt } = permission
  const endMs = expiresAt === undefined ? undefined : Date.parse(expiresAt)
  if (endMs !== undefined && endMs <= nowMs) return `Ended on ${day.format(endMs)}`
  if (!allowed) return from === 'none' ? 'Not granted' : 'Not allowed'
  const parts = [
    approval === undefined ? 'Allowed' : askWords[approval],
    limitsInShort(limits),
    endMs === undefined ? '' : `until ${day.format(endMs)}`,
  ]
  return parts.filter((part) => part !== '').join(' · ')
}
