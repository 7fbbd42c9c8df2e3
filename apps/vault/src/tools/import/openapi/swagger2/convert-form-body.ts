import type { Data, DataObject } from '../../read-document.ts'
import { schemaOf, styleOf } from './convert-parameter.ts'

const formType = 'application/x-www-form-urlencoded'
const multipartType = 'multipart/form-data'

/** The `formData` parameters of an operation as one body: a form, or multipart where there are files or nothing else is taken. */
export function convertFormBody(
  parameters: readonly DataObject[],
  consumes: readonly string[],
): Data {
  const hasFiles = parameters.some(({ type }) => type === 'file')
  const isMultipart = hasFiles || (consumes.includes(multipartType) && !consumes.includes(formType))
  const properties: Record<string, Data> = Object.create(null)
  const encoding: Record<string, Data> = Object.create(null)
  const required: string[] = []
  for (const parameter of parameters) {
    const { name, description } = parameter
    if (typeof name !== 'string') continue
    properties[name] = Object.assign(Object.create(null), schemaOf(parameter), { description })
    if (parameter.required === true) required.push(name)
    if (parameter.type === 'array') encoding[name] = styleOf(parameter)
  }
  const schema = { type: 'object', properties, required, additionalProperties: false }
  return {
    required: required.length > 0,
    content: { [isMultipart ? multipartType : formType]: { schema, encoding } },
  }
}
