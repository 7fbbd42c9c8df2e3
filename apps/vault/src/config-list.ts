import { z } from 'zod'

/** A variable that holds several things, with commas between them. */
export const commaSeparated = z.string().transform((text) =>
  text
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== ''),
)
