import type { JsonSchema } from '@sallyport/contracts'
import { isSecretName, withoutKeys } from '../curl/known-secrets.ts'
import type { NamedParameter } from './bind-parameters.ts'
import { toPlainValue } from './schema/plain-value.ts'
import { cutText, isShown, withoutValues } from './schema/schema-annotations.ts'
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
  const schema = isUnsaid && !asJson ? { type: 'string' } : own
  const said = typeof schema.description === 'string' ? schema.description : ''
  const sentAs = name === argument ? '' : `Sent as ${name}.`
  const texts = [parameter.description?.trim() || said, sentAs].filter((text) => text !== '')
  const examples = isSecretName(name) ? [] : readExamples(parameter)
  return {
    ...schema,
    ...(texts.length > 0 && { description: withoutKeys(cutText(texts.join(' '), 2000)) }),
    ...(examples.length > 0 && schema.examples === undefined && { examples }),
    ...(parameter.deprecated && { deprecated: true }),
  }
}

const readExamples = ({ examples }: NamedParameter) =>
  examples
    .map((example) => toPlainValue(example))
    .filter((example) => example !== undefined)
    .filter((example) => isShown(JSON.stringify(example)))
