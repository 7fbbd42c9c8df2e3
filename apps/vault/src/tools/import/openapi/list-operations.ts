import { type Data, type DataObject, isObject } from '../read-document.ts'
import { quoteName, refuseDocument } from '../refuse-document.ts'
import { shownPath } from './describe-operation.ts'
import type { createFieldCheck } from './known-names.ts'
import type { Operation } from './make-tool.ts'
import type { References } from './references.ts'

interface Listing {
  readonly references: References
  readonly fields: ReturnType<typeof createFieldCheck>
}

/** The fixed fields of a path that are methods. */
const methods = ['get', 'put', 'post', 'delete', 'patch', 'head', 'options', 'trace', 'query']

/** Every operation of the document, in its order, and what else it describes that makes no tool. */
export function listOperations(
  root: DataObject,
  { references, fields }: Listing,
): { readonly operations: readonly Operation[]; readonly notes: readonly string[] } {
  const { paths, webhooks } = root
  if (paths !== undefined && paths !== null && !isObject(paths)) {
    refuseDocument('Its paths are no object.')
  }
  const operations: Operation[] = []
  const notes: string[] = []
  let callbacks = 0
  for (const [path, item] of Object.entries({
    ...readPaths(root['x-ms-paths']),
    ...readPaths(paths),
  })) {
    if (path.startsWith('x-') || item === undefined) continue
    const pathItem = readPathItem(item, references)
    if (pathItem === undefined) {
      notes.push(`The path ${quoteName(shownPath(path))} cannot be read and is left out.`)
      continue
    }
    fields.check('path', pathItem, shownPath(path))
    for (const [method, given] of methodsOf(pathItem)) {
      // Nothing says that an operation may be a $ref; tools that split documents write it.
      const source = isReference(given) ? (references.follow(given).value ?? given) : given
      if (!isReference(source)) fields.check('operation', source, `${method} ${shownPath(path)}`)
      if (isObject(source) && isObject(source.callbacks)) callbacks += 1
      operations.push({ method, path, pathItem, source })
    }
  }
  if (callbacks > 0) {
    notes.push(
      `${callbacks} operations describe callbacks, which are calls to somebody else: they make no tools.`,
    )
  }
  if (operations.some(({ path }) => path.includes('#'))) {
    notes.push('What stands behind # in its paths tells operations apart and is never sent.')
  }
  if (isObject(webhooks) && Object.keys(webhooks).length > 0) {
    notes.push('Its webhooks are calls to somebody else: they make no tools.')
  }
  for (const name of Object.keys(root)) {
    if (name === 'x-ms-parameterized-host') {
      notes.push(`What it says in ${name} is not OpenAPI and is ignored.`)
    }
  }
  return { operations, notes }
}

/** What Azure writes beside `paths` is the same, with queries in them. */
const readPaths = (paths: Data | undefined): DataObject | undefined =>
  isObject(paths) ? paths : undefined

const isReference = (value: Data | undefined): boolean =>
  isObject(value) && typeof value.$ref === 'string'

/** A path, with what its `$ref` leads to below what stands beside it. */
function readPathItem(item: Data, references: References): DataObject | undefined {
  if (!isObject(item)) return undefined
  if (typeof item.$ref !== 'string') return item
  const { value } = references.follow(item)
  return isObject(value) ? { ...value, ...item } : undefined
}

function methodsOf(pathItem: DataObject): readonly (readonly [string, Data | undefined])[] {
  const usual = Object.keys(pathItem)
    .filter((name) => methods.includes(name))
    .map((name) => [name.toUpperCase(), pathItem[name]] as const)
  const { additionalOperations } = pathItem
  if (!isObject(additionalOperations)) return usual
  const others = Object.entries(additionalOperations).filter(
    ([name]) => !methods.includes(name.toLowerCase()),
  )
  return [...usual, ...others]
}
