import { createFormats, exactFormat } from './formats.ts'
import { hasShape, schemaKeywords } from './schema-keywords.ts'

const depthMax = 200
const nodesMax = 10_000

/** Counts the steps of validation; `compile-schema.ts` gives it its meaning. */
export const stepKeyword = 'x-sallyport-step'
/** A reference whose target is compiled when a value first needs it; in place of `$ref` where nothing looks across references. */
export const referenceKeyword = 'x-sallyport-ref'

/** A schema that cannot be used; the message is fit for an owner. */
export class SchemaFault extends Error {
  override name = 'SchemaFault'
}

type Json = Readonly<Record<string, unknown>>

interface Prepared {
  readonly schema: boolean | Record<string, unknown>
  /** Something of it is not enforced, so that it takes more than it says. */
  readonly isLax: boolean
}

/**
 * Copies a schema for the validator: known keywords of the right shape alone, references only within it, patterns only where
 * `canMatch`, a step in each node. What is not enforced makes it take more and never less: under `not` and `if`, where it would be
 * the other way around, the whole keyword is given up.
 * @throws SchemaFault for a reference to elsewhere and for what is too deep or too large
 */
export function prepareSchema(
  root: unknown,
  canMatch: (pattern: string) => boolean,
): boolean | Record<string, unknown> {
  let nodes = 0
  const isLazy = !looksAcross(root)
  const prepare = (schema: unknown, depth: number, isTurned: boolean): Prepared => {
    nodes += 1
    if (nodes > nodesMax) throw new SchemaFault(`The schema has more than ${nodesMax} parts.`)
    if (depth > depthMax) throw new SchemaFault(`The schema is nested deeper than ${depthMax}.`)
    if (typeof schema === 'boolean') return { schema, isLax: false }
    if (!isMap(schema)) return { schema: true, isLax: true }
    return prepareNode(schema, {
      canMatch,
      isTurned,
      isLazy,
      prepare: (inner, keyword) => prepare(inner, depth + 1, isTurned || turning.has(keyword)),
    })
  }
  return prepare(root, 0, false).schema
}

interface Tools {
  readonly canMatch: (pattern: string) => boolean
  readonly prepare: (schema: unknown, keyword: string) => Prepared
  /** Within a keyword of `turning`. */
  readonly isTurned: boolean
  readonly isLazy: boolean
}

/** Keywords that want to know what was seen behind a reference, or name its target otherwise than by where it is. */
const across = new Set([
  'unevaluatedProperties',
  'unevaluatedItems',
  '$anchor',
  '$dynamicRef',
  '$dynamicAnchor',
])

function looksAcross(root: unknown): boolean {
  const waiting = [root]
  for (let at = 0; at < waiting.length && at < 10 * nodesMax; at += 1) {
    const value = waiting[at]
    if (typeof value !== 'object' || value === null) continue
    for (const [name, inner] of Object.entries(value)) {
      if (across.has(name)) return true
      if (name === '$ref' && typeof inner === 'string' && !/^#(?:\/|$)/.test(inner)) return true
      waiting.push(inner)
    }
  }
  return false
}

/** Keywords under which a schema that takes more makes the whole take less. */
const turning: ReadonlySet<string> = new Set(['not', 'if'])

function prepareNode(node: Json, tools: Tools): Prepared {
  const schema: Record<string, unknown> = { [stepKeyword]: true }
  let isLax = false
  for (const [keyword, value] of Object.entries(node)) {
    if (keyword === 'nullable' || keyword === 'default') continue
    const prepared = prepareKeyword(keyword, value, tools)
    if (prepared === undefined) {
      isLax ||= schemaKeywords.has(keyword)
    } else if (prepared.isLax && turning.has(keyword)) {
      isLax = true
    } else {
      // Of the branches of `oneOf` more than one may fit; see compile-schema.ts.
      isLax ||= prepared.isLax || (keyword === 'oneOf' && tools.isTurned)
      schema[keyword === '$ref' && tools.isLazy ? referenceKeyword : keyword] = prepared.value
    }
  }
  if (node.nullable === true && schema.type !== undefined) {
    schema.type = [...new Set([schema.type, 'null'].flat())]
  }
  if (!tools.isTurned && isWhole(schema.type) && !ownFormats.has(String(schema.format))) {
    schema.format = exactFormat
  }
  return { schema, isLax }
}

/** Formats that say more, or something of texts. */
const ownFormats: ReadonlySet<string> = new Set(Object.keys(createFormats({ steps: 0 })))

/** Whether numbers have to be whole. */
function isWhole(type: unknown): boolean {
  const types = [type].flat()
  return types.includes('integer') && !types.includes('number')
}

interface PreparedKeyword {
  readonly value: unknown
  readonly isLax: boolean
}

function prepareKeyword(
  keyword: string,
  value: unknown,
  { canMatch, prepare }: Tools,
): PreparedKeyword | undefined {
  const kind = schemaKeywords.get(keyword)
  if (kind === undefined) return undefined
  if (kind === 'schema') {
    const { schema, isLax } = prepare(value, keyword)
    return { value: schema, isLax }
  }
  if (kind === 'schemas') {
    if (!Array.isArray(value) || value.length === 0) return undefined
    const all = value.map((one) => prepare(one, keyword))
    return { value: all.map(({ schema }) => schema), isLax: all.some(({ isLax }) => isLax) }
  }
  if (kind === 'map' || kind === 'patterns') {
    if (!isMap(value)) return undefined
    const names = Object.keys(value).filter((name) => name !== '__proto__')
    // Which members a pattern would have named is not known, so none is refused for having no other name.
    if (kind === 'patterns' && !names.every(canMatch)) return undefined
    const all = names.map((name): [string, Prepared] => [name, prepare(value[name], keyword)])
    return {
      value: Object.fromEntries(all.map(([name, { schema }]) => [name, schema])),
      // What stands there by name only is looked at where it is referred to.
      isLax: all.some(([, { isLax }]) => isLax),
    }
  }
  if (!hasShape(kind, value)) return undefined
  if (keyword === 'pattern' && !canMatch(String(value))) return undefined
  if (/^\$(?:dynamicR|r)ef$/.test(keyword) && !String(value).startsWith('#')) {
    throw new SchemaFault('The schema refers to another document.')
  }
  return { value, isLax: false }
}

const isMap = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
