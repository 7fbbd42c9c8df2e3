import { type Data, type DataObject, isObject } from '../../read-document.ts'

/** What of a parameter of 2.0 is its schema. */
const schemaFields = [
  ...['type', 'format', 'items', 'default', 'enum', 'pattern', 'minimum', 'maximum', 'multipleOf'],
  ...['exclusiveMinimum', 'exclusiveMaximum', 'minLength', 'maxLength', 'minItems', 'maxItems'],
  ...[
    'uniqueItems',
    'x-nullable',
    'x-example',
    'example',
    'title',
    'allOf',
    'oneOf',
    'anyOf',
    'schema',
  ],
]

/** The schema of a parameter that is no body. */
export function schemaOf(parameter: DataObject): DataObject {
  const { schema } = parameter
  // Not 2.0, and written all the same.
  if (isObject(schema) && parameter.type === undefined) return schema
  const own: Record<string, Data | undefined> = Object.create(null)
  for (const name of schemaFields) if (parameter[name] !== undefined) own[name] = parameter[name]
  if (own.example === undefined) own.example = own['x-example']
  if (own.example === undefined) delete own.example
  return own
}

/** `collectionFormat` as OpenAPI 3 says it; what is no style there, or none of a path or a header, is joined by a template. */
export function styleOf({ collectionFormat, in: place, type }: DataObject): DataObject {
  const isQuery = place === 'query' || place === 'formData'
  switch (type === 'array' ? collectionFormat : undefined) {
    case 'multi':
      return isQuery ? { style: 'form', explode: true } : { explode: false }
    case 'ssv':
      return isQuery ? { style: 'spaceDelimited', explode: false } : { style: 'spaceJoined' }
    case 'pipes':
      return isQuery ? { style: 'pipeDelimited', explode: false } : { style: 'pipeJoined' }
    case 'tsv':
      return { style: 'tabDelimited', explode: false }
    default:
      return isQuery ? { style: 'form', explode: false } : { explode: false }
  }
}

/** A parameter that is no body. */
export function convertParameter(parameter: Data): Data {
  // A $ref that is left leads nowhere: the operation is refused for it.
  if (!isObject(parameter) || parameter.$ref !== undefined) return parameter
  const { name, in: place, required, description, allowEmptyValue, deprecated } = parameter
  const kept = { name, in: place, required, description, allowEmptyValue, deprecated }
  return { ...kept, ...styleOf(parameter), schema: schemaOf(parameter) }
}
