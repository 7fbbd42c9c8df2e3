import {
  type CallToolResult,
  type InputRequiredResult,
  ProtocolError,
  ProtocolErrorCode,
} from '@modelcontextprotocol/server'
import { type CallContext, LinkNotShownYet } from './call-context.ts'
import type { Arguments } from './check-arguments.ts'
import { askToShow } from './links.ts'
import type { NextStep } from './next-step.ts'
import { FailedOfForm, PassedResult } from './pass-result.ts'
import { failed, succeeded, type ToolResult } from './results.ts'
import { type Toolbox, UnknownTool } from './toolbox.ts'

/** What a call of a tool is answered with. */
export type CallAnswer = ToolResult | CallToolResult | InputRequiredResult

interface Needs {
  readonly toolbox: Toolbox
  readonly nextStep: NextStep
  /** Where faults of this program go. */
  readonly log: (line: string) => void
}

interface Asked {
  readonly name: string
  readonly args: Arguments
  readonly signal: AbortSignal
  /** Does the work of the call, with what its client hears of it. */
  readonly serving: <T>(work: (call: CallContext) => Promise<T>) => Promise<T>
}

/**
 * Answers one call of a tool. What failed is an answer too, and says what to do.
 * @throws ProtocolError where there is no such tool
 */
export async function answerCall(
  { toolbox, nextStep, log }: Needs,
  { name, args, signal, serving }: Asked,
): Promise<CallAnswer> {
  try {
    const made = await serving((call) => toolbox.call(name, args, call))
    return made instanceof PassedResult ? made.result : succeeded(made)
  } catch (error) {
    if (error instanceof LinkNotShownYet) return askToShow(error)
    if (error instanceof UnknownTool) throw unknownTool(error, toolbox)
    if (error instanceof FailedOfForm) return unstructuredFailure(error, nextStep)
    const result = failed(error, nextStep)
    const isFault = result.structuredContent.type === 'internal-error'
    // A call that the client took back is no fault, and nobody reads its answer.
    if (isFault && !signal.aborted) log(`${name}: ${String(error)}`)
    return result
  }
}

/** Clients check what is structured against the form of the tool's own results, also where it failed. */
function unstructuredFailure({ cause }: FailedOfForm, nextStep: NextStep): CallToolResult {
  const { content, isError } = failed(cause, nextStep)
  return { content, isError: isError === true }
}

const unknownTool = ({ message }: UnknownTool, { ownNames }: Toolbox) =>
  new ProtocolError(
    ProtocolErrorCode.InvalidParams,
    `Unknown tool ${message}: ${ownNames.length === 0 ? 'tools/list says which there are' : `there are ${ownNames.join(', ')}, and what tools/list says`}`,
  )
