import { Problem } from '@sallyport/contracts'

/** Of the errors behind an error. */
const causesMax = 4

/**
 * An error that is no problem, as the operator’s log may have it: its words without the secrets that `redact` takes out, and
 * nothing else of it but its code. Problems say nothing that is secret, and are left as they are.
 */
export function redactFault(error: unknown, redact: (text: string) => string, depth = 0): unknown {
  if (error instanceof Problem || !(error instanceof Error)) return error
  const { name, message, stack = '', cause } = error
  const hasCause = cause !== undefined && depth < causesMax
  const clean = new Error(redact(message), {
    ...(hasCause && { cause: redactFault(cause, redact, depth + 1) }),
  })
  const code = 'code' in error && typeof error.code === 'string' ? { code: error.code } : {}
  return Object.assign(clean, { name, stack: redact(stack), ...code })
}

/** Logs what owners are told nothing of. What is a problem says itself what happened. */
export function logFault(
  { onFailure }: { readonly onFailure: (what: string, error: unknown) => void },
  what: string,
  error: unknown,
): void {
  if (!(error instanceof Problem)) onFailure(what, error)
}
