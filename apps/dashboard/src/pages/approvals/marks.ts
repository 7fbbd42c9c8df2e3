import type { ApprovalDetail } from '@sallyport/contracts'

/** Parts of a request that are not as they were the last time, by name: `query.q`, `header.accept`, `body.to[0]`. */
export type Marks = ReadonlyMap<string, 'changed' | 'added'>

/** What is to be marked in a request, from how it differs from the one before. */
export function marksOf(difference: ApprovalDetail['difference']): Marks {
  if (difference === undefined) return new Map()
  return new Map([
    ...difference.changed.map((name) => [name, 'changed'] as const),
    ...difference.added.map((name) => [name, 'added'] as const),
  ])
}

/** Pairs with the mark of each. A name that stands more than once is numbered from the second on, except in headers. */
export function markPairs<Pair extends { readonly name: string }>(
  pairs: readonly Pair[],
  part: 'query' | 'header' | 'body',
  marks: Marks,
): { pair: Pair; isMarked: boolean }[] {
  const seen = new Map<string, number>()
  return pairs.map((pair) => {
    const count = seen.get(pair.name) ?? 0
    seen.set(pair.name, count + 1)
    const name = `${part}.${pair.name}`
    const isMarked = marks.has(count === 0 || part === 'header' ? name : `${name}[${count}]`)
    return { pair, isMarked }
  })
}
