import {
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
  const fields = [...ruleFaults(document.rules), ...responseRuleFaults(document.response)]
  const [first] = fields
  if (first === undefined) return document
  throw new Problem('invalid-input', `${first.field} ${first.message}.`, {
    next: 'Correct the rule and save it again.',
    fields,
  })
}
