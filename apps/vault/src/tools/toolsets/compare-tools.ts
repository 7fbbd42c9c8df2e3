import type { HttpBinding, ToolBinding, ToolChange, ToolDefinition } from '@sallyport/contracts'
import canonicalize from 'canonicalize'
import { digestOf } from '../tool-digest.ts'
import { toolOrigin, toolUrl } from '../tool-url.ts'

type Difference = ToolChange['differences'][number]

/** What is quoted of a text that differs. */
const quotedCharsMax = 200
/** Told of one tool; what is beyond it is counted. */
const differencesMax = 40

/** Where defaults stand deeper in a schema than this, none is filled in. */
const defaultsDepthMax = 128

/** How one definition of a tool differs from another, in a few words each; none where they are the same. */
export function compareTools(before: ToolDefinition, after: ToolDefinition): Difference[] {
  if (digestOf(before) === digestOf(after)) return []
  const found = [
    ...texts('name', before.name, after.name),
    ...texts('title', before.title ?? '', after.title ?? ''),
    ...texts('description', before.description, after.description),
    ...compareArguments(before.inputSchema, after.inputSchema),
    ...compareBindings(before.binding, after.binding),
    ...compareAnnotations(before, after),
    ...values('answer', before.outputSchema, after.outputSchema),
    ...texts('deprecated', String(before.deprecated ?? false), String(after.deprecated ?? false)),
    ...texts('tags', (before.tags ?? []).join(', '), (after.tags ?? []).join(', ')),
  ]
  if (found.length === 0) return [{ what: 'definition', before: 'as it was', after: 'other' }]
  const more = found.length - differencesMax
  if (more <= 0) return found
  return [...found.slice(0, differencesMax), { what: 'more', before: '', after: `${more} more` }]
}

const texts = (what: string, before: string, after: string): Difference[] =>
  before === after ? [] : [{ what, ...apart(before, after) }]

/** Two texts cut so that where they part is seen. */
function apart(before: string, after: string): { before: string; after: string } {
  if (before.length <= quotedCharsMax && after.length <= quotedCharsMax) return { before, after }
  let same = 0
  while (same < before.length && before[same] === after[same]) same += 1
  const from = Math.max(0, same - 40)
  return { before: cut(before, from), after: cut(after, from) }
}

function cut(text: string, from: number): string {
  const part = text.slice(from, from + quotedCharsMax)
  // Halves of a pair of surrogates are no characters.
  const whole = part.replace(/^[\udc00-\udfff]|[\ud800-\udbff]$/g, '')
  return `${from > 0 ? '…' : ''}${whole}${from + quotedCharsMax < text.length ? '…' : ''}`
}

/** As JSON, where they part: whoever says yes to a change has to see it. */
const values = (what: string, before: unknown, after: unknown): Difference[] =>
  texts(what, asText(before), asText(after))

const asText = (value: unknown): string =>
  value === undefined ? 'none' : (canonicalize(value) ?? 'none')

type Schema = Readonly<Record<string, unknown>>

const isSchema = (value: unknown): value is Schema =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const propertiesOf = (schema: Schema): Schema =>
  isSchema(schema.properties) ? schema.properties : {}
const requiredOf = (schema: Schema): readonly unknown[] =>
  Array.isArray(schema.required) ? schema.required : []

function compareArguments(before: Schema, after: Schema): Difference[] {
  const [was, is] = [propertiesOf(before), propertiesOf(after)]
  const names = [...new Set([...Object.keys(was), ...Object.keys(is)])]
  const found = names.flatMap((name) =>
    compareArgument(name, {
      was: Object.hasOwn(was, name) ? was[name] : undefined,
      is: Object.hasOwn(is, name) ? is[name] : undefined,
      wasRequired: requiredOf(before).includes(name),
      isRequired: requiredOf(after).includes(name),
    }),
  )
  const rest = ({ properties: _properties, required: _required, ...others }: Schema) => others
  const [wasRest, isRest] = [rest(before), rest(after)]
  return [
    ...found,
    ...values('arguments: default', defaultsIn(wasRest), defaultsIn(isRest)),
    ...values('arguments', wasRest, isRest),
  ]
}

/** What is sent where nobody says anything: the default of a schema, and those within it by their places; undefined where there is none. */
function defaultsIn(schema: unknown): unknown {
  const found: [string, unknown][] = []
  const look = (value: unknown, at: { place: string; depth: number; isNames: boolean }): void => {
    if (typeof value !== 'object' || value === null || at.depth > defaultsDepthMax) return
    for (const [name, member] of Object.entries(value)) {
      const place = at.place === '' ? name : `${at.place}.${name}`
      if (!at.isNames && name === 'default') found.push([place, member])
      else if (at.isNames || !valueWords.has(name)) {
        look(member, { place, depth: at.depth + 1, isNames: !at.isNames && nameWords.has(name) })
      }
    }
  }
  look(schema, { place: '', depth: 0, isNames: false })
  const [first, ...others] = found
  if (first === undefined) return undefined
  return others.length === 0 && first[0] === 'default' ? first[1] : Object.fromEntries(found)
}

