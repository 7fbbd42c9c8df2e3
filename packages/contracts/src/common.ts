import { z } from 'zod'

/** A point in time: RFC 3339 in UTC, milliseconds. */
export const Timestamp = z.iso.datetime().meta({ description: 'RFC 3339, UTC' })

/** A human's name for something: 1 to 120 characters, no controls, trimmed. */
export const Label = z
  .string()
  .trim()
  .min(1, 'must not be empty')
  .max(120, 'must have at most 120 characters')
  .regex(/^[^\p{Cc}\p{Zl}\p{Zp}]*$/u, 'must not hold control characters')

/** An origin: scheme, host and port as the WHATWG URL standard writes them, without a path. */
export const Origin = z
  .string()
  .max(300)
  .refine(isOrigin, 'must be an origin such as https://api.example.com, without a path')
  .refine((text) => !text.includes('*'), 'must name one host: no * here')

/** An origin in whose host `*` may stand for any run inside one label: `https://*.example.com`. */
export const OriginPattern = z
  .string()
  .max(300)
  .refine(isOrigin, 'must be an origin such as https://api.example.com, without a path')

function isOrigin(text: string): boolean {
  // Not every engine leaves a * in a host as the URL standard does: Chromium escapes it.
  const plain = text.replaceAll('*', 'x')
  if (!URL.canParse(plain)) return false
  const url = new URL(plain)
  return (url.protocol === 'https:' || url.protocol === 'http:') && url.origin === plain
}

/** The bound of every page of every list. */
export const pageLimitMax = 200

/** Where to go on in a list (`cursor` from `nextCursor`) and how much to take. */
export const Page = {
  limit: z.coerce.number().int().min(1).max(pageLimitMax).default(50),
  cursor: z
    .string()
    .regex(/^[\x21-\x7e]{1,200}$/, 'must be the nextCursor of an earlier page')
    .optional(),
}

/** A list answer's pointer to its next page; absent on the last. */
export const NextCursor = z.string().optional()

/** A name that the catalog gives: letters, digits, hyphens and the like. */
export const CatalogName = z.string().regex(/^[\x21-\x7e]{1,100}$/, 'must be an id of the catalog')

/** Text that can be kept, hashed and written in a URL everywhere: NUL and halves of surrogate pairs cannot. */
export const wholeText = () =>
  z
    .string()
    .refine((text) => !/\0|\p{Cs}/u.test(text), 'must hold neither NUL nor half a character')
