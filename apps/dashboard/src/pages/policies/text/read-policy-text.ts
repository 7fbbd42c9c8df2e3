import {
  PolicyDocument,
  PolicyDocumentInput,
  Problem,
  toPolicyDocument,
} from '@sallyport/contracts'
import { tidy } from '../policy-draft.ts'
import { placeOf, readPlacedJson } from './json-places.ts'

/** What is wrong with a text, and where: an offset in characters. */
export interface TextFault {
  readonly at: number
  /** The part that it is about: `rules.3.when`; empty for the whole. */
  readonly path: string
  readonly message: string
}

/** A policy that was read, or what keeps the text from being one. */
export interface PolicyText {
  readonly document?: PolicyDocument
  readonly faults: readonly TextFault[]
  readonly places: ReadonlyMap<string, number>
}

/** A policy as text to be edited. */
export const writePolicyText = (draft: PolicyDocument): string =>
  `${JSON.stringify(tidy(draft), null, 2)}\n`

/** Reads a policy from text: JSON by the contract, the older names of members included. */
export function readPolicyText(text: string): PolicyText {
  const read = readPlacedJson(text)
  if ('fault' in read) return { faults: [{ ...read.fault, path: '' }], places: new Map() }
  const { value, places } = read
  const faultAt = (path: string, message: string): TextFault => ({
    path,
    at: placeOf(path, places),
    message,
  })
  const checked = PolicyDocumentInput.safeParse(value)
  if (!checked.success) {
    const faults = checked.error.issues.map((issue) =>
      faultAt(issue.path.map(String).join('.'), issue.message),
    )
    return { faults, places }
  }
  try {
    return {
      document: tidy(PolicyDocument.parse(toPolicyDocument(checked.data))),
      faults: [],
      places,
    }
  } catch (thrown) {
    if (!(thrown instanceof Problem)) throw thrown
    const fields = thrown.fields ?? [{ field: '', message: thrown.message }]
    return { faults: fields.map(({ field, message }) => faultAt(field, message)), places }
  }
}
