import type { HttpBinding } from '@sallyport/contracts'
import { type Data, type DataObject, isList, isObject } from '../read-document.ts'
import { bodyArgument } from './argument-names.ts'
import { joinTemplate } from './joined-lists.ts'
import type { References } from './references.ts'
import { readTypes } from './schema/schema-types.ts'

type FormBody = Extract<HttpBinding['body'], { kind: 'form' | 'multipart' }>
type FormField = FormBody['fields'][number]

/** What a form is made of. */
export interface FormFields {
  readonly fields: FormField[]
  /** Members that no field names are sent, too. */
  readonly isOpen: boolean
  /** Those that are files, and lists of them. */
  readonly files: ReadonlyMap<string, 'one' | 'many'>
}

const fieldsMax = 400
const depthMax = 8
const styles = ['form', 'spaceDelimited', 'pipeDelimited', 'deepObject'] as const

/** The fields of a form: the members of its schema, with what `encoding` says of each (OpenAPI 3.1 §4.8.15). */
export function readFormFields(
  media: DataObject,
  kind: 'form' | 'multipart',
  references: References,
): FormFields {
  const members = new Map<string, Data>()
  const isOpen = collectMembers(media.schema, members, {
    ...{ references, depth: 0, seen: new Map() },
  })
  const encodings = isObject(media.encoding) ? media.encoding : {}
  const files = new Map<string, 'one' | 'many'>()
  const fields: FormField[] = []
  for (const [name, schema] of members) {
    if (name === '' || name.length > 200 || fields.length >= fieldsMax) continue
    const encoding = references.follow(encodings[name]).value
    const own = isObject(encoding) ? encoding : {}
    const file = kind === 'multipart' ? fileOf(schema, own, references) : undefined
    if (file !== undefined) files.set(name, file)
    fields.push(
      toField(name, { schema, encoding: own, kind, isFile: file !== undefined, references }),
    )
  }
  return { fields, isOpen: isOpen || members.size > fields.length, files }
}

interface Collecting {
  readonly references: References
  readonly depth: number
  /** What was looked at, and whether it takes others: schemas that refer to many would multiply with each level. */
  readonly seen: Map<DataObject, boolean>
}

/** All members that a schema names, in whichever branch; answers whether it takes others. */
function collectMembers(
  source: Data | undefined,
  members: Map<string, Data>,
  { references, depth, seen }: Collecting,
): boolean {
  const { value: schema } = references.follow(source)
  if (!isObject(schema) || depth > depthMax) return true
  const before = seen.get(schema)
  if (before !== undefined) return before
  seen.set(schema, true)
  if (isObject(schema.properties)) {
    for (const [name, property] of Object.entries(schema.properties)) {
      const { value } = references.follow(property)
      const isHidden = isObject(value) && value.readOnly === true
      if (!isHidden && property !== undefined && !members.has(name) && name !== '__proto__') {
        members.set(name, property)
      }
    }
  }
  let isOpen = schema.additionalProperties !== false
  for (const name of ['allOf', 'anyOf', 'oneOf']) {
    const parts = schema[name]
    if (!isList(parts)) continue
    for (const part of parts.slice(0, 100)) {
      isOpen = collectMembers(part, members, { references, depth: depth + 1, seen }) && isOpen
    }
  }
  seen.set(schema, isOpen)
  return isOpen
}

interface Facts {
  readonly schema: Data
  readonly encoding: DataObject
  readonly kind: 'form' | 'multipart'
  readonly isFile: boolean
  readonly references: References
}

function toField(name: string, { schema, encoding, kind, isFile, references }: Facts): FormField {
  const argument = [bodyArgument, name]
  const style = styles.find((one) => one === encoding.style)
  const said = typeof encoding.contentType === 'string' ? encoding.contentType.slice(0, 200) : ''
  const contentType = said === '' ? undefined : said
  if (isFile) {
    const type = contentType ?? contentMediaType(schema, references)
    return {
      ...{ name, argument, style: 'form', explode: true, file: true },
      ...(type !== undefined && { contentType: type }),
    }
  }
  const joined = joinTemplate(String(encoding.style), argument)
  if (joined !== undefined) return { name, template: joined, optional: true }
  const isStyled = style !== undefined || typeof encoding.explode === 'boolean'
  const explode =
    typeof encoding.explode === 'boolean'
      ? encoding.explode
      : (style ?? 'form') !== 'spaceDelimited' && style !== 'pipeDelimited'
  const type =
    kind === 'multipart' ? contentType : formType({ isStyled, contentType, schema, references })
  return {
    ...{ name, argument, style: style ?? 'form', explode },
    ...(type !== undefined && { contentType: type }),
  }
}

/** Without a style, an object in a form is written as what its encoding says, or as JSON. */
function formType({
  isStyled,
  contentType,
  schema,
  references,
}: {
  isStyled: boolean
  contentType: string | undefined
  schema: Data
  references: References
}): string | undefined {
  if (isStyled || !typesOf(schema, references).includes('object')) return undefined
  return contentType ?? 'application/json'
}

function contentMediaType(schema: Data, references: References): string | undefined {
  const { value } = references.follow(schema)
  const type = isObject(value) ? value.contentMediaType : undefined
  return typeof type === 'string' ? type.slice(0, 200) : undefined
}

/** The types that a schema names, looking through `allOf` of one. */
function typesOf(source: Data | undefined, references: References): readonly string[] {
  const { value: schema } = references.follow(source)
  if (!isObject(schema)) return []
  const { types } = readTypes(schema)
  if (types !== undefined) return types
  if (isObject(schema.properties)) return ['object']
  const parts = [schema.allOf, schema.anyOf, schema.oneOf].flatMap((list) =>
    isList(list) ? list : [],
  )
  return parts.slice(0, 20).flatMap((part) => {
    const { value } = references.follow(part)
    return isObject(value)
      ? (readTypes(value).types ?? (isObject(value.properties) ? ['object'] : []))
      : []
  })
}

/** A part is a file where its schema says binary, or its encoding names a type that is none of text and JSON. */
function fileOf(
  source: Data,
  encoding: DataObject,
  references: References,
): 'one' | 'many' | undefined {
  const { value: schema } = references.follow(source)
  if (!isObject(schema)) return undefined
  if (typesOf(schema, references).includes('array')) {
    const { value: items } = references.follow(schema.items)
    return isObject(items) && isBinary(items, encoding) ? 'many' : undefined
  }
  return isBinary(schema, encoding) ? 'one' : undefined
}

function isBinary(schema: DataObject, encoding: DataObject): boolean {
  const { types, format } = readTypes(schema)
  if (types !== undefined && !types.includes('string')) return false
  const said = typeof schema.format === 'string' ? schema.format : format
  if (said === 'binary') return true
  if (typeof schema.contentMediaType === 'string') return schema.contentEncoding === undefined
  const type = typeof encoding.contentType === 'string' ? encoding.contentType : ''
  return type !== '' && !/^(?:text\/|application\/(?:[\w.+-]+\+)?json)/i.test(type)
}
