import { type Data, type DataObject, isList, isObject, scalarText } from '../../read-document.ts'
import { createReferences, type References } from '../references.ts'
import { convertOperation, hostOf } from './convert-operation.ts'
import { convertSchemes } from './convert-schemes.ts'

/**
 * Swagger 2.0 in the shape of OpenAPI 3. What `$ref`s name (`#/definitions/…`) stays where it is, so that they lead there still.
 */
export function convertSwagger2(root: DataObject): DataObject {
  const references = createReferences(root)
  const paths = isObject(root.paths) ? root.paths : {}
  const converted: Record<string, Data | undefined> = Object.create(null)
  for (const [path, item] of Object.entries(paths)) {
    converted[path] = path.startsWith('x-') ? undefined : convertPath(item, { root, references })
  }
  return Object.assign(Object.create(null), root, {
    servers: readServers(root),
    components: { securitySchemes: convertSchemes(root.securityDefinitions) },
    paths: converted,
  })
}

interface Conversion {
  readonly root: DataObject
  readonly references: References
}

const methods = ['get', 'put', 'post', 'delete', 'patch', 'head', 'options']

function convertPath(item: Data | undefined, { root, references }: Conversion): Data | undefined {
  const { value } = references.follow(item)
  if (!isObject(value)) return item
  const whole: DataObject = isObject(item) ? { ...value, ...item } : value
  const converted: Record<string, Data | undefined> = Object.assign(Object.create(null), whole)
  const shared = isList(whole.parameters) ? whole.parameters : []
  // Bodies are parameters in 2.0: those of the path go to each operation, whose own stand in their places.
  converted.parameters = undefined
  converted.$ref = undefined
  for (const method of methods) {
    const operation = whole[method]
    if (operation === undefined) continue
    converted[method] = convertOperation(operation, { root, references, shared })
  }
  return converted
}

/** `host`, `basePath` and `schemes`: https before http, whatever their order. */
function readServers(root: DataObject): Data {
  const { basePath } = root
  const host = hostOf(root)
  const path = typeof basePath === 'string' ? basePath : '/'
  const start = path.startsWith('/') ? path : `/${path}`
  if (host === '') return [{ url: start }]
  const schemes = isList(root.schemes) ? root.schemes.map(scalarText) : ['https']
  const usable = ['https', 'http'].filter((scheme) => schemes.includes(scheme))
  const used = usable.length > 0 ? usable : ['https']
  return used.map((scheme) => ({ url: `${scheme}://${host}${start}` }))
}
