import type { JsonSchema } from '@sallyport/contracts'
import { isSecretName, withoutKeys } from '../curl/known-secrets.ts'
import type { NamedParameter } from './bind-parameters.ts'
import {
  addWords,
  cutText,
  isShown,
  toShownValue,
  withoutValues,
} from './schema/schema-annotations.ts'
import type { SchemaScope } from './schema/schema-scope.ts'

/** What each parameter’s argument must be, by the argument’s name. */
export function describeArguments(
  parameters: readonly NamedParameter[],
  scope: SchemaScope,
): Record<string, JsonSchema> {
  const described: Record<string, JsonSchema> = {}
  for (const parameter of parameters) described[parameter.argument] = describe(parameter, scope)
  return described
}

function describe(parameter: NamedParameter, scope: SchemaScope): JsonSchema {
  const { place, asJson, name, argument } = parameter
  const own = withoutValues(name, scope.convert(parameter.schema))
  // What stands in a path or a header is text, whatever a document leaves unsaid.
  const isUnsaid = Object.keys(own).length === 0 && (place === 'path' || place === 'header')
  const schema = isUnsaid && !asJson ? { type: 'string' } : asJson ? own : withDigits(own)
  const said = typeof schema.description === 'string' ? schema.description : ''
  const about = parameter.description?.trim() || said
  const texts = addWords(about, name === argument ? [] : [`Sent as ${name}.`])
  const examples = isSecretName(name) ? [] : readExamples(parameter)
  return {
    ...schema,
    ...(texts.length > 0 && { description: withoutKeys(cutText(texts.join(' '), 2000)) }),
    ...(examples.length > 0 && schema.examples === undefined && { examples }),
    ...(parameter.deprecated && { deprecated: true }),
  }
}

/** Bounds that a text would slip past, and values that are numbers already. */
const others = [
  ...['maximum', 'exclusiveMaximum', 'exclusiveMinimum', 'multipleOf', 'enum', 'const'],
  ...['default', 'pattern'],
]

/**
 * A whole number of 64 bits, which JSON does not hold: ids are given as their digits as well. What is sent outside of JSON is the
 * same either way.
 */
function withDigits(schema: JsonSchema): JsonSchema {
  const { type, format, minimum } = schema
  if (type !== 'integer' || (format !== 'int64' && format !== 'uint64')) return schema
  const isOpen = minimum === undefined || minimum === 0 || minimum === 1
  if (!isOpen || others.some((name) => schema[name] !== undefined)) return schema
  const sign = minimum === undefined && format === 'int64' ? '-?' : ''
  const digits = `${sign}[1-9][0-9]{0,18}`
  const pattern = minimum === 1 ? `^${digits}$` : `^(?:0|${digits})$`
  return { ...schema, type: ['integer', 'string'], pattern }
}

const readExamples = ({ examples }: NamedParameter) =>
  examples
    .map(toShownValue)
    .filter((example) => example !== undefined)
    .filter((example) => isShown(JSON.stringify(example)))
