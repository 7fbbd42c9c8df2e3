import * as account from './account.ts'
import { getActivity } from './activity.ts'
import * as agent from './agent.ts'
import * as alert from './alert.ts'
import * as approval from './approval.ts'
import * as audit from './audit.ts'
import * as callback from './callback.ts'
import * as capability from './capability.ts'
import * as connect from './connect.ts'
import * as connection from './connection.ts'
import * as consumerToken from './consumer-token.ts'
import { streamEvents } from './event.ts'
import { execute } from './execute.ts'
import { expandGuard } from './guard.ts'
import * as invitation from './invitation.ts'
import * as mailServer from './mail-server.ts'
import * as myTools from './my-tools.ts'
import * as notification from './notification.ts'
import * as oauthApp from './oauth-app.ts'
import * as owner from './owner.ts'
import * as policy from './policy.ts'
import * as policyUsage from './policy-usage.ts'
import * as rememberedApproval from './remembered-approval.ts'
import { simulatePolicy, suggestPolicy } from './simulate-policy.ts'
import * as singleSignOn from './single-sign-on.ts'
import * as system from './system.ts'
import * as tool from './tool.ts'
import * as toolPermission from './tool-permission.ts'
import * as toolset from './toolset.ts'
import { previewToolset } from './toolset-import.ts'
import * as toolsetVersion from './toolset-version.ts'
import { tryPolicy } from './try-policy.ts'
import * as workspace from './workspace.ts'

