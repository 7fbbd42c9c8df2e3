import { z } from 'zod'
import { defineOperation } from './operation.ts'

/** What of a workspace can change under the eyes of whoever looks at it. */
export const eventNouns = [
  'approvals',
  'capability-requests',
  'agents',
  'connections',
  'oauth-apps',
  'policies',
  'workspace',
  'alerts',
  'notifications',
  'toolsets',
  'sources',
  'mcp-servers',
  'variables',
  'audit',
] as const

/**
 * One event. It never says what changed, only what to read again: what a reader may see is decided where it is read.
 * `reset`: anything may have changed. `ended`: this session or token is over; signing in again
 * makes another session. The first event of a stream is a `reset`.
 */
export const DashboardEvent = z.discriminatedUnion('type', [
  z.object({
    type: z.literal('changed'),
    noun: z.enum(eventNouns),
    id: z.string().optional(),
  }),
  z.object({ type: z.literal('reset') }),
  z.object({ type: z.literal('ended') }),
])
export type DashboardEvent = z.infer<typeof DashboardEvent>

/** Server-sent events (WHATWG HTML); each `data:` is one DashboardEvent. A comment line every 15 s keeps it open. */
export const streamEvents = defineOperation({
  id: 'streamEvents',
  method: 'GET',
  path: '/api/v1/events',
  caller: ['owner'],
  demand: 'workspace:read',
  summary: 'Hear of changes as they happen',
  input: z.strictObject({}),
  output: z.custom<ReadableStream<Uint8Array>>((value) => value instanceof ReadableStream),
  problems: ['overloaded'],
})
