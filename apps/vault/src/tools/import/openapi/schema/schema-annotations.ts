import type { JsonSchema } from '@sallyport/contracts'
import {
  defaultWithoutSecrets,
  hasKnownPrefix,
  isSecretName,
  withoutKeys,
  withoutNamedSecrets,
} from '../../curl/known-secrets.ts'
import { type Data, type DataObject, isList } from '../../read-document.ts'
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
  const fallback = defaultWithoutSecrets(toPlainValue(source.default))
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
    .map(toShownValue)
    .filter((example) => example !== undefined)
    .filter((example) => isShown(JSON.stringify(example)))
}

/** An example as agents may read it. */
export const toShownValue = (value: Data | undefined): PlainValue | undefined =>
  withoutNamedSecrets(toPlainValue(value)) as PlainValue | undefined

/** What stands as default or example under a name such as `client_secret` may be one: agents read schemas. */
export function withoutValues(name: string, schema: JsonSchema): JsonSchema {
  const { default: fallback, examples, ...rest } = schema
  const isSilent = fallback === undefined && examples === undefined
  return isSilent || !isSecretName(name) ? schema : rest
}

/** Neither too long nor somebody's key. */
export const isShown = (example: string): boolean =>
  example.length <= exampleCharsMax && !hasKnownPrefix(example)

/** What is said, and what is added to it: not twice where a document was written from tools that say it. */
export const addWords = (said: string, added: readonly string[]): readonly string[] =>
  [said, ...added.filter((text) => !said.includes(text))].filter((text) => text !== '')

/** Cuts a text so that it says that it was cut. */
export const cutText = (text: string, charsMax: number): string =>
  text.length <= charsMax ? text : `${cleanEnd(text.slice(0, charsMax - 1))}…`

/** No half of a surrogate pair at the end. */
const cleanEnd = (text: string): string => (/\p{Cs}$/u.test(text) ? text.slice(0, -1) : text)
