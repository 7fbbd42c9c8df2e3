import { Problem } from '@sallyport/contracts'
import type { NextStep } from './next-step.ts'

type Members = Readonly<Record<string, unknown>>

/** A tool's result. Text and structured content say the same, because hosts differ in which the model gets to see. */
export interface ToolResult {
  [member: string]: unknown
  content: { type: 'text'; text: string }[]
  structuredContent: Record<string, unknown>
  isError?: true
}

/** A result of a call that did what it was asked to. */
export const succeeded = (value: Members): ToolResult => ({
  content: [{ type: 'text', text: JSON.stringify(value) }],
  structuredContent: { ...value },
})

/** A result that says what happened, whose move it is and what to do next. */
export function failed(error: unknown, nextStep: NextStep): ToolResult {
  const problem = error instanceof Problem ? error : unexpected(error)
  const next = nextStep(problem)
  const { type, fixableBy, fields, retryAfterSeconds, auditId } = problem
  return {
    ...succeeded({
      ...problem.extra,
      error: problem.detail,
      type,
      fixableBy,
      next,
      ...(fields !== undefined && { fields }),
      ...(retryAfterSeconds !== undefined && { retryAfterSeconds }),
      ...(auditId !== undefined && { auditId }),
    }),
    isError: true,
  }
}

// A fault of this program. Its message may hold anything, so it is logged by the caller and not shown.
const unexpected = (cause: unknown) =>
  new Problem('internal-error', 'Something went wrong between the client and the vault.', { cause })
