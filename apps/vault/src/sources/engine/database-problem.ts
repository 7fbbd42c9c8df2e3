import { Problem } from '@sallyport/contracts'

/** The database answered, and let nobody in. Its own sentence may name addresses and users, and stays out. */
export function signInRefused(detail: string, code: string): Problem {
  return new Problem('provider-refused', detail, {
    next: 'The owner of the source checks its user, its password and its database. Nothing was run.',
    cause: code,
  })
}

/** The connection broke, or said what is not its protocol. */
export function connectionLost(code: string, { writes }: { writes: boolean }): Problem {
  return new Problem(
    'upstream-invalid-response',
    'The database broke off the connection before its answer was whole.',
    {
      next: writes
        ? 'The statement may have been carried out all the same: look before running it again.'
        : 'Trying again later is safe.',
      cause: code,
    },
  )
}

/** TLS did not come about; nothing is said in the clear instead. */
export function tlsFailed(code: string): Problem {
  return new Problem(
    'upstream-unreachable',
    'No secure connection to the database: it offers no TLS, or its certificate could not be verified.',
    {
      next: 'Whoever runs the database puts its certificate right; a private certificate authority is given to the vault in NODE_EXTRA_CA_CERTS by its operator. Inside the operator’s ranges an owner can switch TLS off. Nothing was sent.',
      cause: code,
    },
  )
}

/** What a writing statement answered did not fit into memory: it was rolled back with its connection. */
export function answerTooLarge(): Problem {
  return new Problem('response-too-large', 'The rows that the statement answers are too many.', {
    next: 'Nothing was written. Let the statement return fewer or smaller columns.',
  })
}

/** The code of a driver's error, and nothing else of it. */
export function errorCode(error: unknown): string {
  if (typeof error !== 'object' || error === null || !('code' in error)) return 'UNKNOWN'
  return typeof error.code === 'string' ? error.code : 'UNKNOWN'
}
