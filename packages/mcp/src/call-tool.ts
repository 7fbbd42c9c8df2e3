import { Problem } from '@sallyport/contracts'
import type { CallContext } from './call-context.ts'
import type { CarryOutNeeds } from './carry-out.ts'
import { type Arguments, checkArguments } from './check-arguments.ts'
import { execute } from './execute.ts'
import { approvalsPerListMax } from './limits.ts'
import { shapeApprovals } from './shape-approvals.ts'
import { type ToolName, tools } from './tools.ts'

type Members = Readonly<Record<string, unknown>>

/** Calls a tool by its name. */
export type CallTool = (name: ToolName, args: Arguments, context: CallContext) => Promise<Members>

/**
 * Builds the tools' calls: each is checked before and shaped after.
 * @throws Problem from each call
 */
export function createCallTool(needs: CarryOutNeeds): CallTool {
  const { client } = needs
  const run: Record<ToolName, (args: Arguments, context: CallContext) => Promise<Members>> = {
    execute: (args, context) => execute(needs, args, context),
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
    list_approvals: async (_, { signal }) =>
      shapeApprovals(
        await client.call('listMyApprovals', { limit: approvalsPerListMax }, { signal }),
      ),
  }
  return async (name, args, context) => {
    const tool = tools.find((candidate) => candidate.name === name)
    if (tool === undefined) throw new Problem('not-found', `There is no tool ${name}.`)
    return await run[name](checkArguments(tool.inputSchema, args), context)
  }
}
