/**
 * How far back activity is shown, and in what steps; each has at most 200 points. Asked for again every `refetchMs`. Tools are
 * counted by whole `days`.
 */
export const ranges = [
  { id: '1h', label: 'Last hour', minutes: 60, bucketMinutes: 1, days: 1, refetchMs: 5_000 },
  {
    id: '24h',
    label: 'Last 24 hours',
    minutes: 1_440,
    bucketMinutes: 15,
    days: 1,
    refetchMs: 15_000,
  },
  {
    id: '7d',
    label: 'Last 7 days',
    minutes: 10_080,
    bucketMinutes: 60,
    days: 7,
    refetchMs: 15_000,
  },
  {
    id: '30d',
    label: 'Last 30 days',
    minutes: 43_200,
    bucketMinutes: 240,
    days: 31,
    refetchMs: 15_000,
  },
] as const
export type Range = (typeof ranges)[number]

const msPerMinute = 60_000

export const rangeOf = (id: string | undefined): Range =>
  ranges.find((range) => range.id === id) ?? ranges[1]

/** The time that a range covers, to the end of the step that is under way: asked again within a step, it is the same. */
export function spanOf(
  { minutes, bucketMinutes }: Range,
  nowMs: number,
): { from: string; to: string } {
  const stepMs = bucketMinutes * msPerMinute
  const toMs = Math.ceil(nowMs / stepMs) * stepMs
  return {
    from: new Date(toMs - minutes * msPerMinute).toISOString(),
    to: new Date(toMs).toISOString(),
  }
}
