import { createHash } from 'node:crypto'
import { type ArgumentValue, valueAt } from '../argument-value.ts'
import type { CallFacts } from '../call-facts.ts'
import { refuseArgument } from '../refuse-arguments.ts'
import type { RenderTemplate } from '../render-template.ts'
import { textOf, writePairs } from '../write-style.ts'
import { type FormBody, type FormField, restMembers } from './form-pairs.ts'
import { isJsonType, isMediaType, oneMediaType } from './media-type.ts'
import { anyType, isBase64Value, readFile } from './read-file.ts'

type MultipartBody = Extract<FormBody, { kind: 'multipart' }>
type StyledField = Extract<FormField, { argument: string[] }>

interface Part {
  readonly name: string
  readonly bytes: Uint8Array
  readonly contentType: string | undefined
  readonly filename: string | undefined
}

const partsMax = 1000

/**
 * A multipart body (RFC 2046 §5.1; `form-data` as RFC 7578 and WHATWG write it); undefined where nothing was given. Its boundary is a hash of its parts: equal
 * calls give equal bytes, and no part can hold it.
 * @throws Problem `invalid-arguments`
 */
export function writeMultipart(
  body: MultipartBody,
  facts: CallFacts,
  render: RenderTemplate,
): { readonly bytes: Uint8Array; readonly contentType: string } | undefined {
  const parts: Part[] = []
  for (const field of body.fields) {
    if ('value' in field) parts.push(textPart(field.name, field.value))
    else if ('template' in field) {
      const text = render(field.template, 'text', facts)
      if (text !== '' || field.optional !== true) parts.push(textPart(field.name, text))
    } else parts.push(...partsOf(valueAt(facts.args, field.argument), field))
  }
  for (const [name, value] of restMembers(body, facts.args)) {
    const argument = [...(body.rest?.argument ?? []), name]
    parts.push(...partsOf(value, { name, argument, style: 'form', explode: true }))
  }
  if (parts.length > partsMax)
    refuseArgument([], `would make a body of more than ${partsMax} parts`)
  return parts.length === 0 ? undefined : joinParts(parts, body.contentType)
}

const textPart = (name: string, text: string, contentType?: string): Part => ({
  name,
  bytes: Buffer.from(text, 'utf8'),
  contentType,
  filename: undefined,
})

function partsOf(value: ArgumentValue | undefined, field: StyledField): readonly Part[] {
  if (value === undefined || value === null) return []
  const { name, argument: path, contentType: ranges, style, explode } = field
  if (Array.isArray(value) && explode && style === 'form') {
    return value.flatMap((item) => partsOf(item, { ...field, explode: false }))
  }
  if (field.file === true || isBase64Value(value)) {
    const { bytes, contentType = anyType, filename = name } = readFile(value, { path, ranges })
    return [{ name, bytes, contentType, filename }]
  }
  const own = ranges === undefined ? undefined : oneMediaType(ranges)
  if (typeof value !== 'object') return [textPart(name, textOf(value), own)]
  const isJson = own !== undefined && isJsonType(own)
  if (style === 'form' && (isJson || !Array.isArray(value))) {
    return [textPart(name, JSON.stringify(value), own ?? 'application/json')]
  }
  const plain = (text: string) => text
  const pairs = writePairs(value, { path, name, style, explode, encodeName: plain, encode: plain })
  return pairs.map((pair) => textPart(pair.name, pair.value, own))
}

/** WHATWG HTML, "multipart/form-data encoding algorithm": what would end the quoted text is escaped. */
const quoted = (text: string): string =>
  `"${text.replaceAll('\n', '%0A').replaceAll('\r', '%0D').replaceAll('"', '%22')}"`

function headOf(part: Part, isForm: boolean): string {
  const { contentType } = part
  const lines: string[] = []
  if (isForm) {
    const filename = part.filename === undefined ? '' : `; filename=${quoted(part.filename)}`
    lines.push(`Content-Disposition: form-data; name=${quoted(part.name)}${filename}`)
  }
  if (contentType !== undefined && isMediaType(contentType)) {
    lines.push(`Content-Type: ${contentType}`)
  }
  return lines.map((line) => `${line}\r\n`).join('')
}

function joinParts(
  parts: readonly Part[],
  type: string,
): { readonly bytes: Uint8Array; readonly contentType: string } {
  const isForm = /^multipart\/form-data\b/i.test(type)
  const pieces = parts.map((part) => ({ head: Buffer.from(headOf(part, isForm), 'utf8'), part }))
  const hash = createHash('sha256')
  for (const { head, part } of pieces) {
    hash.update(`${head.length}:`).update(head).update(`${part.bytes.length}:`).update(part.bytes)
  }
  const boundary = `sallyport-${hash.digest('hex').slice(0, 40)}`
  const chunks: Uint8Array[] = []
  for (const { head, part } of pieces) {
    chunks.push(Buffer.from(`--${boundary}\r\n`), head, Buffer.from('\r\n'), part.bytes)
    chunks.push(Buffer.from('\r\n'))
  }
  chunks.push(Buffer.from(`--${boundary}--\r\n`))
  const essence = (type.split(';', 1)[0] ?? '').trim()
  return { bytes: Buffer.concat(chunks), contentType: `${essence}; boundary=${boundary}` }
}
