import { type DataObject, isObject } from '../read-document.ts'
import { isKeyParameter, schemeFromParameter } from './credential-parameters.ts'
import type { Operation } from './make-tool.ts'
import { OperationRefused } from './operation-refused.ts'
import { parsePathTemplate } from './path-template.ts'
import { placeInQuery } from './place-in-path.ts'
import { type Parameter, readParameters } from './read-parameters.ts'
import type { References } from './references.ts'
import type { SchemeFacts } from './security/scheme.ts'

const schemesMax = 10

/** Ways to sign in that a document without schemes shows in its parameters: `?api_key=…` on every operation. */
export function findShownSchemes(
  root: DataObject,
  operations: readonly Operation[],
  references: References,
): readonly SchemeFacts[] {
  const described = isObject(root.components) ? root.components.securitySchemes : undefined
  if (isObject(described) && Object.keys(described).length > 0) return []
  const found = new Map<string, SchemeFacts>()
  for (const operation of operations) {
    for (const parameter of read(operation, references)) {
      if (found.size >= schemesMax || !isKeyParameter(parameter)) continue
      const scheme = schemeFromParameter(parameter)
      if (scheme !== undefined && !found.has(scheme.name)) found.set(scheme.name, scheme)
    }
  }
  return [...found.values()]
}

function read({ path, pathItem, source }: Operation, references: References): readonly Parameter[] {
  try {
    const own = isObject(source) ? source.parameters : undefined
    const all = readParameters([pathItem.parameters, own], references)
    return path.includes('?') ? placeInQuery(all, parsePathTemplate('', path)).parameters : all
  } catch (thrown) {
    // Said where the operation is made.
    if (thrown instanceof OperationRefused) return []
    throw thrown
  }
}
