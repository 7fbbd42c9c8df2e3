import { type Data, type DataObject, isList, isObject, scalarText } from '../../read-document.ts'
import type { References } from '../references.ts'
import { convertFormBody } from './convert-form-body.ts'
import { convertParameter } from './convert-parameter.ts'

interface Conversion {
  readonly root: DataObject
  readonly references: References
  /** The one that an owner chose. */
  readonly server: string | undefined
  /** The parameters of the path. */
  readonly shared: readonly Data[]
}

/** An operation of Swagger 2.0 with its body apart from its parameters, and media types where OpenAPI 3 has them. */
export function convertOperation(source: Data, conversion: Conversion): Data {
  if (!isObject(source)) return source
  const { root, references } = conversion
  const own = isList(source.parameters) ? source.parameters : []
  if (source.parameters !== undefined && source.parameters !== null && !isList(source.parameters)) {
    return source
  }
  const parameters = joinParameters([...conversion.shared, ...own], references)
  const consumes = readTypes(source.consumes ?? root.consumes)
  const produces = readTypes(source.produces ?? root.produces)
  const converted: Record<string, Data | undefined> = Object.assign(Object.create(null), source)
  const isBody = (one: Data) => isObject(one) && (one.in === 'body' || one.in === 'formData')
  converted.parameters = parameters.filter((one) => !isBody(one)).map(convertParameter)
  converted.requestBody = convertBody(parameters.filter(isBody).filter(isObject), consumes)
  converted.responses = convertResponses(source.responses, { references, produces })
  if (isList(source.schemes) && conversion.server === undefined)
    converted.servers = serversOf(root, source.schemes)
  return converted
}

/** The host; some write a whole URL in its place. */
export const hostOf = ({ host }: DataObject): string =>
  typeof host === 'string' ? host.replace(/^https?:\/\//i, '').replace(/\/+$/, '') : ''

const isSchemeOf = (schemes: Data | undefined, scheme: string): boolean =>
  !isList(schemes) || schemes.includes(scheme)

/** Schemes of its own: only where they take https away or bring it. */
function serversOf(root: DataObject, schemes: readonly Data[]): Data | undefined {
  const host = hostOf(root)
  if (host === '') return undefined
  const scheme = schemes.includes('https') ? 'https' : schemes.includes('http') ? 'http' : undefined
  if (scheme === undefined || (scheme === 'https' && isSchemeOf(root.schemes, 'https')))
    return undefined
  const basePath = typeof root.basePath === 'string' ? root.basePath : '/'
  return [{ url: `${scheme}://${host}${basePath}` }]
}

/** Parameters with what their `$ref`s lead to, the later of a name and place in place of the earlier. */
function joinParameters(list: readonly Data[], references: References): readonly Data[] {
  const joined = new Map<string, Data>()
  for (const [at, one] of list.entries()) {
    const { value } = references.follow(one)
    // What leads nowhere is left as it is: the operation is refused for it.
    if (!isObject(value)) joined.set(`#${at}`, one)
    else {
      const key = value.in === 'body' ? 'body' : `${scalarText(value.in)} ${scalarText(value.name)}`
      joined.set(key, value)
    }
  }
  return [...joined.values()]
}

const readTypes = (value: Data | undefined): readonly string[] =>
  isList(value) ? value.filter((one) => typeof one === 'string') : []

function convertBody(
  parameters: readonly DataObject[],
  consumes: readonly string[],
): Data | undefined {
  const body = parameters.find((one) => one.in === 'body')
  if (body !== undefined) {
    const { description, required, schema } = body
    const types = consumes.length > 0 ? consumes : ['application/json']
    const content = Object.fromEntries(types.map((type) => [type, { schema }]))
    return { description, required, content }
  }
  return parameters.length === 0 ? undefined : convertFormBody(parameters, consumes)
}

function convertResponses(
  responses: Data | undefined,
  { references, produces }: { references: References; produces: readonly string[] },
): Data | undefined {
  if (!isObject(responses)) return responses
  const types = produces.length > 0 ? produces : ['application/json']
  const converted: Record<string, Data | undefined> = Object.create(null)
  for (const [status, response] of Object.entries(responses)) {
    const { value } = references.follow(response)
    if (!isObject(value)) continue
    const { description, schema } = value
    const content = Object.fromEntries(types.map((type) => [type, { schema }]))
    converted[status] = { description, ...(schema !== undefined && { content }) }
  }
  return converted
}
