import { PolicyFile, Problem } from '@sallyport/contracts'
import { readPolicyDocument } from '@sallyport/vault/offline-decide'
import { isMap, isNode, isPair, LineCounter, parseDocument } from 'yaml'
import { explainIssue, explainUnknown } from './explain-issue.ts'
import { offlineGrants } from './tool-names.ts'

type Document = ReturnType<typeof parseDocument>

/** Something wrong in a file: where, and what to write instead. */
export interface FileFault {
  readonly file: string
  /** Both counted from 1. */
  readonly line: number
  readonly column: number
  /** `policies.0.allow.1.origin`; empty for the whole file. */
  readonly field: string
  readonly message: string
}

/** A file that was read, and how a place in it is told. */
export interface ReadPolicyFile {
  readonly name: string
  readonly content: PolicyFile
  /** Where a field stands, or what of it there is. */
  faultAt(path: readonly PropertyKey[], message: string): FileFault
}

/** The bound of a file. */
const policyFileCharsMax = 8 * 1024 * 1024
const aliasesMax = 1000

/**
 * Reads a file of policies, YAML or JSON. Everything that is wrong with it is told at once, what the vault would refuse in a
 * document included; nothing is asked for that.
 */
export function readPolicyFile(name: string, text: string): ReadPolicyFile | readonly FileFault[] {
  if (text.length > policyFileCharsMax) {
    const message = `has more than ${policyFileCharsMax} characters`
    return [{ file: name, line: 1, column: 1, field: '', message }]
  }
  const lines = new LineCounter()
  const document = parseDocument(text, {
    lineCounter: lines,
    prettyErrors: false,
    logLevel: 'error',
  })
  const place = (offset: number) => {
    const { line, col } = lines.linePos(offset)
    return { file: name, line: Math.max(1, line), column: Math.max(1, col) }
  }
  if (document.errors.length > 0) {
    return document.errors.map(({ pos, message }) => ({ ...place(pos[0]), field: '', message }))
  }
  const faultAt = (path: readonly PropertyKey[], message: string): FileFault => ({
    ...place(offsetOf(document, path)),
    field: path.map(String).join('.'),
    message,
  })
  const value = toValue(document)
  if ('message' in value) return [faultAt([], value.message)]
  const parsed = PolicyFile.safeParse(value.value ?? {}, { error: explainIssue })
  if (!parsed.success) return faultsOf(parsed.error.issues, faultAt)
  const faults = (parsed.data.policies ?? []).flatMap((policy, at) =>
    documentFaults(policy).map(({ field, message }) =>
      faultAt(['policies', at, ...field.split('.')], message),
    ),
  )
  return faults.length > 0 ? faults : { name, content: parsed.data, faultAt }
}

type Issues = NonNullable<ReturnType<typeof PolicyFile.safeParse>['error']>['issues']

/** One fault for each field; of those that nobody knows, one for each name. */
const faultsOf = (issues: Issues, faultAt: ReadPolicyFile['faultAt']): FileFault[] =>
  issues.flatMap((issue) =>
    issue.code === 'unrecognized_keys'
      ? issue.keys.map((key) => faultAt([...issue.path, key], explainUnknown(key, issue.path)))
      : [faultAt(issue.path, issue.message)],
  )

function toValue(document: Document): { value: unknown } | { message: string } {
  try {
    return { value: document.toJS({ maxAliasCount: aliasesMax }) }
  } catch {
    return { message: 'has too many aliases' } // ReferenceError: what `yaml` throws for a bomb.
  }
}

function documentFaults({ agent: _, connection: __, tools, ...document }: PolicyFilePolicy) {
  try {
    readPolicyDocument({ ...document, ...(tools && { tools: offlineGrants(tools) }) })
    return []
  } catch (thrown) {
    if (thrown instanceof Problem && thrown.fields !== undefined) return thrown.fields
    throw thrown
  }
}
type PolicyFilePolicy = NonNullable<PolicyFile['policies']>[number]

/** Where a path leads, or as far as it leads. An unknown name is found at the name. */
function offsetOf(document: Document, path: readonly PropertyKey[]): number {
  for (let length = path.length; length > 0; length--) {
    const steps = path.slice(0, length).map(numbered)
    const parent: unknown =
      length === 1 ? document.contents : document.getIn(steps.slice(0, -1), true)
    const last = steps.at(-1)
    const pair = isMap(parent) ? parent.items.find((item) => keyOf(item.key) === last) : undefined
    if (isPair(pair) && isNode(pair.key) && pair.key.range) return pair.key.range[0]
    const node: unknown = document.getIn(steps, true)
    if (isNode(node) && node.range) return node.range[0]
  }
  return document.contents?.range?.[0] ?? 0
}

const keyOf = (key: unknown) => (isNode(key) && 'value' in key ? key.value : key)
const numbered = (step: PropertyKey) =>
  typeof step === 'string' && /^\d+$/.test(step) ? Number(step) : step

/** A fault as compilers write it, so that editors find the place. */
export const writeFault = ({ file, line, column, field, message }: FileFault): string =>
  `${file}:${line}:${column}: ${field === '' ? '' : `${field} `}${message}`
