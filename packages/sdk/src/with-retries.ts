import { Problem, type ProblemType } from '@sallyport/contracts'

/** How long to wait before the second and the third attempt. There is no fourth. */
const pausesMs = [150, 600]
/** A wait longer than this is the caller's to decide on. */
const retryAfterSecondsMax = 1

const unsentCodes = new Set([
  'ECONNREFUSED',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'EAI_AGAIN',
  'UND_ERR_CONNECT_TIMEOUT',
])
const passing: ReadonlySet<ProblemType> = new Set([
  'vault-unreachable',
  'store-unavailable',
  'audit-unavailable',
  'overloaded',
])

interface Needs {
  /** The request may be sent twice: it changes nothing, or each attempt is a new one. */
  readonly repeatable: boolean
  readonly pause: (ms: number) => Promise<void>
}

/**
 * Attempts up to three times where nothing can happen twice: a repeatable request after a failure that passes, any
 * request where no connection came about and so nothing was sent.
 */
export async function withRetries<T>(attempt: () => Promise<T>, needs: Needs): Promise<T> {
  for (const pauseMs of pausesMs) {
    try {
      return await attempt()
    } catch (error) {
      if (!mayRetry(error, needs.repeatable)) throw error
      await needs.pause(pauseMs)
    }
  }
  return await attempt()
}

function mayRetry(error: unknown, repeatable: boolean): boolean {
  if (!(error instanceof Problem)) return false
  if (error.type === 'vault-unreachable' && sentNothing(error.cause)) return true
  if ((error.retryAfterSeconds ?? 0) > retryAfterSecondsMax) return false
  return repeatable && passing.has(error.type)
}

/** Is it certain that not one byte of the request left, because no connection came about? */
export function sentNothing(error: unknown): boolean {
  if (!(error instanceof Error)) return false
  if (error instanceof AggregateError && error.errors.length > 0) {
    return error.errors.every(sentNothing) // One error for each address that was tried.
  }
  if ('code' in error && typeof error.code === 'string' && unsentCodes.has(error.code)) return true
  return sentNothing(error.cause)
}
