import type { HttpBinding, HttpToolDefinition } from '@sallyport/contracts'
import { literalOf, yieldOf } from '../../import/yaml-tools/template-parts.ts'
import { isScalar, isSure, schemaOf } from './write-arguments.ts'
import { pathOf, whereGiven, writeSimple } from './write-url.ts'
import { cannotSay, type WrittenParts } from './written-parts.ts'

type Body = NonNullable<HttpBinding['body']>
type FormField = Extract<Body, { kind: 'form' }>['fields'][number]

export interface WrittenBody {
  readonly contentType: string
  readonly body?: string | undefined
}

/** The body as a template, or as arguments with the position body. */
export function writeBody(
  definition: HttpToolDefinition,
  parts: WrittenParts,
): WrittenBody | undefined {
  const { body } = definition.binding
  if (body === undefined) return undefined
  const { kind } = body
  if (kind === 'template') return { contentType: body.contentType, body: body.template }
  if (kind === 'multipart') return cannotSay('a body of several parts')
  if (kind === 'form') return writeForm(body, definition, parts)
  if (kind === 'raw') {
    const [name = ''] = body.argument
    const isText =
      schemaOf(definition, name).type === 'string' && !/json|urlencoded|\*/i.test(body.contentType)
    return isText
      ? { contentType: body.contentType, body: yieldOf(['args', ...body.argument]) }
      : cannotSay('a body of bytes')
  }
  const { contentType, from } = body
  if ('argument' in from) {
    return {
      contentType,
      body: whereGiven(from.argument, definition, `{{toJson ${pathOf(from.argument)}}}`),
    }
  }
  return writeMembers({ contentType, members: from.members }, definition, parts)
}

type Member = { name: string; argument: string[] } | { name: string; value: unknown }

function writeMembers(
  { contentType, members }: { readonly contentType: string; readonly members: readonly Member[] },
  definition: HttpToolDefinition,
  parts: WrittenParts,
): WrittenBody {
  const plain = members.every(
    (member) => 'argument' in member && isOwn(member.name, member.argument, parts),
  )
  if (plain) return placeInBody(members, { contentType }, parts)
  const written = members.map((member) => {
    const name = literalOf(JSON.stringify(member.name))
    if (!('argument' in member))
      return { isAlways: true, text: `${name}: ${literalOf(JSON.stringify(member.value))}` }
    const [first = '', ...below] = member.argument
    const isAlways = below.length === 0 && isSure(definition, first)
    return {
      isAlways,
      text: `${name}: {{toJson ${pathOf(member.argument)}}}`,
      argument: member.argument,
    }
  })
  const always = written.filter(({ isAlways }) => isAlways).map(({ text }) => text)
  if (always.length === 0) return cannotSay('a body of which every member can be absent')
  const others = written.filter(({ isAlways }) => !isAlways)
  const rest = others.map(({ text, argument = [] }) =>
    whereGiven(argument, definition, `, ${text}`),
  )
  return { contentType, body: `{ ${always.join(', ')}${rest.join('')} }` }
}

const isOwn = (name: string, argument: readonly string[], { positions }: WrittenParts): boolean =>
  argument.length === 1 && argument[0] === name && !positions.has(name)

function placeInBody(
  members: readonly { readonly name: string }[],
  written: WrittenBody,
  { positions }: WrittenParts,
): WrittenBody {
  for (const { name } of members) positions.set(name, 'body')
  return written
}

function writeForm(
  { fields, rest }: Extract<Body, { kind: 'form' }>,
  definition: HttpToolDefinition,
  parts: WrittenParts,
): WrittenBody {
  const contentType = 'application/x-www-form-urlencoded'
  if (rest !== undefined) return cannotSay('a form of whatever fields there are')
  const plain = fields.every(
    (field) =>
      'argument' in field &&
      isOwn(field.name, field.argument, parts) &&
      (isScalar(schemaOf(definition, field.name)) || field.contentType !== undefined),
  )
  if (plain) return placeInBody(fields, { contentType }, parts)
  const body = fields.map((field) => writeField(field, definition)).join('')
  return { contentType, body: body.replace(/^((?:\{\{[^}]*\}\})?)&/, '$1') }
}

function writeField(field: FormField, definition: HttpToolDefinition): string {
  const name = literalOf(encodeURIComponent(field.name))
  if ('value' in field) return `&${name}=${literalOf(encodeURIComponent(field.value))}`
  if ('template' in field) return `&${name}=${field.template}`
  const { argument, style, explode } = field
  if (field.file === true || style === 'deepObject')
    return cannotSay('a file or a nested object in a form')
  const [first = ''] = argument
  const schema = schemaOf(definition, first)
  if (field.contentType !== undefined && !isScalar(schema)) {
    return whereGiven(argument, definition, `&${name}={{toJson ${pathOf(argument)}}}`)
  }
  if (argument.length === 1 && schema.type === 'array' && explode)
    return `{{range ${pathOf(argument)}}}&${name}={{.}}{{end}}`
  return whereGiven(argument, definition, `&${name}=${writeSimple(field, definition, ',')}`)
}
