import type { JsonSchema } from '@sallyport/contracts'
import { type DataObject, isList } from '../../read-document.ts'
import { type PlainValue, toPlainValue } from './plain-value.ts'
import { type SchemaTally, weighText } from './schema-tally.ts'

const titleCharsMax = 200
const descriptionCharsMax = 2000
const examplesMax = 3
const exampleCharsMax = 400

/** What is said of a value and bounds nothing: title, description, default, examples, deprecated. */
export function readAnnotations(source: DataObject, tally: SchemaTally): JsonSchema {
  const said: Record<string, unknown> = {}
  const { title, description } = source
  if (typeof title === 'string' && title !== '') {
    said.title = weigh(cutText(title, titleCharsMax), tally)
  }
  if (typeof description === 'string' && description.trim() !== '') {
    said.description = weigh(cutText(description.trim(), descriptionCharsMax), tally)
  }
  if (source.deprecated === true) said.deprecated = true
  const fallback = toPlainValue(source.default)
  if (fallback !== undefined) {
    said.default = fallback
    weigh(JSON.stringify(fallback), tally)
  }
  const examples = readExamples(source)
  if (examples.length > 0) {
    said.examples = examples
    weigh(JSON.stringify(examples), tally)
  }
  return said
}

function weigh(text: string, tally: SchemaTally): string {
  tally.weight += weighText(text)
  return text
}

function readExamples(source: DataObject): readonly PlainValue[] {
  if (source.examples === undefined && source.example === undefined) return []
  const given = isList(source.examples) ? source.examples : []
  const all = source.example === undefined ? given : [source.example, ...given]
  return all
    .slice(0, examplesMax)
    .map((example) => toPlainValue(example))
    .filter((example) => example !== undefined)
    .filter((example) => JSON.stringify(example).length <= exampleCharsMax)
}

/** Cuts a text so that it says that it was cut. */
export const cutText = (text: string, charsMax: number): string =>
  text.length <= charsMax ? text : `${cleanEnd(text.slice(0, charsMax - 1))}…`

/** No half of a surrogate pair at the end. */
const cleanEnd = (text: string): string => (/\p{Cs}$/u.test(text) ? text.slice(0, -1) : text)
