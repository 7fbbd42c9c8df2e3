import { type FieldFault, Problem } from '@sallyport/contracts'

/** The most faults that are told at once, and the most characters of one. */
export const faultsMax = 10
const faultCharsMax = 400
const root = 'arguments'
const next = 'Correct the arguments as the schema of the tool says and call it again.'

/** A place in the arguments as problems name it: `arguments.filter.tags.0`. */
export const fieldAt = (path: readonly string[]): string => [root, ...path].join('.').slice(0, 200)

/**
 * Refuses the arguments of a call: nothing is sent.
 * @throws Problem `invalid-arguments` with the first `faultsMax` of the faults
 */
export function refuseArguments(faults: readonly FieldFault[]): never {
  const fields = faults.slice(0, faultsMax).map(({ field, message }) => ({
    field,
    message: message.length > faultCharsMax ? `${message.slice(0, faultCharsMax)}…` : message,
  }))
  const [first = { field: root, message: 'do not fit' }] = fields
  const more = faults.length - 1
  const others =
    more > 0 ? ` There ${more === 1 ? 'is 1 more fault' : `are ${more} more faults`}.` : ''
  throw new Problem(
    'invalid-arguments',
    `${first.field} ${first.message}${/[?.]$/.test(first.message) ? '' : '.'}${others}`,
    {
      next,
      fields,
    },
  )
}

/** The same for one place. */
export function refuseArgument(path: readonly string[], message: string): never {
  return refuseArguments([{ field: fieldAt(path), message }])
}
