/** A fault by its place, as the contracts name places: `rules.3.when.body.0.value`. */
export interface NamedFault {
  readonly path: string
  readonly message: string
}

/** The faults of a form, which it keeps in the shape of its values, as a list. */
export function flattenErrors(errors: unknown, path = ''): readonly NamedFault[] {
  if (typeof errors !== 'object' || errors === null) return []
  if ('message' in errors && typeof errors.message === 'string' && errors.message !== '') {
    return [{ path, message: errors.message }]
  }
  return Object.entries(errors).flatMap(([name, error]) => {
    if (name === 'ref') return []
    if (name === 'root') return flattenErrors(error, path)
    return flattenErrors(error, path === '' ? name : `${path}.${name}`)
  })
}
