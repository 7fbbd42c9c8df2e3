import {
  type FieldFault,
  type PolicyDocument,
  type PolicyDocumentInput,
  Problem,
  toPolicyDocument,
} from '@sallyport/contracts'
import { responseRuleFaults } from '../policy/compile-response-rules.ts'
import { ruleFaults } from '../policy/rule-faults.ts'

/**
 * Reads a document that somebody wrote, for saving or for trying it out: in the one form that is stored, and such that it can be
 * compiled.
 * @throws Problem invalid-input with a fault for each field
 */
export function acceptDocument(input: PolicyDocumentInput): PolicyDocument {
  const document = toPolicyDocument(input)
  const fields = [
    ...grantFaults(document),
    ...ruleFaults(document.rules),
    ...responseRuleFaults(document.response),
  ]
  const [first] = fields
  if (first === undefined) return document
  throw new Problem('invalid-input', `${first.field} ${first.message}.`, {
    next: 'Correct what is named and save it again.',
    fields,
  })
}

/** Of two grants of the same only one could count. */
function grantFaults({ tools = [] }: Pick<PolicyDocument, 'tools'>): FieldFault[] {
  const places = new Map<string, number>()
  return tools.flatMap(({ toolsetId, toolId }, at) => {
    const key = `${toolsetId} ${toolId ?? ''}`
    const first = places.get(key)
    if (first === undefined) {
      places.set(key, at)
      return []
    }
    return [{ field: `tools.${at}`, message: `is about the same as tools.${first}` }]
  })
}
