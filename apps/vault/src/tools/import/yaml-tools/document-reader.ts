import { isMap, isPair, isScalar, isSeq, LineCounter, parseAllDocuments } from 'yaml'
import { type Data, type DataList, type DataObject, isList, isObject } from '../read-document.ts'
import { quoteName, refuseDocument } from '../refuse-document.ts'

/** Where in a document: names and indexes from its root. */
export type Place = readonly (string | number)[]

/** Reads parts of a document by their kind; a part of another kind refuses the document, with its line. */
export interface DocumentReader {
  /** An object that has no other keys than these. */
  object(value: Data | undefined, place: Place, keys: readonly string[]): DataObject
  /** An object of any keys; empty where there is none. */
  map(value: Data | undefined, place: Place): DataObject
  /** A list; empty where there is none. */
  list(value: Data | undefined, place: Place): DataList
  /** Text; numbers and truth values as they are written. */
  text(value: Data | undefined, place: Place): string | undefined
  flag(value: Data | undefined, place: Place): boolean | undefined
  /** @throws Problem `document-refused`, always */
  refuse(place: Place, sentence: string): never
}

/** The most keys that are named as known. */
const knownMax = 16

/** A longer text is not read once more for the sake of a line number. */
const locatedCharsMax = 1_000_000

/**
 * @param index which document of a stream
 * @param under where in it all places begin
 */
export function createDocumentReader(
  document: string,
  index = 0,
  under: Place = [],
): DocumentReader {
  const refuse = (place: Place, sentence: string): never =>
    refuseDocument(`${placeName([...under, ...place])}: ${sentence}`, {
      at: positionOf(document, index, [...under, ...place]),
    })

  const object: DocumentReader['object'] = (value, place, keys) => {
    if (!isObject(value)) return refuse(place, 'it is not an object.')
    for (const key of Object.keys(value)) {
      if (keys.includes(key)) continue
      refuse(
        [...place, key],
        `the key ${quoteName(key)} is not known here; known are ${keys.slice(0, knownMax).join(', ')}${keys.length > knownMax ? ' and others' : ''}.`,
      )
    }
    return value
  }

  return {
    object,
    map: (value, place) => {
      if (value === undefined || value === null) return Object.create(null)
      return isObject(value) ? value : refuse(place, 'it is not an object.')
    },
    list: (value, place) => {
      if (value === undefined || value === null) return []
      return isList(value) ? value : refuse(place, 'it is not a list.')
    },
    text: (value, place) => {
      if (value === undefined || value === null) return undefined
      if (typeof value === 'object') return refuse(place, 'it is not text.')
      return String(value)
    },
    flag: (value, place) => {
      if (value === undefined || value === null) return undefined
      if (value === 'true' || value === 'false') return value === 'true'
      return typeof value === 'boolean' ? value : refuse(place, 'it is neither true nor false.')
    },
    refuse,
  }
}

/** `tools[2].args[0].type` */
function placeName(place: Place): string {
  const name = place
    .map((part, at) => (typeof part === 'number' ? `[${part}]` : `${at > 0 ? '.' : ''}${part}`))
    .join('')
  return name === '' ? 'The document' : name.slice(0, 200)
}

/** Reads the text once more, this time for positions. */
function positionOf(document: string, index: number, place: Place) {
  if (document.length > locatedCharsMax) return undefined
  const lineCounter = new LineCounter()
  const documents = parseAllDocuments(document, {
    lineCounter,
    uniqueKeys: false,
    logLevel: 'silent',
  })
  let node: unknown = Array.isArray(documents) ? documents[index]?.contents : undefined
  let offset = rangeOf(node)
  for (const part of place) {
    if (isSeq(node) && typeof part === 'number') node = node.items[part]
    else if (isMap(node)) {
      const pair = node.items.find(
        (item) => isPair(item) && isScalar(item.key) && String(item.key.value) === String(part),
      )
      node = pair?.value
      offset = rangeOf(pair?.key) ?? offset
      continue
    } else break
    offset = rangeOf(node) ?? offset
  }
  if (offset === undefined) return undefined
  const { line, col } = lineCounter.linePos(offset)
  return { line, column: col }
}

function rangeOf(node: unknown): number | undefined {
  if (typeof node !== 'object' || node === null || !('range' in node)) return undefined
  return Array.isArray(node.range) ? (node.range[0] as number) : undefined
}
