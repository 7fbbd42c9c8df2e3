import { z } from 'zod'

/**
 * A path pattern: `*` stands for any run inside one segment, a last `/**` for the rest. Nothing else is special.
 * `/v1/**` matches `/v1/` and all below it, and neither `/v1` nor `/v1x`; a segment of a pattern matches no empty one.
 */
export const PathPattern = z
  .string()
  .max(1000)
  .regex(/^\/[\x21-\x7e]*$/, 'must begin with / and hold only printable ASCII')
  .refine((text) => !/[?#]/.test(text), 'must not hold ? or #')
  .refine(
    (text) => !text.slice(0, -2).includes('**') && (!text.endsWith('**') || text.endsWith('/**')),
    'may hold ** only as its last segment',
  )
