import type { HttpBinding, JsonSchema } from '@sallyport/contracts'
import { withoutKeys } from '../curl/known-secrets.ts'
import { type Data, isObject } from '../read-document.ts'
import { bodyArgument } from './argument-names.ts'
import { type FormFields, readFormFields } from './form-fields.ts'
import { chooseMedia, type MediaEntry } from './media-types.ts'
import { refuseOperation } from './operation-refused.ts'
import type { References } from './references.ts'
import { addWords, cutText } from './schema/schema-annotations.ts'
import type { SchemaScope } from './schema/schema-scope.ts'

/** The body of an operation: what the argument `body` must be, and how it is written. */
export interface BodyPlan {
  readonly required: boolean
  readonly binding: NonNullable<HttpBinding['body']>
  readonly schemaIn: (scope: SchemaScope) => JsonSchema
}

const bodyless: ReadonlySet<string> = new Set(['GET', 'HEAD'])

/**
 * Plans the body (OpenAPI 3.1 §4.8.13); undefined where there is none.
 * @throws OperationRefused where it is needed and cannot be sent
 */
export function planBody(
  source: Data | undefined,
  { method, references, changes }: { method: string; references: References; changes: string[] },
): BodyPlan | undefined {
  if (source === undefined || source === null) return undefined
  const { value: body, fault } = references.follow(source)
  if (!isObject(body)) return refuseOperation(`Its body cannot be read. ${fault ?? ''}`.trim())
  const entry = chooseMedia(body.content, references)
  if (entry === undefined) {
    if (body.required === true) refuseOperation('Its body names no media type.')
    return undefined
  }
  if (bodyless.has(method)) {
    if (body.required === true)
      refuseOperation(`It needs a body, and a ${method} request has none.`)
    // Some vendors give every operation an empty form.
    if (!isEmptyObject(entry.media.schema, references)) {
      changes.push(`Its body is left out, since a ${method} request has none.`)
    }
    return undefined
  }
  const { description } = body
  const said = typeof description === 'string' ? withoutKeys(cutText(description.trim(), 2000)) : ''
  const describe = (schema: JsonSchema, how: string): JsonSchema => {
    const own = typeof schema.description === 'string' ? schema.description : ''
    const texts = [said === own ? '' : said, ...addWords(own, [how])].filter((text) => text !== '')
    return texts.length === 0 ? schema : { ...schema, description: cutText(texts.join('\n'), 2000) }
  }
  const required = body.required === true
  if (entry.kind === 'json') return planJson(entry, { required, describe })
  if (entry.kind === 'raw') return planRaw(entry, { required, describe })
  return planForm(entry, { required, describe, references })
}

function isEmptyObject(source: Data | undefined, references: References): boolean {
  const { value: schema } = references.follow(source)
  if (!isObject(schema)) return false
  const { type, properties } = schema
  return type === 'object' && (!isObject(properties) || Object.keys(properties).length === 0)
}

interface Planning {
  readonly required: boolean
  readonly describe: (schema: JsonSchema, how: string) => JsonSchema
}

const from = [bodyArgument]

function planJson({ contentType, media }: MediaEntry, { required, describe }: Planning): BodyPlan {
  return {
    required,
    binding: { kind: 'json', contentType, from: { argument: from } },
    schemaIn: (scope) => describe(scope.convert(media.schema), ''),
  }
}

/** Text, or bytes in base64: what an agent gives for a file. */
const fileSchema = (description: string): JsonSchema => ({
  description,
  anyOf: [
    { type: 'string' },
    {
      type: 'object',
      properties: {
        $base64: { type: 'string', contentEncoding: 'base64' },
        contentType: { type: 'string' },
        filename: { type: 'string' },
      },
      required: ['$base64'],
      additionalProperties: false,
    },
  ],
})

const asFile = 'A text, or {"$base64": "…", "contentType": "…", "filename": "…"}.'

function planRaw({ contentType, media }: MediaEntry, { required, describe }: Planning): BodyPlan {
  const isText =
    /^text\/|[/+](?:xml|yaml|x-yaml|x-ndjson|jsonl|json-seq|csv|sql|graphql|javascript)\b/i
  const how = `Sent as ${contentType}, as it stands.`
  return {
    required,
    binding: { kind: 'raw', contentType, argument: from },
    schemaIn: (scope) => {
      // The schema of XML and the like describes what the text means, not what it is.
      const own = scope.convert(media.schema)
      const description = typeof own.description === 'string' ? own.description : ''
      const schema = isText.test(contentType) ? { type: 'string' } : fileSchema('')
      return describe(
        { ...schema, description },
        isText.test(contentType) ? how : `${how} ${asFile}`,
      )
    },
  }
}

function planForm(
  { kind, contentType, media }: MediaEntry,
  { required, describe, references }: Planning & { readonly references: References },
): BodyPlan {
  const isMultipart = kind === 'multipart'
  const form = readFormFields(media, isMultipart ? 'multipart' : 'form', references)
  const rest = form.isOpen ? { rest: { argument: from } } : {}
  return {
    required,
    binding: isMultipart
      ? { kind: 'multipart', contentType, fields: form.fields, ...rest }
      : { kind: 'form', fields: form.fields, ...rest },
    schemaIn: (scope) => {
      const schema = scope.convert(media.schema)
      const object = Object.keys(schema).length === 0 ? { type: 'object' } : schema
      return describe(
        withFiles(object, form),
        isMultipart ? 'Sent as multipart.' : 'Sent as a form.',
      )
    },
  }
}

/** Which types a file may have, where there are several: the call says which it is. */
function typesOf(name: string, fields: FormFields['fields']): string {
  const field = fields.find((one) => one.name === name)
  const types = field !== undefined && 'contentType' in field ? (field.contentType ?? '') : ''
  return /[*,]/.test(types) ? `Its contentType is one of ${types}.` : ''
}

function withFiles(schema: JsonSchema, { files, fields }: FormFields): JsonSchema {
  if (files.size === 0 || typeof schema.properties !== 'object') return schema
  const properties: Record<string, unknown> = { ...schema.properties }
  for (const [name, count] of files) {
    const own = properties[name]
    if (own === undefined) continue
    const { description } = own as JsonSchema
    const said = typeof description === 'string' ? description : ''
    const file = fileSchema(addWords(said, [asFile, typesOf(name, fields)]).join(' '))
    properties[name] = count === 'one' ? file : { ...(own as JsonSchema), items: file }
  }
  return { ...schema, properties }
}
