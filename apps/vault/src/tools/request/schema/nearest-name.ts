const namesTold = 20
const nameCharsMax = 64

/** Says of a name that is not known which one may be meant, or which there are. */
export function nearestName(unknown: string, known: readonly string[]): string {
  if (known.length === 0) return 'is not known here: nothing may be given'
  const near = closest(unknown, known)
  if (near !== undefined) return `is not known here; did you mean ${near}?`
  const others = known.length > namesTold ? ', …' : ''
  return `is not known here; known are ${known.slice(0, namesTold).join(', ')}${others}`
}

function closest(unknown: string, known: readonly string[]): string | undefined {
  const wanted = plain(unknown)
  const same = known.find((name) => plain(name) === wanted)
  if (same !== undefined || wanted.length > nameCharsMax) return same
  let best: string | undefined
  let least = Math.max(1, Math.floor(wanted.length / 3)) + 1
  for (const name of known.slice(0, 500)) {
    const other = plain(name)
    if (Math.abs(other.length - wanted.length) >= least) continue
    const distance = distanceOf(wanted, other)
    if (distance < least) {
      best = name
      least = distance
    }
  }
  return best
}

/** `userId`, `user_id` and `User-ID` are the same to whoever errs. */
const plain = (name: string): string => name.toLowerCase().replaceAll(/[^a-z0-9\u0080-\uffff]/g, '')

/** Levenshtein's, with swapped neighbours as one. */
function distanceOf(a: string, b: string): number {
  let before: number[] = []
  let row = Array.from({ length: b.length + 1 }, (_, at) => at)
  for (let i = 1; i <= a.length; i += 1) {
    const next = [i]
    for (let j = 1; j <= b.length; j += 1) {
      const cost = a[i - 1] === b[j - 1] ? 0 : 1
      let least = Math.min((row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1, (row[j - 1] ?? 0) + cost)
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) {
        least = Math.min(least, (before[j - 2] ?? 0) + 1)
      }
      next.push(least)
    }
    before = row
    row = next
  }
  return row[b.length] ?? 0
}
