import { executeBodyBytesMax, type HttpBinding } from '@sallyport/contracts'
import { type ArgumentObject, type ArgumentValue, valueAt } from '../argument-value.ts'
import type { CallFacts } from '../call-facts.ts'
import { refuseArgument } from '../refuse-arguments.ts'
import type { RenderTemplate } from '../render-template.ts'
import { textOf } from '../write-style.ts'
import { fitsMediaTypes } from './media-type.ts'
import { anyType, readFile } from './read-file.ts'
import { writeForm } from './write-form.ts'
import { writeMultipart } from './write-multipart.ts'

type Body = NonNullable<HttpBinding['body']>

/** A body as `freezeRequest` takes it, and its content type where that does not say it. */
export interface WrittenBody {
  readonly body: string | { readonly $base64: string; readonly contentType: string }
  readonly contentType?: string | undefined
}

/**
 * Writes the body once; undefined where nothing was given for it.
 * @throws Problem `invalid-arguments`
 */
export function writeBody(
  body: Body,
  facts: CallFacts,
  render: RenderTemplate,
): WrittenBody | undefined {
  const written = writeKind(body, facts, render)
  if (written === undefined) return undefined
  const chars = typeof written.body === 'string' ? written.body.length : written.body.$base64.length
  if (chars > 2 * executeBodyBytesMax) refuseArgument([], 'would make too large a body')
  return written
}

function writeKind(body: Body, facts: CallFacts, render: RenderTemplate): WrittenBody | undefined {
  if (body.kind === 'json') {
    const text = writeJson(body, facts.args)
    return text === undefined ? undefined : { body: text, contentType: body.contentType }
  }
  if (body.kind === 'form') {
    const text = writeForm(body, facts, render)
    return text === ''
      ? undefined
      : { body: text, contentType: 'application/x-www-form-urlencoded' }
  }
  if (body.kind === 'multipart') {
    const written = writeMultipart(body, facts, render)
    if (written === undefined) return undefined
    const { bytes, contentType } = written
    return { body: { $base64: Buffer.from(bytes).toString('base64'), contentType } }
  }
  if (body.kind === 'template') {
    const text = render(body.template, body.escape, facts)
    return text === '' ? undefined : { body: text, contentType: body.contentType }
  }
  return writeRaw(body, facts.args)
}

function writeJson(
  { from }: Extract<Body, { kind: 'json' }>,
  args: ArgumentObject,
): string | undefined {
  if ('argument' in from) {
    const value = valueAt(args, from.argument)
    return value === undefined || value === null ? undefined : JSON.stringify(value)
  }
  const object: Record<string, unknown> = Object.create(null)
  for (const member of from.members) {
    const value = 'argument' in member ? valueAt(args, member.argument) : member.value
    if (value !== undefined) object[member.name] = value
  }
  return JSON.stringify(object)
}

const anyText = 'text/plain; charset=utf-8'

/** A concrete type of the range that the tool takes. */
const typeOf = (range: string, fallback: string): string => (range.includes('*') ? fallback : range)

function writeRaw(
  { argument: path, contentType: ranges }: Extract<Body, { kind: 'raw' }>,
  args: ArgumentObject,
): WrittenBody | undefined {
  const value: ArgumentValue | undefined = valueAt(args, path)
  if (value === undefined || value === null) return undefined
  if (typeof value !== 'object') {
    if (ranges.includes('*') && !fitsMediaTypes(anyText, ranges)) {
      refuseArgument(path, `must be {"$base64": "…", "contentType": "…"} of ${ranges}`)
    }
    return { body: textOf(value), contentType: typeOf(ranges, anyText) }
  }
  const { bytes, contentType } = readFile(value, { path, ranges })
  const type = contentType ?? typeOf(ranges, anyType)
  return { body: { $base64: Buffer.from(bytes).toString('base64'), contentType: type } }
}
