import type { HttpBinding } from '@sallyport/contracts'

/** Where a tool sends to, as people read it: with {arguments} in their places, without a query. */
export function toolUrl({ origin, path }: Pick<HttpBinding, 'origin' | 'path'>): string {
  const pieces = path.map((piece) => {
    if ('text' in piece) return piece.text
    return 'argument' in piece ? `{${piece.argument.join('.')}}` : '{…}'
  })
  return `${origin}${pieces.join('')}`
}
