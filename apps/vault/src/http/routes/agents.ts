import { operations as op } from '@sallyport/contracts'
import { toTokenErrorBody } from '../../identity/token-exchange.ts'
import { type Mounted, mount, mountTokenEndpoint } from '../mount.ts'
import type { Rooms } from '../rooms.ts'

export const agentRoutes = ({ identity, admitAgent, mcpServer, publicUrl }: Rooms): Mounted[] => [
  mount(op.bootstrapAgent, ({ input }) => identity.bootstrapAgent(input)),
  mountTokenEndpoint(
    op.issueAgentToken,
    ({ input }) => identity.issueAgentToken(input, admitAgent),
    toTokenErrorBody,
  ),
  mount(op.createAgent, ({ caller, input }) => identity.agents.create(caller, input)),
  mount(op.listAgents, ({ caller, input }) => identity.agents.list(caller, input)),
  mount(op.getAgent, ({ caller, input }) => identity.agents.get(caller, input)),
  mount(op.renameAgent, ({ caller, input }) => identity.agents.rename(caller, input)),
  mount(op.getClientSetup, () => ({
    vaultUrl: publicUrl(),
    command: mcpServer.command,
    args: [...mcpServer.args],
  })),
  mount(op.issueBootstrapSecret, ({ caller, input }) =>
    identity.agents.issueBootstrapSecret(caller, input),
  ),
  mount(op.disableAgent, ({ caller, input }) => identity.agents.disable(caller, input)),
  mount(op.enableAgent, ({ caller, input }) => identity.agents.enable(caller, input)),
  mount(op.stopAgent, ({ caller, input }) => identity.agents.stop(caller, input)),
  mount(op.resetAgent, ({ caller, input }) => identity.agents.reset(caller, input)),
  mount(op.deleteAgent, ({ caller, input }) => identity.agents.delete(caller, input)),
  mount(op.createConsumerToken, ({ caller, input }) =>
    identity.consumerTokens.create(caller, input),
  ),
  mount(op.listConsumerTokens, ({ caller, input }) => identity.consumerTokens.list(caller, input)),
  mount(op.deleteConsumerToken, ({ caller, input }) =>
    identity.consumerTokens.delete(caller, input),
  ),
]
