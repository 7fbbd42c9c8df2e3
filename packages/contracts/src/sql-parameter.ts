import { z } from 'zod'

// The values of a statement. Only what `index.ts` names leaves this package.

const scalarTypes = ['string', 'integer', 'float', 'boolean'] as const

interface Bounds {
  readonly type: string
  readonly items?: string | undefined
  readonly default?: unknown
  readonly enum?: readonly unknown[] | undefined
  readonly minimum?: number | undefined
  readonly maximum?: number | undefined
  readonly agent?: string | undefined
}

/** What narrows a parameter has to fit its type, and its default has to be within. */
function faultsOfBounds(bounds: Bounds): { path: string; message: string }[] {
  const { type, items, minimum, maximum, agent } = bounds
  const scalar = items ?? type
  const isNarrowed = bounds.enum !== undefined || minimum !== undefined || maximum !== undefined
  if (agent !== undefined && isNarrowed) {
    return [{ path: 'agent', message: 'has no bounds: the vault says what it is' }]
  }
  const isNumber = scalar === 'integer' || scalar === 'float'
  const path = minimum === undefined ? 'maximum' : 'minimum'
  if (!isNumber && (minimum ?? maximum) !== undefined) {
    return [{ path, message: 'can only be set on numbers' }]
  }
  if ((minimum ?? -Infinity) > (maximum ?? Infinity)) {
    return [{ path, message: 'must not be more than maximum' }]
  }
  if (bounds.enum?.some((value) => !isOf(scalar, value)) === true) {
    return [{ path: 'enum', message: `must hold values of the type ${scalar}` }]
  }
  const fallbacks = Array.isArray(bounds.default) ? bounds.default : [bounds.default]
  const isOutside = fallbacks.some(
    (value) =>
      value !== undefined &&
      value !== null &&
      (bounds.enum?.includes(value) === false ||
        (typeof value === 'number' && (value < (minimum ?? value) || value > (maximum ?? value)))),
  )
  return isOutside ? [{ path: 'default', message: 'must be a value that is taken' }] : []
}

const isOf = (scalar: string, value: unknown): boolean => {
  if (scalar === 'integer') return Number.isInteger(value)
  return typeof value === (scalar === 'float' ? 'number' : scalar)
}

/** One value of a statement, in its order. */
export const SqlParameter = z
  .strictObject({
    name: z
      .string()
      .regex(
        /^[A-Za-z_][A-Za-z0-9_]{0,62}$/,
        'must be letters, digits and _, and begin with no digit',
      ),
    type: z.enum([...scalarTypes, 'array']),
    items: z.enum(scalarTypes).optional().meta({ description: 'Of an array' }),
    description: z.string().max(2000).default(''),
    required: z.boolean().default(true),
    default: z
      .union([z.string(), z.number(), z.boolean(), z.array(z.unknown()), z.null()])
      .optional(),
    enum: z
      .array(z.union([z.string().max(1000), z.number(), z.boolean()]))
      .min(1, 'must hold a value')
      .max(500)
      .optional()
      .meta({ description: 'The values that are taken; of an array, by each of its items' }),
    minimum: z
      .number('must be a number')
      .optional()
      .meta({ description: 'Of numbers; of an array, for each of its items' }),
    maximum: z.number('must be a number').optional(),
    /** Filled in by the vault with who calls: no argument of that name is taken. */
    agent: z.enum(['id', 'name']).optional(),
  })
  .refine(({ type, items }) => (type === 'array') === (items !== undefined), {
    path: ['items'],
    message: 'must be given for an array, and for nothing else',
  })
  .refine(({ agent, type }) => agent === undefined || type === 'string', {
    path: ['agent'],
    message: 'can only be set on a string',
  })
  .superRefine((parameter, context) => {
    for (const { path, message } of faultsOfBounds(parameter)) {
      context.addIssue({ code: 'custom', path: [path], message })
    }
  })
export type SqlParameter = z.infer<typeof SqlParameter>
