import type { HttpBinding } from '@sallyport/contracts'
import { encodeAll } from '../template/percent-encode.ts'
import { valueAt } from './argument-value.ts'
import type { CallFacts } from './call-facts.ts'
import { refuseArgument } from './refuse-arguments.ts'
import { createSpillGuard } from './refuse-spilled.ts'
import type { RenderTemplate } from './render-template.ts'
import { writePairs } from './write-style.ts'

type CookieItem = HttpBinding['cookies'][number]

const cookieBytesMax = 8192
/** RFC 6265 §4.1.1, and the comma, which OpenAPI's `form` leaves between the items of a list. */
const cookieText = /^[\x21\x23-\x3a\x3c-\x5b\x5d-\x7e]*$/
const cookieName = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/

/**
 * One `cookie` header of all cookies; undefined where none was given. Arguments are percent-encoded, so that none ends a
 * cookie or begins another.
 * @throws Problem `invalid-arguments`
 */
export function writeCookies(
  items: readonly CookieItem[],
  facts: CallFacts,
  render: RenderTemplate,
): string | undefined {
  const guard = createSpillGuard(items.map(({ name }) => name))
  const texts: string[] = []
  for (const item of items) {
    const path = 'argument' in item ? item.argument : []
    for (const [name, value] of pairsOf(item, { facts, render, guard })) {
      if (!cookieName.test(name)) refuseArgument(path, 'has a member that cannot name a cookie')
      if (!cookieText.test(value)) refuseArgument(path, `cannot be sent in the cookie ${item.name}`)
      texts.push(`${name}=${value}`)
    }
  }
  const cookie = texts.join('; ')
  if (cookie.length > cookieBytesMax) {
    refuseArgument([], `would make cookies of more than ${cookieBytesMax} bytes`)
  }
  return texts.length === 0 ? undefined : cookie
}

function pairsOf(
  item: CookieItem,
  {
    facts,
    render,
    guard,
  }: { facts: CallFacts; render: RenderTemplate; guard: ReturnType<typeof createSpillGuard> },
): readonly (readonly [string, string])[] {
  if ('value' in item) return [[item.name, item.value]]
  if ('template' in item) {
    const text = render(item.template, 'cookie', facts)
    return text === '' && item.optional === true ? [] : [[item.name, text]]
  }
  const value = valueAt(facts.args, item.argument)
  if (value === undefined || value === null) return []
  if (item.contentType !== undefined) return [[item.name, encodeAll(JSON.stringify(value))]]
  const pairs = writePairs(value, {
    path: item.argument,
    name: item.name,
    style: 'form',
    explode: item.explode,
    // A name is a token as it stands; what is none is refused and not encoded.
    encodeName: (name) => name,
    encode: encodeAll,
  })
  guard(pairs, item)
  return pairs.map((pair) => [pair.name, pair.value])
}
