import type { JsonSchema } from '@sallyport/contracts'
import type { Data } from '../read-document.ts'
import { cleanSchema, fitType, typeOf, withChoices } from '../yaml-tools/argument-schemas.ts'
import type { HigressArgument, HigressTool } from './higress-types.ts'
import type { ToolContext } from './tool-context.ts'

/** Whether a call always has a value for an argument. */
export const isSure = ({ required, schema }: HigressArgument): boolean =>
  required || (schema.default !== undefined && schema.default !== null)

/** A schema for each argument. @throws ToolRefused for a type that there is not */
export function schemasOf(tool: HigressTool): Record<string, JsonSchema> {
  const schemas: Record<string, JsonSchema> = Object.create(null)
  for (const { name, schema } of tool.args) {
    const { required: _required, default: fallback, ...rest } = schema
    const type = typeOf(schema.type, name)
    const cleaned: JsonSchema = { ...cleanSchema({ ...rest, type: undefined }, name), type }
    if (Array.isArray(schema.enum) && schema.enum.length > 0)
      cleaned.enum = schema.enum.map((one: Data) => fitType(one, type))
    if (fallback !== undefined && fallback !== null) cleaned.default = fitType(fallback, type)
    const whole = withChoices(cleaned)
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
    if (argument.required || isOpen) required.push(argument.name)
  }
  return {
    type: 'object',
    properties,
    ...(required.length > 0 && { required }),
    additionalProperties: false,
  }
}
