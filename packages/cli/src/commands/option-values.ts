import { HttpMethod, httpMethods } from '@sallyport/contracts'
import { InvalidArgumentError } from 'commander'

/** Reads an option's value as a whole number from 1. Throws what commander prints. */
export function readCount(text: string): number {
  if (/^[1-9]\d{0,8}$/.test(text)) return Number(text)
  throw new InvalidArgumentError('It must be a whole number, at least 1.')
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
