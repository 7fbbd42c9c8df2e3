import { z } from 'zod'

/** What an id's first four characters say. */
export const idPrefixes = {
  agent: 'agt',
  connection: 'con',
  policy: 'pol',
  approval: 'apr',
  capabilityRequest: 'cap',
  audit: 'aud',
  workspace: 'wsp',
  owner: 'own',
  token: 'tok',
  session: 'ses',
  passkey: 'pky',
  invitation: 'inv',
  challenge: 'chl',
  oauthApp: 'oap',
  connectFlow: 'flw',
  rememberedApproval: 'rem',
  notificationChannel: 'ntc',
  notificationDelivery: 'ntd',
  alert: 'alr',
  toolset: 'tls',
  tool: 'tol',
  consumerToken: 'ctk',
  upstream: 'ups',
  source: 'src',
  variable: 'var',
  auditStream: 'ast',
} as const

/** The kinds of object that have ids. */
export type IdKind = keyof typeof idPrefixes

/** A prefixed, opaque id: `agt_` and 26 lower-case base-32 characters. Any string of modest length is looked up. */
const id = (kind: IdKind, example: string) =>
  z
    .string()
    .regex(/^[\x21-\x7e]{1,64}$/, 'must be an id')
    .meta({ description: `Id of ${kind}`, examples: [`${idPrefixes[kind]}_${example}`] })

export const AgentId = id('agent', '01k8v3t5m9r2c4x6z8b0d1f3h5')
export const ConnectionId = id('connection', '01k8v3t5m9r2c4x6z8b0d1f3h5')
export const PolicyId = id('policy', '01k8v3t5m9r2c4x6z8b0d1f3h5')
export const ApprovalId = id('approval', '01k8v3t5m9r2c4x6z8b0d1f3h5')
export const CapabilityRequestId = id('capabilityRequest', '01k8v3t5m9r2c4x6z8b0d1f3h5')
export const AuditId = id('audit', '01k8v3t5m9r2c4x6z8b0d1f3h5')
export const WorkspaceId = id('workspace', '01k8v3t5m9r2c4x6z8b0d1f3h5')
export const OwnerId = id('owner', '01k8v3t5m9r2c4x6z8b0d1f3h5')
export const TokenId = id('token', '01k8v3t5m9r2c4x6z8b0d1f3h5')
export const SessionId = id('session', '01k8v3t5m9r2c4x6z8b0d1f3h5')
export const PasskeyId = id('passkey', '01k8v3t5m9r2c4x6z8b0d1f3h5')
export const InvitationId = id('invitation', '01k8v3t5m9r2c4x6z8b0d1f3h5')
export const ChallengeId = id('challenge', '01k8v3t5m9r2c4x6z8b0d1f3h5')
export const OAuthAppId = id('oauthApp', '01k8v3t5m9r2c4x6z8b0d1f3h5')
export const ConnectFlowId = id('connectFlow', '01k8v3t5m9r2c4x6z8b0d1f3h5')
export const RememberedApprovalId = id('rememberedApproval', '01k8v3t5m9r2c4x6z8b0d1f3h5')
export const NotificationChannelId = id('notificationChannel', '01k8v3t5m9r2c4x6z8b0d1f3h5')
export const NotificationDeliveryId = id('notificationDelivery', '01k8v3t5m9r2c4x6z8b0d1f3h5')
export const AlertId = id('alert', '01k8v3t5m9r2c4x6z8b0d1f3h5')
export const ToolsetId = id('toolset', '01k8v3t5m9r2c4x6z8b0d1f3h5')
export const ToolId = id('tool', '01k8v3t5m9r2c4x6z8b0d1f3h5')
export const ConsumerTokenId = id('consumerToken', '01k8v3t5m9r2c4x6z8b0d1f3h5')
export const UpstreamId = id('upstream', '01k8v3t5m9r2c4x6z8b0d1f3h5')
export const SourceId = id('source', '01k8v3t5m9r2c4x6z8b0d1f3h5')
export const VariableId = id('variable', '01k8v3t5m9r2c4x6z8b0d1f3h5')
export const AuditStreamId = id('auditStream', '01k8v3t5m9r2c4x6z8b0d1f3h5')
