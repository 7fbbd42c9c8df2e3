import { Problem } from '@sallyport/contracts'
import type { z } from 'zod'

/** What the outermost room logs with. */
export interface Log {
  error(fields: object, message: string): void
  warn(fields: object, message: string): void
}

/**
 * Turns whatever was thrown into a Problem. What nobody expected becomes `internal-error`, whose cause is logged and
 * never answered.
 */
export function asProblem(thrown: unknown, log: Log, requestId: string): Problem {
  if (thrown instanceof Problem) {
    // That it drains is said once, where it begins: probes and callers hear of it as often as they ask.
    if (thrown.status >= 500 && thrown.type !== 'draining')
      log.warn({ err: thrown.cause, type: thrown.type, requestId }, thrown.detail)
    return thrown
  }
  log.error({ err: thrown, requestId }, 'unexpected failure')
  return new Problem('internal-error', 'Something went wrong in the vault.', {
    next: `An operator finds the cause in the vault’s log under request ${requestId}.`,
    cause: thrown,
  })
}

/** Says which fields of the input are wrong and how to mend each. */
export function invalidInput(error: z.ZodError): Problem {
  const fields = error.issues.slice(0, faultsMax).map((issue) => ({
    field: issue.path.map(String).join('.') || '(body)',
    message: issue.code === 'unrecognized_keys' ? unknownKeys(issue.keys) : readable(issue),
  }))
  const first = fields.map(({ field, message }) => `${field} ${message}`).join('; ')
  return new Problem('invalid-input', `The input is not valid: ${first}.`, {
    next: 'Correct the named fields and send it again.',
    fields,
  })
}

const faultsMax = 10

const unknownKeys = (keys: readonly string[]) =>
  `has ${keys.length === 1 ? 'an unknown member' : 'unknown members'}: ${keys.slice(0, faultsMax).join(', ')}`

function readable(issue: z.core.$ZodIssue): string {
  if (issue.code === 'invalid_union') {
    const closest = issue.errors.toSorted((a, b) => a.length - b.length)[0]?.[0]
    if (closest !== undefined) {
      const where = closest.path.map(String).join('.')
      return where === '' ? readable(closest) : `${where} ${readable(closest)}`
    }
  }
  return issue.message.startsWith('must') || issue.message.startsWith('may')
    ? issue.message
    : `is not valid (${issue.message})`
}
