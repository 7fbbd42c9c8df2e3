import { readFailure } from '../store/database.ts'

/** Of a message or a stack; longer ones are cut. */
const textCharsMax = 4_000
const causesMax = 4

/** What of a fault is logged. */
export interface DescribedFault {
  readonly type: string
  readonly message: string
  readonly code?: string
  readonly stack?: string
  readonly cause?: DescribedFault
}

/**
 * Says of a fault what an operator needs, and no more (S-38): other members of errors hold what was being handled, such as
 * the parameters of a query or the bytes of an answer. Faults of the database lose their values as in the store.
 */
export function describeFault(thrown: unknown, depth = 0): DescribedFault {
  const fault = readFailure(thrown)
  if (!(fault instanceof Error)) return { type: typeof fault, message: 'not an error' }
  const { code } = fault as { code?: unknown }
  return {
    type: fault.name,
    message: fault.message.slice(0, textCharsMax),
    ...(typeof code === 'string' && { code }),
    ...(fault.stack !== undefined && { stack: fault.stack.slice(0, textCharsMax) }),
    ...(fault.cause !== undefined &&
      depth < causesMax && { cause: describeFault(fault.cause, depth + 1) }),
  }
}
