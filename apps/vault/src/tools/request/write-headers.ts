import type { HttpBinding } from '@sallyport/contracts'
import { isForbiddenRequestHeader } from '../../execute/request-headers.ts'
import { valueAt } from './argument-value.ts'
import type { CallFacts } from './call-facts.ts'
import { refuseArgument } from './refuse-arguments.ts'
import type { RenderTemplate } from './render-template.ts'
import { shapeOf, writeSimple } from './write-style.ts'

type HeaderItem = HttpBinding['headers'][number]

/** What a header may hold, as `freezeRequest` has it (S-19). */
const headerText = /^[\x20-\x7e\xa0-\xff]*$/
const headerBytesMax = 8192

/** Those headers of a binding that a tool may send: never one that no agent may (S-18). */
export const ownHeaderItems = (items: readonly HeaderItem[]): readonly HeaderItem[] =>
  items.filter(({ name }) => !isForbiddenRequestHeader(name))

/**
 * The headers by name, in lower case; the first of a name counts. OpenAPI's `simple`, without percent-encoding: a header
 * has none (OpenAPI 3.1.1, Appendix D).
 * @throws Problem `invalid-arguments` for what no header can hold
 */
export function writeHeaders(
  items: readonly HeaderItem[],
  facts: CallFacts,
  render: RenderTemplate,
): Record<string, string> {
  const headers: Record<string, string> = Object.create(null)
  for (const item of items) {
    const name = item.name.toLowerCase()
    const text = textFor(item, facts, render)
    if (text === undefined || name in headers) continue
    const path = 'argument' in item ? item.argument : []
    if (!headerText.test(text)) {
      refuseArgument(
        path,
        `cannot be sent in the header ${name}: it holds a line break, another control character or one outside Latin-1`,
      )
    }
    if (text.length > headerBytesMax) {
      refuseArgument(path, `is too long for the header ${name}: at most ${headerBytesMax} bytes`)
    }
    headers[name] = text.trim()
  }
  return headers
}

function textFor(item: HeaderItem, facts: CallFacts, render: RenderTemplate): string | undefined {
  if ('value' in item) return item.value
  if ('template' in item) {
    const text = render(item.template, 'header', facts)
    return text === '' && item.optional === true ? undefined : text
  }
  const value = valueAt(facts.args, item.argument)
  if (value === undefined || value === null) return undefined
  if (item.contentType !== undefined) return JSON.stringify(value)
  const shape = shapeOf(value)
  return shape && writeSimple(shape, { explode: item.explode, encode: (text) => text })
}
