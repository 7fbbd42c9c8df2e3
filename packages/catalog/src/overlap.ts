// Whether two patterns have something in common, by the rules that policies are compared with: `*` stands for any run
// inside one label of a host or one segment of a path, a last `/**` for the rest.

const originParts = /^([a-z]+:\/\/)([^/:]*)((?::\d+)?)$/

/** Can one origin fit both? */
export function originsMeet(one: string, other: string): boolean {
  if (!one.includes('*') && !other.includes('*')) return one === other
  const [, scheme = '', host = '', port = ''] = originParts.exec(one) ?? []
  const [, otherScheme, otherHost = '', otherPort] = originParts.exec(other) ?? []
  return (
    scheme === otherScheme && port === otherPort && listsMeet(host.split('.'), otherHost.split('.'))
  )
}

/** Can one path fit both? */
export function pathsMeet(one: string, other: string): boolean {
  const { segments, isOpen } = cut(one)
  const { segments: others, isOpen: isOtherOpen } = cut(other)
  const count = Math.min(segments.length, others.length)
  // `/a/**` wants one segment more than it names.
  if (segments.length < others.length && !isOpen) return false
  if (others.length < segments.length && !isOtherOpen) return false
  if (segments.length === others.length && isOpen !== isOtherOpen) return false
  return listsMeet(segments.slice(0, count), others.slice(0, count))
}

function cut(path: string): { segments: string[]; isOpen: boolean } {
  const isOpen = path.endsWith('/**')
  const rest = isOpen ? path.slice(0, -3) : path
  return { segments: rest === '' ? [] : rest.slice(1).split('/'), isOpen }
}

const listsMeet = (ones: readonly string[], others: readonly string[]): boolean =>
  ones.length === others.length && ones.every((one, at) => segmentsMeet(one, others[at] ?? ''))

function segmentsMeet(one: string, other: string): boolean {
  if (one === '' || other === '') return one === other
  if (!one.includes('*') && !other.includes('*')) return one === other
  return runsMeet(one, other)
}

/** Two texts in which `*` stands for any run: from the back, `row[j]` says whether the rests from i and from j meet. */
function runsMeet(one: string, other: string): boolean {
  let next: boolean[] = []
  for (let i = one.length; i >= 0; i--) {
    const row: boolean[] = []
    for (let j = other.length; j >= 0; j--) {
      const isEnd = i === one.length && j === other.length
      row[j] =
        isEnd ||
        (one[i] === '*' && (next[j] === true || (j < other.length && row[j + 1] === true))) ||
        (other[j] === '*' && (row[j + 1] === true || (i < one.length && next[j] === true))) ||
        (i < one.length && one[i] === other[j] && next[j + 1] === true)
    }
    next = row
  }
  return next[0] === true
}