/** What stands in these by names, and what is a value and no schema. */
const nameWords: ReadonlySet<string> = new Set(['properties', 'patternProperties', '$defs'])
const valueWords: ReadonlySet<string> = new Set(['enum', 'const', 'examples'])

function compareArgument(
  name: string,
  arg: { was: unknown; is: unknown; wasRequired: boolean; isRequired: boolean },
): Difference[] {
  const { was, is, wasRequired, isRequired } = arg
  const what = `argument ${name}`
  const must = (required: boolean) => (required ? 'required' : 'optional')
  if (was === undefined) {
    return [{ what, before: 'none', after: `added: ${typeOf(is)}, ${must(isRequired)}` }]
  }
  if (is === undefined)
    return [{ what, before: `${typeOf(was)}, ${must(wasRequired)}`, after: 'removed' }]
  const named = [
    ...texts(what, must(wasRequired), must(isRequired)),
    ...texts(`${what}: type`, typeOf(was), typeOf(is)),
    ...texts(`${what}: description`, textOf(was), textOf(is)),
    ...values(`${what}: default`, defaultsIn(was), defaultsIn(is)),
  ]
  if (named.length > 0) return named
  return values(`${what}: schema`, was, is)
}

const textOf = (schema: unknown): string =>
  isSchema(schema) && typeof schema.description === 'string' ? schema.description : ''

/** A schema's type as people read it: `string`, `integer or null`, `string[]`. */
export function typeOf(schema: unknown): string {
  if (!isSchema(schema)) return 'anything'
  const { type, items } = schema
  if (type === 'array') return isSchema(items) ? `${typeOf(items)}[]` : 'array'
  if (typeof type === 'string') return type
  if (Array.isArray(type)) return type.join(' or ')
  if (Array.isArray(schema.enum)) return 'one of several'
  if (['$ref', 'oneOf', 'anyOf', 'allOf'].some((word) => Object.hasOwn(schema, word))) {
    return 'object'
  }
  return 'anything'
}

function compareBindings(before: ToolBinding, after: ToolBinding): Difference[] {
  if (before.kind === 'http' && after.kind === 'http') return compareRequests(before, after)
  const of = ({ kind, ...binding }: ToolBinding): Readonly<Record<string, unknown>> => binding
  const [was, is] = [of(before), of(after)]
  const names = [...new Set([...Object.keys(was), ...Object.keys(is)])]
  const parts = before.kind === after.kind ? names : []
  return [
    ...texts('kind', before.kind, after.kind),
    ...texts('origin', toolOrigin(before), toolOrigin(after)),
    ...parts.flatMap((name) => (toldWhole.has(name) ? whole : values)(name, was[name], is[name])),
  ]
}

/** An owner who wants a statement as it was has it from here alone: no version of a source’s tools is restored. */
const toldWhole: ReadonlySet<string> = new Set(['statement', 'parameters'])

function whole(what: string, before: unknown, after: unknown): Difference[] {
  const [was, is] = [plainText(before), plainText(after)]
  return was === is ? [] : [{ what, before: was, after: is }]
}

const plainText = (value: unknown): string => (typeof value === 'string' ? value : asText(value))

/** What a tool was that is gone, where its owner wrote it and may want it back: a statement. Nothing for others. */
export function tellGone({ description, binding }: ToolDefinition): Difference[] {
  if (binding.kind !== 'sql' || binding.run !== 'statement') return []
  const { statement = '', parameters, writes } = binding
  const was = { description, statement, parameters, writes }
  return Object.entries(was).map(([what, value]) => ({ what, before: plainText(value), after: '' }))
}

function compareRequests(before: HttpBinding, after: HttpBinding): Difference[] {
  const path = ({ origin, ...binding }: HttpBinding) =>
    toolUrl({ origin, ...binding }).slice(origin.length)
  const named = texts('path', path(before), path(after))
  return [
    ...texts('method', before.method, after.method),
    ...texts('origin', before.origin, after.origin),
    ...(named.length > 0 ? named : values('path', before.path, after.path)),
    ...values('query', before.query, after.query),
    ...values('headers', before.headers, after.headers),
    ...values('cookies', before.cookies, after.cookies),
    ...values('body', before.body, after.body),
    ...values('response template', before.response, after.response),
    ...texts('credential', before.credential, after.credential),
    ...values('config', before.config, after.config),
  ]
}

function compareAnnotations(before: ToolDefinition, after: ToolDefinition): Difference[] {
  const told = ({ annotations }: ToolDefinition) =>
    Object.entries(annotations)
      .filter(([, value]) => value === true)
      .map(([name]) => name.replace(/Hint$/, ''))
      .sort()
      .join(', ')
  const named = texts('annotations', told(before), told(after))
  return named.length > 0 ? named : values('annotations', before.annotations, after.annotations)
}
