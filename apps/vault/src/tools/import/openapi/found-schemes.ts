import { type DataObject, isObject } from '../read-document.ts'
import { isKeyParameter, schemeFromParameter } from './credential-parameters.ts'
import type { Operation } from './make-tool.ts'
import { OperationRefused } from './operation-refused.ts'
import { readParameters } from './read-parameters.ts'
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
  for (const { pathItem, source } of operations) {
    const lists = [pathItem.parameters, isObject(source) ? source.parameters : undefined]
    for (const parameter of read(lists, references)) {
      if (found.size >= schemesMax || !isKeyParameter(parameter)) continue
      const scheme = schemeFromParameter(parameter)
      if (scheme !== undefined && !found.has(scheme.name)) found.set(scheme.name, scheme)
    }
  }
  return [...found.values()]
}

function read(
  lists: Parameters<typeof readParameters>[0],
  references: References,
): ReturnType<typeof readParameters> {
  try {
    return readParameters(lists, references)
  } catch (thrown) {
    // Said where the operation is made.
    if (thrown instanceof OperationRefused) return []
    throw thrown
  }
}
