import type { HttpBinding } from '@sallyport/contracts'
import { encodeAll } from '../template/percent-encode.ts'
import { valueAt } from './argument-value.ts'
import type { CallFacts } from './call-facts.ts'
import { encodeReserved } from './percent-encode.ts'
import { refuseArgument } from './refuse-arguments.ts'
import { createSpillGuard } from './refuse-spilled.ts'
import type { RenderTemplate } from './render-template.ts'
import { type Pair, writePairs } from './write-style.ts'

type QueryItem = HttpBinding['query'][number]

/**
 * The query without its `?`; empty where nothing was given.
 * @throws Problem `invalid-arguments`
 */
export function writeQuery(
  items: readonly QueryItem[],
  facts: CallFacts,
  render: RenderTemplate,
): string {
  const guard = createSpillGuard(items.map(({ name }) => name))
  const texts: string[] = []
  for (const item of items) {
    if ('value' in item) {
      texts.push(`${encodeAll(item.name)}=${encodeAll(item.value)}`)
    } else if ('template' in item) {
      const text = render(item.template, 'query', facts)
      if (text !== '' || item.optional !== true) texts.push(`${encodeAll(item.name)}=${text}`)
    } else {
      const pairs = pairsOf(item, facts)
      guard(pairs, item)
      texts.push(...pairs.map((pair) => writePair(pair, item.allowEmptyValue === true)))
    }
  }
  return texts.join('&')
}

const writePair = ({ name, value }: Pair, isBare: boolean): string =>
  value === '' && isBare ? name : `${name}=${value}`

function pairsOf(item: Extract<QueryItem, { argument: string[] }>, { args }: CallFacts) {
  const value = valueAt(args, item.argument)
  if (value === undefined || value === null) return []
  const encode = item.allowReserved === true ? encodeReserved : encodeAll
  const pairs =
    item.contentType === undefined
      ? writePairs(value, { ...item, path: item.argument, encodeName: encodeAll, encode })
      : [{ name: encodeAll(item.name), value: encode(JSON.stringify(value)) }]
  if (pairs.some(({ value: text }) => text.includes('%00'))) {
    refuseArgument(item.argument, 'holds NUL, which no query takes')
  }
  return pairs
}
