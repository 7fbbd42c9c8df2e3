import { type Data, type DataObject, isList, isObject, scalarText } from '../../read-document.ts'
import { createReferences, type References } from '../references.ts'
import { convertOperation, hostOf } from './convert-operation.ts'
import { convertSchemes } from './convert-schemes.ts'

/**
 * Swagger 2.0 in the shape of OpenAPI 3. What `$ref`s name (`#/definitions/…`) stays where it is, so that they lead there still.
 * @param server the one that an owner chose: no scheme of an operation leads away from it
 */
export function convertSwagger2(root: DataObject, server?: string): DataObject {
  const conversion = { root, references: createReferences(root), server }
  return Object.assign(Object.create(null), root, {
    servers: readServers(root),
    components: { securitySchemes: convertSchemes(root.securityDefinitions) },
    paths: convertPaths(root.paths, conversion),
    // Azure's, which are paths as well.
    'x-ms-paths': convertPaths(root['x-ms-paths'], conversion),
  })
}

interface Conversion {
  readonly root: DataObject
  readonly references: References
  readonly server: string | undefined
}

function convertPaths(paths: Data | undefined, conversion: Conversion): DataObject {
  const converted: Record<string, Data | undefined> = Object.create(null)
  for (const [path, item] of Object.entries(isObject(paths) ? paths : {})) {
    converted[path] = path.startsWith('x-') ? undefined : convertPath(item, conversion)
  }
  return converted
}

const methods = ['get', 'put', 'post', 'delete', 'patch', 'head', 'options']

function convertPath(
  item: Data | undefined,
  { root, references, server }: Conversion,
): Data | undefined {
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
    converted[method] = convertOperation(operation, { root, references, server, shared })
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
