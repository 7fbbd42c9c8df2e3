import { type FieldFault, Problem } from '@sallyport/contracts'

// What this room cannot do, in words. What is of another workspace is said to be absent (S-09).

export const sourceNotFound = () =>
  new Problem('source-not-found', 'There is no such SQL source.', {
    next: 'List the sources to see which there are.',
  })

export const sourceConflict = () =>
  new Problem('version-conflict', 'Somebody changed the source meanwhile.', {
    next: 'Read it again and repeat the change where it is still wanted.',
  })

/** The password was destroyed. A new one brings the source back, with its tools and their grants. */
export const sourceRevoked = () =>
  new Problem(
    'connection-revoked',
    'The connection of this source has been revoked, and its password destroyed.',
    {
      next: 'Give the source a new password: PATCH /api/v1/sources/{id} with password (null where the database asks for none), or sallyport sources edit --password. Its tools and their grants stay.',
    },
  )

/** Several fields of one input are wrong: all of them are told at once. */
export function invalidFields(faults: readonly FieldFault[]): Problem {
  const [first] = faults
  const detail = first === undefined ? 'The input is wrong.' : `${first.field} ${first.message}`
  return new Problem('invalid-input', /[.!?]$/.test(detail) ? detail : `${detail}.`, {
    fields: faults,
  })
}

/** A row that names another place than the password is sealed for was not changed through the vault (S-33). */
export const placeTampered = () =>
  new Problem('credential-unreadable', 'The password of this source is sealed for another place.', {
    next: 'Delete the source and make it anew with its password.',
  })

/** Of a call whose tool was found a moment ago. */
export const sourceGone = () =>
  new Problem('upstream-not-connected', 'The SQL source of this tool is gone.', {
    next: 'List your tools again: it is no longer among them.',
  })
