import type { HttpBinding, HttpToolDefinition, JsonSchema } from '@sallyport/contracts'
import { encodeAll } from '../../template/percent-encode.ts'
import type { SchemaOf } from './component-schemas.ts'
import { pathParameter } from './write-path.ts'

interface Writing {
  readonly schemaOf: SchemaOf
  readonly said: (note: string) => void
}

type Item =
  | HttpBinding['query'][number]
  | HttpBinding['headers'][number]
  | HttpBinding['cookies'][number]

/** Headers that OpenAPI says elsewhere: as media types, or as security. */
const elsewhere: ReadonlySet<string> = new Set(['accept', 'content-type', 'authorization'])

/** All parameters of a tool, constants among them: they are parameters that have one value. */
export function writeParameters(
  definition: HttpToolDefinition,
  { schemaOf, said }: Writing,
): object[] {
  const { path, query, headers, cookies } = definition.binding
  const required = new Set((definition.inputSchema.required ?? []) as readonly string[])
  const seen = new Set<string>()
  const inPath = path.flatMap((piece) => {
    if (!('argument' in piece)) return []
    const name = pathParameter(piece.argument)
    if (seen.has(name)) return []
    seen.add(name)
    const { argument, style, explode, contentType } = piece
    const facts = { name, in: 'path', required: true }
    return [{ ...facts, ...written({ style, explode, contentType }, schemaOf(argument)) }]
  })
  const write = (items: readonly Item[], place: 'query' | 'header' | 'cookie'): object[] =>
    items.flatMap((item) => {
      const key = `${place} ${place === 'header' ? item.name.toLowerCase() : item.name}`
      if (seen.has(key)) {
        said(`The ${place} parameter ${item.name} stands twice, and OpenAPI has one of each name.`)
        return []
      }
      seen.add(key)
      const parameter = writeItem(item, { place, schemaOf, required })
      if (parameter === undefined)
        said(`The ${place} parameter ${item.name} is written in a way that OpenAPI has not.`)
      return parameter === undefined ? [] : [parameter]
    })
  const sent = headers.filter(({ name }) => !elsewhere.has(name.toLowerCase()))
  for (const { name } of headers) {
    if (name.toLowerCase() === 'authorization') said('Its header Authorization is not written.')
  }
  return [
    ...inPath,
    ...write(query, 'query'),
    ...write(sent, 'header'),
    ...write(cookies, 'cookie'),
  ]
}

interface ItemFacts {
  readonly place: 'query' | 'header' | 'cookie'
  readonly schemaOf: SchemaOf
  readonly required: ReadonlySet<string>
}

function writeItem(item: Item, { place, schemaOf, required }: ItemFacts): object | undefined {
  const facts = { name: item.name, in: place }
  if ('value' in item) {
    const only = place === 'cookie' ? plainCookie(item.value) : item.value
    if (only === undefined) return undefined
    return { ...facts, required: true, schema: { type: 'string', const: only } }
  }
  if ('template' in item) return undefined
  const { argument, explode, contentType } = item
  const [first = ''] = argument
  const isRequired = argument.length === 1 && required.has(first)
  const style = 'style' in item ? item.style : place === 'cookie' ? 'form' : 'simple'
  return {
    ...facts,
    ...(isRequired && { required: true }),
    ...written({ style, explode, contentType }, schemaOf(argument)),
    ...('allowReserved' in item && item.allowReserved === true && { allowReserved: true }),
    ...('allowEmptyValue' in item && item.allowEmptyValue === true && { allowEmptyValue: true }),
  }
}

/** The text whose escapes are the value of a cookie; undefined for what OpenAPI would escape otherwise. */
function plainCookie(value: string): string | undefined {
  const plain = /%(?![0-9A-Fa-f]{2})/.test(value) ? value : unescapeText(value)
  return plain !== undefined && encodeAll(plain) === value ? plain : undefined
}

function unescapeText(text: string): string | undefined {
  try {
    return decodeURIComponent(text)
  } catch {
    return undefined
  }
}

function written(
  how: {
    readonly style: string
    readonly explode: boolean
    readonly contentType: string | undefined
  },
  schema: JsonSchema,
): object {
  const { description, deprecated, ...rest } = schema
  const said = {
    ...(description !== undefined && { description }),
    ...(deprecated === true && { deprecated }),
  }
  if (how.contentType !== undefined)
    return { ...said, content: { [how.contentType]: { schema: rest } } }
  return { ...said, style: how.style, explode: how.explode, schema: rest }
}
