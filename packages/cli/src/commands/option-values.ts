import { HttpMethod, httpMethods } from '@sallyport/contracts'
import { InvalidArgumentError } from 'commander'

/** Reads an option's value as a whole number from 1. Throws what commander prints. */
export function readCount(text: string): number {
  if (/^[1-9]\d{0,8}$/.test(text)) return Number(text)
  throw new InvalidArgumentError('It must be a whole number, at least 1.')
}

const timePattern = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)$/i

/** Reads the end of something: a time of RFC 3339 that is still to come. Throws what commander prints. */
export function readEnd(text: string): string {
  if (timePattern.test(text) && Date.parse(text) > Date.now()) return text
  throw new InvalidArgumentError('It must be a time to come, such as 2031-01-31T18:00:00Z.')
}

/** Gathers an option that may be repeated. */
export const collect = (value: string, before: readonly string[] = []): string[] => [
  ...before,
  value,
]

/** Gathers HTTP methods. Throws what commander prints. */
export function readMethod(text: string, before: readonly HttpMethod[] = []): HttpMethod[] {
  const parsed = HttpMethod.safeParse(text.toUpperCase())
  if (parsed.success) return [...before, parsed.data]
  throw new InvalidArgumentError(`It must be one of ${httpMethods.join(', ')}.`)
}
