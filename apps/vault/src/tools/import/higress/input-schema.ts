import type { JsonSchema } from '@sallyport/contracts'
import { defaultWithoutSecrets } from '../curl/known-secrets.ts'
import { withoutValues } from '../openapi/schema/schema-annotations.ts'
import type { Data } from '../read-document.ts'
import { cleanSchema, fitType, typeOf, withChoices } from '../yaml-tools/argument-schemas.ts'
import type { HigressArgument, HigressTool } from './higress-types.ts'
import type { ToolContext } from './tool-context.ts'

/** Whether a call always has a value for an argument. */
export const isSure = ({ required, schema }: HigressArgument): boolean =>
  required || (schema.default !== undefined && schema.default !== null)

const isGiven = (fallback: Data | undefined): fallback is Data =>
  fallback !== undefined && fallback !== null

/** A schema for each argument. @throws ToolRefused for a type that there is not */
export function schemasOf(tool: HigressTool): Record<string, JsonSchema> {
  const schemas: Record<string, JsonSchema> = Object.create(null)
  for (const { name, schema } of tool.args) {
    const { required: _required, default: fallback, ...rest } = schema
    const type = typeOf(schema.type, name)
    const cleaned: JsonSchema = { ...cleanSchema({ ...rest, type: undefined }, name), type }
    if (Array.isArray(schema.enum) && schema.enum.length > 0)
      cleaned.enum = schema.enum.map((one: Data) => fitType(one, type))
    const shown = isGiven(fallback) ? defaultWithoutSecrets(fitType(fallback, type)) : undefined
    if (shown !== undefined) cleaned.default = shown
    const whole = withoutValues(name, withChoices(cleaned))
    schemas[name] = schema.nullable === true ? { ...whole, type: [type, 'null'].flat() } : whole
  }
  return schemas
}

/** The schema of all arguments that the tool takes. */
export function inputSchemaOf(
  schemas: Record<string, JsonSchema>,
  { args, left }: ToolContext,
): JsonSchema {
  const properties: Record<string, JsonSchema> = Object.create(null)
  const required: string[] = []
  for (const argument of args.values()) {
    if (left.has(argument.name)) continue
    properties[argument.name] = schemas[argument.name] ?? {}
    const isOpen = argument.position === 'path' && !isSure(argument)
    // The request rests on a default: where that is a secret, which no agent may read, each call says what to send.
    const isLost = isGiven(argument.schema.default) && schemas[argument.name]?.default === undefined
    if (argument.required || isOpen || isLost) required.push(argument.name)
  }
  return {
    type: 'object',
    properties,
    ...(required.length > 0 && { required }),
    additionalProperties: false,
  }
}