/** Every operation of the vault, by its id. What is not here is not served. */
export const operations = {
  execute,
  bootstrapAgent: agent.bootstrapAgent,
  issueAgentToken: agent.issueAgentToken,
  listMyConnections: connection.listMyConnections,
  revokeConnection: connection.revokeConnection,
  listMyApprovals: approval.listMyApprovals,
  getMyApproval: approval.getMyApproval,
  executeApproval: approval.executeApproval,
  listServices: capability.listServices,
  getMyCapabilities: capability.getMyCapabilities,
  requestCapability: capability.requestCapability,
  listMyTools: myTools.listMyTools,
  callMyTool: myTools.callMyTool,
  setUp: owner.setUp,
  signIn: owner.signIn,
  getSession: owner.getSession,
  signOut: owner.signOut,
  changePassword: owner.changePassword,
  getAccount: account.getAccount,
  listSessions: account.listSessions,
  endSession: account.endSession,
  endOtherSessions: account.endOtherSessions,
  beginReauthentication: account.beginReauthentication,
  reauthenticate: account.reauthenticate,
  beginPasskeySignIn: account.beginPasskeySignIn,
  signInWithPasskey: account.signInWithPasskey,
  listPasskeys: account.listPasskeys,
  beginPasskey: account.beginPasskey,
  createPasskey: account.createPasskey,
  deletePasskey: account.deletePasskey,
  beginTotp: account.beginTotp,
  confirmTotp: account.confirmTotp,
  disableTotp: account.disableTotp,
  renewRecoveryCodes: account.renewRecoveryCodes,
  getSignInMethods: singleSignOn.getSignInMethods,
  startSingleSignOn: singleSignOn.startSingleSignOn,
  startSingleSignOnAgain: singleSignOn.startSingleSignOnAgain,
  finishSingleSignOn: singleSignOn.finishSingleSignOn,
  createToken: owner.createToken,
  listTokens: owner.listTokens,
  deleteToken: owner.deleteToken,
  listMembers: owner.listMembers,
  addMember: owner.addMember,
  changeMemberRole: owner.changeMemberRole,
  removeMember: owner.removeMember,
  createInvitation: invitation.createInvitation,
  listInvitations: invitation.listInvitations,
  deleteInvitation: invitation.deleteInvitation,
  readInvitation: invitation.readInvitation,
  acceptInvitation: invitation.acceptInvitation,
  getSingleSignOn: singleSignOn.getSingleSignOn,
  putSingleSignOn: singleSignOn.putSingleSignOn,
  deleteSingleSignOn: singleSignOn.deleteSingleSignOn,
  getWorkspace: workspace.getWorkspace,
  updateWorkspace: workspace.updateWorkspace,
  freezeWorkspace: workspace.freezeWorkspace,
  unfreezeWorkspace: workspace.unfreezeWorkspace,
  createAgent: agent.createAgent,
  listAgents: agent.listAgents,
  getAgent: agent.getAgent,
  renameAgent: agent.renameAgent,
  getClientSetup: agent.getClientSetup,
  issueBootstrapSecret: agent.issueBootstrapSecret,
  disableAgent: agent.disableAgent,
  enableAgent: agent.enableAgent,
  stopAgent: agent.stopAgent,
  resetAgent: agent.resetAgent,
  deleteAgent: agent.deleteAgent,
  createConsumerToken: consumerToken.createConsumerToken,
  listConsumerTokens: consumerToken.listConsumerTokens,
  deleteConsumerToken: consumerToken.deleteConsumerToken,
  listAgentTools: toolPermission.listAgentTools,
  createConnection: connection.createConnection,
  listConnections: connection.listConnections,
  getConnection: connection.getConnection,
  updateConnection: connection.updateConnection,
  revokeConnectionByOwner: connection.revokeConnectionByOwner,
  testConnection: connection.testConnection,
  startConnection: connect.startConnection,
  reconnect: connect.reconnect,
  finishConnection: connect.finishConnection,
  getConnectFlow: connect.getConnectFlow,
  continueConnectFlow: connect.continueConnectFlow,
  cancelConnectFlow: connect.cancelConnectFlow,
  createOAuthApp: oauthApp.createOAuthApp,
  listOAuthApps: oauthApp.listOAuthApps,
  getOAuthApp: oauthApp.getOAuthApp,
  updateOAuthApp: oauthApp.updateOAuthApp,
  deleteOAuthApp: oauthApp.deleteOAuthApp,
  createPolicy: policy.createPolicy,
  listPolicies: policy.listPolicies,
  getPolicy: policy.getPolicy,
  replacePolicy: policy.replacePolicy,
  deletePolicy: policy.deletePolicy,
  getPolicyUsage: policyUsage.getPolicyUsage,
  tryPolicy,
  expandGuard,
  simulatePolicy,
  suggestPolicy,
  previewToolset,
  createToolset: toolset.createToolset,
  listToolsets: toolset.listToolsets,
  getToolset: toolset.getToolset,
  updateToolset: toolset.updateToolset,
  deleteToolset: toolset.deleteToolset,
  replaceToolsetSource: toolset.replaceToolsetSource,
  listToolsetVersions: toolsetVersion.listToolsetVersions,
  compareToolsetVersions: toolsetVersion.compareToolsetVersions,
  restoreToolsetVersion: toolsetVersion.restoreToolsetVersion,
  exportToolset: toolset.exportToolset,
  listToolsetTemplates: toolset.listToolsetTemplates,
  setToolsetPermission: toolPermission.setToolsetPermission,
  listToolsetPermissions: toolPermission.listToolsetPermissions,
  listTools: tool.listTools,
  getTool: tool.getTool,
  updateTool: tool.updateTool,
  tryTool: tool.tryTool,
  setToolPermission: toolPermission.setToolPermission,
  getToolUsage: tool.getToolUsage,
  listApprovals: approval.listApprovals,
  getApproval: approval.getApproval,
  approveRequest: approval.approveRequest,
  denyRequest: approval.denyRequest,
  listRememberedApprovals: rememberedApproval.listRememberedApprovals,
  revokeRememberedApproval: rememberedApproval.revokeRememberedApproval,
  listCapabilityRequests: capability.listCapabilityRequests,
  getCapabilityRequest: capability.getCapabilityRequest,
  approveCapabilityRequest: capability.approveCapabilityRequest,
  denyCapabilityRequest: capability.denyCapabilityRequest,
  createNotificationChannel: notification.createNotificationChannel,
  listNotificationChannels: notification.listNotificationChannels,
  getWebPushKey: notification.getWebPushKey,
  getNotificationChannel: notification.getNotificationChannel,
  updateNotificationChannel: notification.updateNotificationChannel,
  deleteNotificationChannel: notification.deleteNotificationChannel,
  testNotificationChannel: notification.testNotificationChannel,
  renewNotificationSecret: notification.renewNotificationSecret,
  startLinking: notification.startLinking,
  finishLinking: notification.finishLinking,
  listNotificationDeliveries: notification.listNotificationDeliveries,
  takeSlackCallback: callback.takeSlackCallback,
  takeTelegramCallback: callback.takeTelegramCallback,
  getMailServer: mailServer.getMailServer,
  putMailServer: mailServer.putMailServer,
  deleteMailServer: mailServer.deleteMailServer,
  listAlerts: alert.listAlerts,
  acknowledgeAlerts: alert.acknowledgeAlerts,
  acknowledgeAlert: alert.acknowledgeAlert,
  getAlertSettings: alert.getAlertSettings,
  putAlertSettings: alert.putAlertSettings,
  listAudit: audit.listAudit,
  verifyAudit: audit.verifyAudit,
  exportAudit: audit.exportAudit,
  getActivity,
  streamEvents,
  getHealth: system.getHealth,
  getReadiness: system.getReadiness,
  getAuthorizationServerMetadata: system.getAuthorizationServerMetadata,
  getProtectedResourceMetadata: system.getProtectedResourceMetadata,
  getToolsetResourceMetadata: system.getToolsetResourceMetadata,
  getOpenApi: system.getOpenApi,
} as const

/** The id of an operation. */
export type OperationId = keyof typeof operations
