import * as agent from './agent.ts'
import * as approval from './approval.ts'
import * as audit from './audit.ts'
import * as capability from './capability.ts'
import * as connection from './connection.ts'
import { execute } from './execute.ts'
import * as owner from './owner.ts'
import * as policy from './policy.ts'
import * as system from './system.ts'

/** Every operation of the vault, by its id. What is not here is not served. */
export const operations = {
  execute,
  bootstrapAgent: agent.bootstrapAgent,
  issueAgentToken: agent.issueAgentToken,
  listMyConnections: connection.listMyConnections,
  revokeConnection: connection.revokeConnection,
  listMyApprovals: approval.listMyApprovals,
  listServices: capability.listServices,
  getMyCapabilities: capability.getMyCapabilities,
  requestCapability: capability.requestCapability,
  setUp: owner.setUp,
  signIn: owner.signIn,
  getSession: owner.getSession,
  signOut: owner.signOut,
  changePassword: owner.changePassword,
  createToken: owner.createToken,
  listTokens: owner.listTokens,
  deleteToken: owner.deleteToken,
  listMembers: owner.listMembers,
  addMember: owner.addMember,
  changeMemberRole: owner.changeMemberRole,
  removeMember: owner.removeMember,
  createAgent: agent.createAgent,
  listAgents: agent.listAgents,
  getAgent: agent.getAgent,
  renameAgent: agent.renameAgent,
  issueBootstrapSecret: agent.issueBootstrapSecret,
  disableAgent: agent.disableAgent,
  enableAgent: agent.enableAgent,
  stopAgent: agent.stopAgent,
  resetAgent: agent.resetAgent,
  deleteAgent: agent.deleteAgent,
  createConnection: connection.createConnection,
  listConnections: connection.listConnections,
  getConnection: connection.getConnection,
  updateConnection: connection.updateConnection,
  revokeConnectionByOwner: connection.revokeConnectionByOwner,
  testConnection: connection.testConnection,
  createPolicy: policy.createPolicy,
  listPolicies: policy.listPolicies,
  getPolicy: policy.getPolicy,
  replacePolicy: policy.replacePolicy,
  deletePolicy: policy.deletePolicy,
  listCapabilityRequests: capability.listCapabilityRequests,
  listAudit: audit.listAudit,
  verifyAudit: audit.verifyAudit,
  exportAudit: audit.exportAudit,
  getHealth: system.getHealth,
  getReadiness: system.getReadiness,
  getAuthorizationServerMetadata: system.getAuthorizationServerMetadata,
  getOpenApi: system.getOpenApi,
} as const

/** The id of an operation. */
export type OperationId = keyof typeof operations
