import type { HttpBinding, HttpToolDefinition, JsonSchema } from '@sallyport/contracts'
import type { SchemaOf } from './component-schemas.ts'
import { NotSayable } from './not-sayable.ts'

type Body = NonNullable<HttpBinding['body']>
type FormBody = Extract<Body, { kind: 'form' | 'multipart' }>
type FormField = FormBody['fields'][number]

/** The body of a tool as a request body; undefined where it has none. */
export function writeBody(
  definition: HttpToolDefinition,
  { schemaOf }: { readonly schemaOf: SchemaOf },
): object | undefined {
  const { body } = definition.binding
  if (body === undefined) return undefined
  const required = new Set((definition.inputSchema.required ?? []) as readonly string[])
  const { description, ...content } = writeContent(body, { schemaOf, required })
  return {
    ...(description !== undefined && { description }),
    ...(isRequired(body, required) && { required: true }),
    content,
  }
}

interface Writing {
  readonly schemaOf: SchemaOf
  readonly required: ReadonlySet<string>
}

/** Whether a call without it is refused, as far as the arguments at the top say. */
function isRequired(body: Body, required: ReadonlySet<string>): boolean {
  if (body.kind === 'template') return false
  return argumentsOf(body).some(([first = '']) => required.has(first))
}

function argumentsOf(body: Exclude<Body, { kind: 'template' }>): readonly (readonly string[])[] {
  if (body.kind === 'raw') return [body.argument]
  if (body.kind === 'json') {
    if ('argument' in body.from) return [body.from.argument]
    return body.from.members.flatMap((member) => ('argument' in member ? [member.argument] : []))
  }
  return body.fields.flatMap((field) => ('argument' in field ? [field.argument] : []))
}

function writeContent(
  body: Body,
  writing: Writing,
): Record<string, unknown> & { description?: string } {
  switch (body.kind) {
    case 'json':
      return { [body.contentType]: { schema: writeJson(body, writing) } }
    case 'raw': {
      const schema = isTextType(body.contentType) ? {} : { format: 'binary' }
      return { [body.contentType]: { schema: { type: 'string', ...schema } } }
    }
    case 'form':
      return { 'application/x-www-form-urlencoded': writeForm(body, writing) }
    case 'multipart':
      return { [body.contentType]: writeForm(body, writing) }
    case 'template':
      throw new NotSayable('a template for its body')
  }
}

const isTextType = (type: string): boolean => /^text\/|[/+](?:xml|yaml|csv)\b/i.test(type)

function writeJson(
  body: Extract<Body, { kind: 'json' }>,
  { schemaOf, required }: Writing,
): JsonSchema {
  if ('argument' in body.from) return schemaOf(body.from.argument)
  const names: string[] = []
  const properties: Record<string, JsonSchema> = {}
  for (const member of body.from.members) {
    if ('argument' in member) {
      properties[member.name] = schemaOf(member.argument)
      if (member.argument.length === 1 && required.has(member.argument[0] ?? ''))
        names.push(member.name)
    } else {
      properties[member.name] = { const: member.value }
      names.push(member.name)
    }
  }
  return { type: 'object', properties, ...(names.length > 0 && { required: names }) }
}

function writeForm(body: FormBody, { schemaOf, required }: Writing): object {
  const encoding: Record<string, object> = {}
  const properties: Record<string, JsonSchema> = {}
  const whole = body.fields.every((field) => 'argument' in field && field.argument.length === 2)
  const [root] = body.fields.flatMap((field) =>
    'argument' in field ? [field.argument[0] ?? ''] : [],
  )
  const outer =
    whole && root !== undefined
      ? schemaOf([root])
      : body.rest === undefined
        ? {}
        : schemaOf(body.rest.argument)
  const names = new Set(whole ? ((outer.required ?? []) as readonly string[]) : [])
  const wanted: string[] = []
  for (const field of body.fields) {
    if ('template' in field) throw new NotSayable('a template in its form')
    if ('value' in field) {
      properties[field.name] = { type: 'string', const: field.value }
      wanted.push(field.name)
      continue
    }
    const schema =
      field.file === true ? fileSchema(schemaOf(field.argument)) : schemaOf(field.argument)
    properties[field.name] = schema
    const how = encodingOf(field, schema)
    if (how !== undefined) encoding[field.name] = how
    const [first = '', second = ''] = field.argument
    if (whole ? names.has(second) : required.has(first)) wanted.push(field.name)
  }
  const { title, description, additionalProperties: others } = outer
  const schema = {
    type: 'object',
    ...(title !== undefined && { title }),
    ...(description !== undefined && { description }),
    ...(body.fields.length > 0 && { properties }),
    ...(wanted.length > 0 && { required: wanted }),
    ...(body.rest === undefined && { additionalProperties: false }),
    ...(body.rest !== undefined && others !== undefined && { additionalProperties: others }),
  }
  return { schema, ...(Object.keys(encoding).length > 0 && { encoding }) }
}

function fileSchema(schema: JsonSchema): JsonSchema {
  const { description } = schema
  const said = description === undefined ? {} : { description }
  const file = { type: 'string', format: 'binary' }
  return schema.type === 'array' ? { ...said, type: 'array', items: file } : { ...said, ...file }
}

/** What has to be said of a field so that it is written the same way again. */
function encodingOf(
  field: Extract<FormField, { argument: string[] }>,
  schema: JsonSchema,
): object | undefined {
  if (field.contentType !== undefined) return { contentType: field.contentType }
  const { style, explode } = field
  const isPlain = style === 'form' && explode && isScalarSchema(schema)
  return isPlain || field.file === true ? undefined : { style, explode }
}

const scalars: ReadonlySet<unknown> = new Set(['string', 'number', 'integer', 'boolean', 'null'])

const isScalarSchema = ({ type }: JsonSchema): boolean =>
  Array.isArray(type) ? type.every((one) => scalars.has(one)) : scalars.has(type)
