import type { JsonSchema } from '@sallyport/contracts'
import { hasKnownPrefix, isSecretName, withoutKeys } from '../../curl/known-secrets.ts'
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
    said.title = weigh(withoutKeys(cutText(title, titleCharsMax)), tally)
  }
  if (typeof description === 'string' && description.trim() !== '') {
    said.description = weigh(withoutKeys(cutText(description.trim(), descriptionCharsMax)), tally)
  }
  if (source.deprecated === true) said.deprecated = true
  const fallback = toPlainValue(source.default)
  const text = fallback === undefined ? undefined : JSON.stringify(fallback)
  // Somebody's key: agents read schemas.
  if (text !== undefined && !hasKnownPrefix(text)) {
    said.default = fallback
    weigh(text, tally)
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
    .filter((example) => isShown(JSON.stringify(example)))
}

/** What stands as default or example under a name such as `client_secret` may be one: agents read schemas. */
export function withoutValues(name: string, schema: JsonSchema): JsonSchema {
  const { default: fallback, examples, ...rest } = schema
  const isSilent = fallback === undefined && examples === undefined
  return isSilent || !isSecretName(name) ? schema : rest
}

/** Neither too long nor somebody's key. */
export const isShown = (example: string): boolean =>
  example.length <= exampleCharsMax && !hasKnownPrefix(example)

/** Cuts a text so that it says that it was cut. */
export const cutText = (text: string, charsMax: number): string =>
  text.length <= charsMax ? text : `${cleanEnd(text.slice(0, charsMax - 1))}…`

/** No half of a surrogate pair at the end. */
const cleanEnd = (text: string): string => (/\p{Cs}$/u.test(text) ? text.slice(0, -1) : text)
