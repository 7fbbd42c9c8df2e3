import type { JsonSchema } from '@sallyport/contracts'
import type { ArgumentSource } from './expand-template.ts'

// The kinds of arguments of which ready toolsets are made.

/** Text of at least one character. */
export const text = (description: string, more: JsonSchema = {}): ArgumentSource => ({
  schema: { type: 'string', minLength: 1, description, ...more },
})

/** A whole number. */
export const whole = (
  description: string,
  [minimum, maximum]: readonly [number, number],
  fallback?: number,
): ArgumentSource => ({
  schema: {
    ...{ type: 'integer', minimum, maximum, description },
    ...(fallback !== undefined && { default: fallback }),
  },
})

/** One of a few words. */
export const oneOf = (
  description: string,
  values: readonly string[],
  fallback?: string,
): ArgumentSource => ({
  schema: {
    ...{ type: 'string', enum: [...values], description },
    ...(fallback !== undefined && { default: fallback }),
  },
})

/** Yes or no. */
export const flag = (description: string, fallback?: boolean): ArgumentSource => ({
  schema: {
    ...{ type: 'boolean', description },
    ...(fallback !== undefined && { default: fallback }),
  },
})

/** Several texts. */
export const texts = (description: string, itemsMax = 100): ArgumentSource => ({
  schema: {
    ...{ type: 'array', items: { type: 'string', minLength: 1 }, minItems: 1 },
    ...{ maxItems: itemsMax, description },
  },
})

/** An object of these members; without any, an object of whatever members. */
export const object = (
  description: string,
  members?: Readonly<Record<string, ArgumentSource>>,
): ArgumentSource => {
  if (members === undefined) return { schema: { type: 'object', description } }
  const required = Object.entries(members)
    .filter(([, member]) => member.required === true)
    .map(([name]) => name)
  return {
    schema: {
      ...{ type: 'object', description },
      properties: Object.fromEntries(
        Object.entries(members).map(([name, { schema }]) => [name, schema]),
      ),
      ...(required.length > 0 && { required }),
      additionalProperties: false,
    },
  }
}

/** Several objects. */
export const objects = (
  description: string,
  members?: Readonly<Record<string, ArgumentSource>>,
): ArgumentSource => ({
  schema: { ...{ type: 'array', items: object('', members).schema, minItems: 1 }, description },
})

/** It has to be given. */
export const must = (argument: ArgumentSource): ArgumentSource => ({ ...argument, required: true })

/** It is called otherwise where it is sent. */
export const sentAs = (as: string, argument: ArgumentSource): ArgumentSource => ({
  ...argument,
  as,
})
