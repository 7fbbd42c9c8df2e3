import { plainWords } from '../plain-words.ts'
import type { Settled } from '../sender.ts'

const byCharsMax = 60
const verbs: Readonly<Record<Settled['status'], string>> = {
  approved: 'Approved',
  consumed: 'Approved and sent',
  denied: 'Denied',
  expired: 'Nobody answered in time',
  cancelled: 'Withdrawn',
}

/** What became of an approval, in a few words. */
export function settledWords({ status, by }: Settled): string {
  const names =
    by !== undefined && (status === 'approved' || status === 'denied' || status === 'consumed')
  return names ? `${verbs[status]} (${plainWords(by, byCharsMax)})` : verbs[status]
}
