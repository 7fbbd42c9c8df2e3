import { z } from 'zod'
import { NextCursor, Page, Timestamp } from './common.ts'
import { AgentId, AlertId, ConnectionId, OwnerId } from './ids.ts'
import { defineOperation } from './operation.ts'

/**
 * What an agent does that it does not usually do. `limit_reached`: a limit or budget of its policy refused it. `burst`: far more
 * attempts in minutes than is usual. `many_denials`: refused again and again. `new_host`: the first call to a host.
 * `unusual_hours`: at work at hours at which it never is. `volume`: far more bytes in an hour than is usual.
 */
export const alertKinds = [
  'limit_reached',
  'burst',
  'many_denials',
  'new_host',
  'unusual_hours',
  'volume',
] as const
export const AlertKind = z.enum(alertKinds)
export type AlertKind = z.infer<typeof AlertKind>

export const Alert = z.object({
  id: AlertId,
  kind: AlertKind,
  agent: z.object({ id: AgentId, name: z.string() }),
  connection: z.object({ id: ConnectionId, label: z.string() }).optional(),
  at: Timestamp,
  lastAt: Timestamp.meta({ description: 'When it was last seen: what goes on is one alert' }),
  sentence: z.string(),
  observed: z.number().optional(),
  usual: z.number().optional().meta({ description: 'What the agent usually does' }),
  threshold: z.number().optional(),
  agentDisabled: z.boolean().meta({ description: 'Was the agent disabled because of it?' }),
  status: z.enum(['open', 'acknowledged']),
  acknowledgedBy: z.object({ ownerId: OwnerId, email: z.string() }).optional(),
  acknowledgedAt: Timestamp.optional(),
})
export type Alert = z.infer<typeof Alert>

export const listAlerts = defineOperation({
  id: 'listAlerts',
  method: 'GET',
  path: '/api/v1/alerts',
  caller: ['owner'],
  demand: 'audit:read',
  summary: 'List what agents did that they do not usually do, newest first',
  input: z.strictObject({
    ...Page,
    status: Alert.shape.status.optional(),
    kind: AlertKind.optional(),
    agentId: AgentId.optional(),
  }),
  output: z.object({
    alerts: z.array(Alert),
    nextCursor: NextCursor,
    openCount: z.number().int().meta({ description: 'Of the workspace; counted to 1 000' }),
  }),
  problems: [],
})

export const acknowledgeAlert = defineOperation({
  id: 'acknowledgeAlert',
  method: 'POST',
  path: '/api/v1/alerts/{alertId}/acknowledge',
  caller: ['owner'],
  demand: 'approvals:write',
  summary: 'Say that an alert was looked at',
  input: z.strictObject({ alertId: AlertId }),
  output: z.object({ alert: Alert }),
  problems: ['alert-not-found'],
})

export const acknowledgeAlerts = defineOperation({
  id: 'acknowledgeAlerts',
  method: 'POST',
  path: '/api/v1/alerts/acknowledge',
  caller: ['owner'],
  demand: 'approvals:write',
  summary: 'Say that all alerts up to now were looked at',
  input: z.strictObject({ agentId: AgentId.optional() }),
  output: z.object({ acknowledged: z.number().int() }),
  problems: [],
})

const Sensitivity = z.enum(['off', 'low', 'normal', 'high'])

/** What is watched for, and what is done by itself. */
export const AlertSettings = z.strictObject({
  sensitivity: z.strictObject({
    limit_reached: z.enum(['off', 'normal']),
    burst: Sensitivity,
    many_denials: Sensitivity,
    new_host: z.enum(['off', 'normal']),
    unusual_hours: Sensitivity,
    volume: Sensitivity,
  }),
  timezone: z.string().max(60).meta({ description: 'Of unusual hours: an IANA name' }),
  freezeOn: z.array(AlertKind).max(alertKinds.length).meta({
    description: 'An agent is disabled at once when it raises one of these. Empty: never',
  }),
})
export type AlertSettings = z.infer<typeof AlertSettings>

/** What holds until an owner says otherwise. */
export const defaultAlertSettings: AlertSettings = {
  sensitivity: {
    limit_reached: 'normal',
    burst: 'normal',
    many_denials: 'normal',
    new_host: 'normal',
    unusual_hours: 'normal',
    volume: 'normal',
  },
  timezone: 'UTC',
  freezeOn: [],
}

export const getAlertSettings = defineOperation({
  id: 'getAlertSettings',
  method: 'GET',
  path: '/api/v1/workspace/alert-settings',
  caller: ['owner'],
  demand: 'workspace:read',
  summary: 'Read what is watched for',
  input: z.strictObject({}),
  output: z.object({ alertSettings: AlertSettings }),
  problems: [],
})

export const putAlertSettings = defineOperation({
  id: 'putAlertSettings',
  method: 'PUT',
  path: '/api/v1/workspace/alert-settings',
  caller: ['owner'],
  demand: 'workspace:write',
  summary: 'Say what is watched for, and when an agent is disabled by itself',
  input: AlertSettings,
  output: z.object({ alertSettings: AlertSettings }),
  problems: [],
})
