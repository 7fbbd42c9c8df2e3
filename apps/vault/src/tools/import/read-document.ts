// Reads the text of a document into plain data: the one door through which JSON and YAML of other people come in. Nothing is
// fetched, no tag makes anything, and what it costs is bounded (S-41).
import { documentBytesMax } from '@sallyport/contracts'
import type { Data, DataList, DataObject, DocumentLimits } from './document-data.ts'
import { readJson } from './read-json.ts'
import { readYaml } from './read-yaml.ts'
import { refuseDocument } from './refuse-document.ts'
import { isStorableText } from './storable-text.ts'

export type { Data, DataList, DataObject, DocumentLimits } from './document-data.ts'

/** The limits unless told otherwise. GitHub's and Stripe's whole APIs have about half as many nodes. */
const documentLimits: DocumentLimits = {
  bytesMax: documentBytesMax,
  depthMax: 200,
  nodesMax: 1_000_000,
  // Documents that say things once hold no more than their bytes.
  charsMax: 2 * documentBytesMax,
}

/** A document that was read. Parts of it that YAML aliases name are shared: never change it. */
interface ReadDocument {
  readonly value: Data
  readonly syntax: 'json' | 'yaml'
}

/**
 * Reads JSON (RFC 8259) or YAML 1.2 (core schema). Members that stand twice, tags, YAML 1.1, keys that are no scalars,
 * NUL and halves of surrogate pairs are refused, and more than one document in the text too.
 * @throws Problem `document-refused` with line and column
 */
export function readDocument(text: string, limits: Partial<DocumentLimits> = {}): ReadDocument {
  const documents = readDocuments(text, limits)
  const [only] = documents
  if (documents.length !== 1 || only === undefined) {
    refuseDocument(
      documents.length === 0
        ? 'The document is empty.'
        : `The text holds ${documents.length} documents with --- between them, not one.`,
    )
  }
  return only
}

/**
 * The same for a stream of YAML documents (`---` between them); JSON is always one.
 * @throws Problem `document-refused` with line and column
 */
export function readDocuments(
  text: string,
  limits: Partial<DocumentLimits> = {},
): readonly ReadDocument[] {
  const bounds = { ...documentLimits, ...limits }
  if (Buffer.byteLength(text) > bounds.bytesMax) {
    refuseDocument(`The document has more than ${bounds.bytesMax} bytes.`)
  }
  if (!isStorableText(text)) {
    refuseDocument('The document is not plain Unicode text: it holds NUL or half a character.')
  }
  const plain = text.startsWith('\ufeff') ? text.slice(1) : text
  if (!/^[\t\n\r ]*[[{]/.test(plain)) return readYamlStream(plain, bounds)
  try {
    return [{ value: readJson(plain, bounds), syntax: 'json' }]
  } catch (thrown) {
    const asYaml = readFlowYaml(plain, bounds)
    if (asYaml === undefined) throw thrown
    return asYaml
  }
}

function readYamlStream(text: string, bounds: DocumentLimits): readonly ReadDocument[] {
  return readYaml(text, bounds).map((value) => ({ value, syntax: 'yaml' as const }))
}

/** The longest text that is tried as YAML because it is no JSON: `{a: 1}`, comments, trailing commas. */
const flowYamlCharsMax = 256 * 1024

function readFlowYaml(text: string, bounds: DocumentLimits): readonly ReadDocument[] | undefined {
  if (text.length > flowYamlCharsMax) return undefined
  try {
    return readYamlStream(text, bounds)
  } catch {
    // What was wrong with it as JSON says more.
    return undefined
  }
}

/** Whether a value is an object (and neither null nor a list). */
export const isObject = (value: Data | undefined): value is DataObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** Whether a value is a list. */
export const isList = (value: Data | undefined): value is DataList => Array.isArray(value)

/** A scalar as text, and nothing for anything else: what has no prototype cannot say itself. */
export const scalarText = (value: Data | undefined): string =>
  typeof value === 'object' || value === undefined ? '' : String(value)
