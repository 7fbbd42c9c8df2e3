import { z } from 'zod'
import { Timestamp } from './common.ts'
import { AgentId, ConnectionId } from './ids.ts'
import { defineOperation } from './operation.ts'

/** The longest time that one answer covers, in days, and the most points of its series. */
export const activityDaysMax = 31
export const activityBucketsMax = 200

const Tally = {
  calls: z.number().int().meta({ description: 'Attempts of agents, however they ended' }),
  sent: z.number().int(),
  denied: z.number().int(),
  asked: z.number().int().meta({ description: 'For which an owner was asked' }),
  failed: z.number().int().meta({ description: 'Sent, but no whole answer came' }),
  p50Ms: z.number().optional().meta({ description: 'Of the upstream, with the vault’s own time' }),
  p95Ms: z.number().optional(),
}

export const getActivity = defineOperation({
  id: 'getActivity',
  method: 'GET',
  path: '/api/v1/activity',
  caller: ['owner'],
  demand: 'audit:read',
  summary: 'Count calls, denials and latency over time, by agent and by connection',
  input: z.strictObject({
    from: Timestamp,
    to: Timestamp,
    bucketMinutes: z.coerce.number().int().min(1).max(1440),
    agentId: AgentId.optional(),
    connectionId: ConnectionId.optional(),
  }),
  output: z.object({
    total: z.object(Tally),
    buckets: z.array(z.object({ at: Timestamp, ...Tally })),
    agents: z.array(z.object({ agentId: AgentId, name: z.string().optional(), ...Tally })),
    connections: z.array(
      z.object({ connectionId: ConnectionId, label: z.string().optional(), ...Tally }),
    ),
  }),
  problems: [],
})
