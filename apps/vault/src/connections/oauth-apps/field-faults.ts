import { type FieldFault, Problem } from '@sallyport/contracts'

/** @throws Problem invalid-input that names every fault, where there is one */
export function refuse(faults: readonly FieldFault[], next?: string): void {
  const [first] = faults
  if (first === undefined) return
  throw new Problem('invalid-input', `${first.field} ${first.message}.`, {
    fields: faults,
    ...(next !== undefined && { next }),
  })
}
