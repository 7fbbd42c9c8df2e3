import type { HttpBinding, HttpToolDefinition } from '@sallyport/contracts'
import { literalOf, yieldOf } from '../../import/yaml-tools/template-parts.ts'
import { isScalar, isSure, schemaOf } from './write-arguments.ts'
import { cannotSay, type WrittenParts } from './written-parts.ts'

type Styled = {
  readonly argument: string[]
  readonly explode: boolean
  readonly contentType?: string | undefined
}
type QueryItem = HttpBinding['query'][number]

/** The URL template of a tool; arguments that a position says go without one are noted in `parts`. */
export function writeUrl(definition: HttpToolDefinition, parts: WrittenParts): string {
  const { origin, path, query } = definition.binding
  const written = path.map((piece) => {
    if ('text' in piece) return writePathText(piece.text, parts)
    return 'template' in piece ? piece.template : writePathArgument(piece, definition)
  })
  const items = query.map((item) => writeQueryItem(item, definition, parts)).join('')
  // A condition may take its parameter away with the sign before it: `?&b=1` says the same as `?b=1`.
  return `${origin}${written.join('')}${items === '' ? '' : `?${items.replace(/^&/, '')}`}`
}

/** `{token}` marks where the vault puts a credential; Higress has a value of its configuration there. */
function writePathText(text: string, { secrets }: WrittenParts): string {
  return literalOf(text).replaceAll(/\{([A-Za-z0-9_-]{1,64})\}/g, (_, name: string) => {
    secrets.add(name)
    return yieldOf(['config', name])
  })
}

function writePathArgument(
  piece: Extract<HttpBinding['path'][number], { argument: string[] }>,
  definition: HttpToolDefinition,
): string {
  if (piece.style !== 'simple')
    return cannotSay(`a parameter of the path in the style ${piece.style}`)
  if (piece.contentType !== undefined) return `{{toJson ${pathOf(piece.argument)}}}`
  return writeSimple(piece, definition, ',')
}

export const pathOf = (argument: readonly string[]): string =>
  yieldOf(['args', ...argument])
    .replace(/^\{\{(.*)\}\}$/s, '$1')
    .replace(/^index .*$/s, '($&)')

/** One value as it is, a list with separators. @throws NotSayable for an object */
export function writeSimple(
  { argument }: Styled,
  definition: HttpToolDefinition,
  separator: string,
): string {
  const [name = ''] = argument
  const schema = schemaOf(definition, name)
  if (argument.length === 1 && schema.type === 'object') return cannotSay('an object without JSON')
  if (argument.length > 1 || isScalar(schema)) return yieldOf(['args', ...argument])
  return `{{range $i, $v := ${pathOf(argument)}}}{{if $i}}${separator}{{end}}{{$v}}{{end}}`
}

const separators = {
  form: ',',
  spaceDelimited: '%20',
  pipeDelimited: '%7C',
  deepObject: ',',
} as const

/** `&name=value`, under a condition where it can be absent. */
function writeQueryItem(
  item: QueryItem,
  definition: HttpToolDefinition,
  parts: WrittenParts,
): string {
  const name = literalOf(encodeURIComponent(item.name))
  if ('value' in item) return `&${name}=${literalOf(encodeURIComponent(item.value))}`
  if ('template' in item) return writeTemplateItem(name, item, parts)
  if (item.style === 'deepObject') return cannotSay('a parameter in the style deepObject')
  const [argument = ''] = item.argument
  const schema = schemaOf(definition, argument)
  const isWhole = item.argument.length === 1
  const asPosition =
    isWhole &&
    item.name === argument &&
    (item.contentType !== undefined ? !isScalar(schema) : isScalar(schema))
  if (asPosition && !parts.positions.has(argument)) {
    parts.positions.set(argument, 'query')
    return ''
  }
  if (item.contentType !== undefined)
    return whereGiven(item.argument, definition, `&${name}={{toJson ${pathOf(item.argument)}}}`)
  if (isWhole && schema.type === 'array' && item.explode)
    return `{{range ${pathOf(item.argument)}}}&${name}={{.}}{{end}}`
  return whereGiven(
    item.argument,
    definition,
    `&${name}=${writeSimple(item, definition, separators[item.style])}`,
  )
}

function writeTemplateItem(
  name: string,
  { template, optional }: { readonly template: string; readonly optional?: boolean | undefined },
  { notes }: WrittenParts,
): string {
  if (optional !== true) return `&${name}=${template}`
  const [, opens = '', inner = '', closes = ''] =
    /^(\{\{if\b[^}]*\}\})([\s\S]*)(\{\{end\}\})$/.exec(template) ?? []
  if (opens !== '' && !inner.includes('{{else')) return `${opens}&${name}=${inner}${closes}`
  notes.add(`The parameter ${name} is sent where it is empty, too.`)
  return `&${name}=${template}`
}

/** What stands there only where the argument was given. */
export function whereGiven(
  argument: readonly string[],
  definition: HttpToolDefinition,
  text: string,
): string {
  const [name = '', ...below] = argument
  if (below.length === 0 && isSure(definition, name)) return text
  const holder = below.length === 0 ? '.args' : pathOf(argument.slice(0, -1))
  return `{{if hasKey ${holder} ${JSON.stringify(argument.at(-1) ?? '')}}}${text}{{end}}`
}
