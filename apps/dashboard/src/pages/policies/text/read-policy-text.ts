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

const lineCharsMax = 90

/** A policy as text to be edited: JSON, what is short on one line. */
export const writePolicyText = (draft: PolicyDocument): string => `${layOut(tidy(draft), '')}\n`

function layOut(value: unknown, indent: string): string {
  const short = spaced(value)
  if (indent !== '' && short.length + indent.length <= lineCharsMax && !isDeep(value)) return short
  if (typeof value !== 'object' || value === null) return short
  const inner = `${indent}  `
  const isList = Array.isArray(value)
  const parts = isList
    ? value.map((one) => layOut(one, inner))
    : Object.entries(value).map(([name, one]) => `${JSON.stringify(name)}: ${layOut(one, inner)}`)
  const [open, close] = isList ? '[]' : '{}'
  if (parts.length === 0) return `${open}${close}`
  return `${open}\n${parts.map((part) => inner + part).join(',\n')}\n${indent}${close}`
}

/** On one line, with room after commas and colons. */
function spaced(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(spaced).join(', ')}]`
  if (typeof value !== 'object' || value === null) return JSON.stringify(value)
  const members = Object.entries(value).map(
    ([name, one]) => `${JSON.stringify(name)}: ${spaced(one)}`,
  )
  return members.length === 0 ? '{}' : `{ ${members.join(', ')} }`
}

/** Holds lists or objects within lists or objects: easier to read one under the other. */
const isDeep = (value: unknown): boolean =>
  typeof value === 'object' &&
  value !== null &&
  Object.values(value).some(
    (one) =>
      typeof one === 'object' &&
      one !== null &&
      Object.values(one).some((part) => typeof part === 'object' && part !== null),
  )

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
