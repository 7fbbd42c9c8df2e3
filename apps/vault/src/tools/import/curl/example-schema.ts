import type { JsonSchema } from '@sallyport/contracts'
import { hasKnownPrefix, isSecret } from './known-secrets.ts'
import { isOpen, shown, wholeVariable } from './variable-marks.ts'

// What a command gives as values are examples of them. Decided: a given value is the schema's example and not its default, and the
// argument is required. Whoever pastes a command that asks for `symbol=000001.SH` wants a tool that asks for any symbol; a
// default would have an agent that forgets the symbol act on somebody else's without a word.

/** What was thrown away because it looks like a key: where it stood, and its value, which goes nowhere. */
export type OnSecret = (where: string, value: string) => void

const integerDigitsMax = 15
const namesOfIds =
  /(?:^|[_.-])(?:id|ids|code|codes|zip|phone|tel|symbol|version|no|nr|num|number|isbn|sku|account|user|date|time|hash|key|name)$|Id$|Code$|Number$/i

/** A value of a query or a form: text, unless it is plainly a number that is counted with, or true or false. */
export function schemaOfText(name: string, text: string): JsonSchema {
  if (isOpen(text)) return openSchema(text)
  if (text === 'true' || text === 'false') return { type: 'boolean', examples: [text === 'true'] }
  const isCount = /^(?:0|-?[1-9]\d*)$/.test(text) && text.length <= integerDigitsMax
  // `metadata[order_id]` is named by what stands in its brackets.
  const isId = namesOfIds.test(name.replaceAll(/[[\]]+/g, '_').replace(/_+$/, ''))
  if (isCount && !isId) return { type: 'integer', examples: [Number(text)] }
  return { type: 'string', examples: [text] }
}

/** Of what is not known, or only in part: text, with the command's own way of writing it where that says more. */
const openSchema = (text: string): JsonSchema =>
  wholeVariable(text) === undefined
    ? { type: 'string', description: `Written like ${shown(text)}.` }
    : { type: 'string' }

const depthMax = 40
const membersMax = 2000

/**
 * The schema of a JSON value, by the value: every member that is there is required, and more may be given. What looks like a
 * key is told to `onSecret` and stands in no example.
 */
export function schemaOfJson(value: unknown, onSecret: OnSecret): JsonSchema {
  let members = 0
  const visit = (at: unknown, path: string, depth: number): JsonSchema => {
    members += 1
    if (depth > depthMax || members > membersMax) return {}
    if (Array.isArray(at)) return { type: 'array', ...itemsOf(at, path, depth) }
    if (typeof at === 'object' && at !== null) return objectOf(Object.entries(at), path, depth)
    if (typeof at === 'string') return stringOf(at, path)
    if (typeof at === 'number') {
      return { type: Number.isSafeInteger(at) ? 'integer' : 'number', examples: [at] }
    }
    return typeof at === 'boolean' ? { type: 'boolean', examples: [at] } : { examples: [null] }
  }
  const itemsOf = (list: readonly unknown[], path: string, depth: number) => {
    const schemas = new Map(
      list.slice(0, membersMax).map((item) => {
        const schema = visit(item, `${path}[]`, depth + 1)
        return [JSON.stringify(withoutExamples(schema)), schema] as const
      }),
    )
    const [first, ...others] = schemas.values()
    if (first === undefined) return {}
    return { items: others.length === 0 ? first : { anyOf: [first, ...others] } }
  }
  const objectOf = (entries: readonly [string, unknown][], path: string, depth: number) => ({
    type: 'object',
    properties: Object.fromEntries(
      entries.map(([name, member]) => [
        name,
        visit(member, path === '' ? name : `${path}.${name}`, depth + 1),
      ]),
    ),
    required: entries.map(([name]) => name),
  })
  const stringOf = (text: string, path: string): JsonSchema => {
    if (isOpen(text)) return openSchema(text)
    if (hasKnownPrefix(text) || isSecret(path.split('.').at(-1) ?? '', text)) {
      onSecret(path, text)
      return { type: 'string' }
    }
    return { type: 'string', examples: [text] }
  }
  return visit(value, '', 0)
}

/** Lists of like things have one schema for all. */
const withoutExamples = (schema: JsonSchema): unknown =>
  JSON.parse(
    JSON.stringify(schema, (key, value: unknown) => (key === 'examples' ? undefined : value)),
  )
