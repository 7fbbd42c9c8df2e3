import type { AuditEntry } from '@sallyport/contracts'

/** Operations as sentences that begin with who did it. */
const deeds: Readonly<Record<string, string>> = {
  execute: 'Request',
  executeApproval: 'Request',
  callMyTool: 'Call of a tool',
  tryTool: 'Tried a tool',
  testConnection: 'Test of a connection',
  bootstrapAgent: 'Agent enrolled its key',
  issueAgentToken: 'Agent signed in',
  requestCapability: 'Agent asked for a capability',
  setUp: 'Set up the vault',
  signIn: 'Signed in',
  signInWithPasskey: 'Signed in with a passkey',
  startSingleSignOn: 'Began to sign in at the provider',
  finishSingleSignOn: 'Signed in at the provider',
  putSingleSignOn: 'Set up single sign-on',
  deleteSingleSignOn: 'Ended single sign-on',
  signOut: 'Signed out',
  reauthenticate: 'Confirmed the sign-in',
  changePassword: 'Changed the password',
  endSession: 'Ended a session',
  endOtherSessions: 'Ended all other sessions',
  createPasskey: 'Added a passkey',
  deletePasskey: 'Deleted a passkey',
  confirmTotp: 'Turned on codes of an app',
  disableTotp: 'Turned off codes of an app',
  renewRecoveryCodes: 'Made new recovery codes',
  createToken: 'Made an access token',
  deleteToken: 'Deleted an access token',
  createInvitation: 'Invited a person',
  deleteInvitation: 'Withdrew an invitation',
  acceptInvitation: 'Joined by an invitation',
  addMember: 'Added a member',
  changeMemberRole: 'Changed the role of a member',
  removeMember: 'Removed a member',
  approveRequest: 'Approved a request',
  denyRequest: 'Denied a request',
  approveCapabilityRequest: 'Granted a capability',
  denyCapabilityRequest: 'Denied a capability',
  freezeWorkspace: 'Froze everything',
  unfreezeWorkspace: 'Unfroze the workspace',
  revokeConnection: 'Agent revoked a connection',
  revokeConnectionByOwner: 'Revoked a connection',
  revokeAtProvider: 'Told the provider that a connection was revoked',
  startConnection: 'Began to connect an account',
  reconnect: 'Began to connect an account again',
  continueConnectFlow: 'Went on in a browser to connect an account',
  finishConnection: 'Connected an account',
  cancelConnectFlow: 'Gave up connecting an account',
  createOAuthApp: 'Added an OAuth app',
  updateOAuthApp: 'Changed an OAuth app',
  deleteOAuthApp: 'Deleted an OAuth app',
  createNotificationChannel: 'Added a notification channel',
  updateNotificationChannel: 'Changed a notification channel',
  deleteNotificationChannel: 'Deleted a notification channel',
  renewNotificationSecret: 'Renewed the secret of a webhook',
  startLinking: 'Began to link an account for notifications',
  finishLinking: 'Linked an account for notifications',
  pressNotificationButton: 'Pressed a button of a notification',
  putMailServer: 'Set up the mail server',
  deleteMailServer: 'Deleted the mail server',
  acknowledgeAlert: 'Looked at an alert',
  acknowledgeAlerts: 'Looked at all alerts',
  putAlertSettings: 'Changed what alerts watch for',
  autoDisableAgent: 'Agent disabled because of an alert',
  skipAlerts: 'Alerts left out what lay too far back',
  revokeRememberedApproval: 'Revoked a remembered answer',
  resetAgent: 'Ended the tokens and requests of an agent',
  stopAgent: 'Stopped the running calls of an agent',
  createAgent: 'Added an agent',
  renameAgent: 'Renamed an agent',
  deleteAgent: 'Deleted an agent',
  disableAgent: 'Disabled an agent',
  enableAgent: 'Enabled an agent',
  issueBootstrapSecret: 'Made an enrolment code',
  createConnection: 'Added a connection',
  updateConnection: 'Changed a connection',
  createToolset: 'Made a toolset',
  updateToolset: 'Changed a toolset',
  deleteToolset: 'Deleted a toolset',
  replaceToolsetSource: 'Imported a newer document',
  restoreToolsetVersion: 'Restored a toolset',
  updateTool: 'Changed a tool',
  setToolPermission: 'Changed who may call a tool',
  setToolsetPermission: 'Changed who may call tools',
  createConsumerToken: 'Made a consumer token',
  deleteConsumerToken: 'Ended a consumer token',
  createPolicy: 'Made a policy',
  replacePolicy: 'Changed a policy',
  deletePolicy: 'Deleted a policy',
  updateWorkspace: 'Renamed the workspace',
  connectionNeedsReauth: 'Connection has to be reconnected',
  renewAccessToken: 'Renewal of an access token',
}

/** `createAgent` as "Create agent": for operations that have no sentence of their own. */
function spell(operation: string): string {
  const words = operation.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`)
  return words.charAt(0).toUpperCase() + words.slice(1)
}

/** What an entry is about, in a few words of ours: nothing that an agent wrote is in it. */
export function describeEntry({ operation }: Pick<AuditEntry, 'operation'>): string {
  return deeds[operation] ?? spell(operation)
}

/** How an entry stands: what was decided where nothing was sent, and how it ended otherwise. */
export function standingOf(entry: Pick<AuditEntry, 'decision' | 'outcome'>): string {
  if (entry.decision === 'deny' || entry.decision === 'require_approval') return entry.decision
  return entry.outcome
}
