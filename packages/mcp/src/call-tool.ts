import { Problem } from '@sallyport/contracts'
import type { Client } from '@sallyport/sdk'
import { type Arguments, checkArguments } from './check-arguments.ts'
import type { Config } from './config.ts'
import {
  executeTimeoutMs,
  longestWaitSeconds,
  waitSecondsOnWire,
  waitSecondsWithoutProgress,
} from './limits.ts'
import { parseSelect } from './select.ts'
import { shapeAnswer } from './shape-answer.ts'
import { type ToolName, tools } from './tools.ts'

type Members = Readonly<Record<string, unknown>>

/** What a call knows of the request that it serves. */
export interface CallContext {
  readonly signal: AbortSignal
  /** The client listens for progress, and so waits longer. */
  readonly hearsProgress: boolean
}

interface Needs {
  readonly client: Client
  readonly config: Pick<Config, 'pollTimeoutMs'>
}

/** Calls a tool by its name. */
export type CallTool = (name: ToolName, args: Arguments, context: CallContext) => Promise<Members>

const approvalsPerListMax = 200

/**
 * Builds the tools' calls: each is one call of the vault, checked before and shaped after.
 * @throws Problem from each call
 */
export function createCallTool({ client, config }: Needs): CallTool {
  const run: Record<ToolName, (args: Arguments, context: CallContext) => Promise<Members>> = {
    execute: (args, context) => execute({ client, config }, args, context),
    list_connections: (_, { signal }) => client.call('listMyConnections', {}, { signal }),
    revoke: async ({ connectionId }, { signal }) => {
      const input = { connectionId: String(connectionId) }
      const { connection, revoked, auditId } = await client.call('revokeConnection', input, {
        signal,
      })
      return { revoked, connectionId: connection.id, auditId, connection }
    },
    list_services: (_, { signal }) => client.call('listServices', {}, { signal }),
    get_my_capabilities: (_, { signal }) => client.call('getMyCapabilities', {}, { signal }),
    request_capability: ({ actionTemplateId, reason }, { signal }) =>
      client.call(
        'requestCapability',
        { actionTemplateId: String(actionTemplateId), reason: String(reason) },
        { signal },
      ),
    list_approvals: (_, { signal }) =>
      client.call('listMyApprovals', { limit: approvalsPerListMax }, { signal }),
  }
  return async (name, args, context) => {
    const tool = tools.find((candidate) => candidate.name === name)
    if (tool === undefined) throw new Problem('not-found', `There is no tool ${name}.`)
    return await run[name](checkArguments(tool.inputSchema, args), context)
  }
}

async function execute(
  { client, config }: Needs,
  args: Arguments,
  { signal, hearsProgress }: CallContext,
): Promise<Members> {
  const { select, maxBytes, waitSeconds, ...request } = args
  // Read before anything is sent: a wrong path must not cost a request that changes something.
  const steps = select === undefined ? undefined : parseSelect(String(select))
  const seconds = waitOnWire(Number(waitSeconds ?? 0), hearsProgress, config.pollTimeoutMs)
  const input = {
    ...request,
    method: String(request.method),
    url: String(request.url),
    ...(seconds > 0 && { waitSeconds: seconds }),
  }
  const timeoutMs = executeTimeoutMs + seconds * 1000
  const answer = await client.call('execute', input, { signal, timeoutMs })
  return shapeAnswer(answer, {
    method: input.method,
    ...(maxBytes !== undefined && { maxBytes: Number(maxBytes) }),
    ...(steps !== undefined && { steps }),
  })
}

function waitOnWire(wanted: number, hearsProgress: boolean, pollTimeoutMs: number): number {
  const longest = hearsProgress ? longestWaitSeconds : waitSecondsWithoutProgress
  return Math.min(wanted, longest, waitSecondsOnWire, Math.floor(pollTimeoutMs / 1000))
}
