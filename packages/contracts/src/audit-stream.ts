import { z } from 'zod'
import { Label, Origin, Timestamp } from './common.ts'
import { AuditStreamId } from './ids.ts'
import { SecretText } from './notification-target.ts'
import { defineOperation } from './operation.ts'

// Where a workspace's audit log is sent as it grows: in order, each record at least once, whatever becomes of the other side.

/** Streams of one workspace. */
export const auditStreamsMax = 10

export const auditStreamKinds = ['webhook', 'syslog', 's3'] as const

/** Where a stream sends, with what it needs for that. Secrets go in and never come out. */
export const AuditStreamTarget = z.discriminatedUnion('kind', [
  z
    .strictObject({
      kind: z.literal('webhook'),
      url: z.url({ protocol: /^https?$/ }).max(1000),
      authorization: SecretText.regex(/^[\x21-\x7e]+( [\x21-\x7e]+)*$/, 'must be printable ASCII')
        .optional()
        .meta({ description: 'Sent as the Authorization header, such as “Splunk …”' }),
      body: z.enum(['lines', 'array']).default('lines').meta({
        description: 'lines: one JSON object a line (NDJSON). array: one JSON array',
      }),
    })
    .meta({ description: 'POST of batches, signed as Standard Webhooks says' }),
  z
    .strictObject({
      kind: z.literal('syslog'),
      host: z.string().regex(/^[A-Za-z0-9.:-]{1,253}$/, 'must be a host name'),
      port: z.number().int().min(1).max(65_535).default(6514),
      tls: z.boolean().default(true).meta({
        description: 'false: plain TCP, only where the operator lists the address as private',
      }),
    })
    .meta({ description: 'RFC 5424 with octet counting, over TLS (RFC 5425) or TCP' }),
  z
    .strictObject({
      kind: z.literal('s3'),
      endpoint: Origin.meta({ examples: ['https://s3.eu-central-1.amazonaws.com'] }),
      bucket: z
        .string()
        .regex(/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/, 'must be the name of a bucket'),
      region: z.string().regex(/^[a-z0-9-]{1,40}$/, 'must be a region such as eu-central-1'),
      prefix: z
        .string()
        .max(200)
        .regex(
          /^(?:[A-Za-z0-9_=-][A-Za-z0-9_.=-]*(?:\/[A-Za-z0-9_=-][A-Za-z0-9_.=-]*)*)?$/,
          'must be names with / between them',
        )
        .default(''),
      accessKeyId: z.string().regex(/^[A-Za-z0-9_+/=.-]{1,200}$/, 'must be an access key’s id'),
      secretAccessKey: SecretText,
      sessionToken: z
        .string()
        .regex(/^[\x21-\x7e]{1,4096}$/, 'must be printable ASCII')
        .optional()
        .meta({
          description:
            'Of temporary credentials. When they end the stream fails, and waits for a target with new ones',
        }),
      everySeconds: z.number().int().min(1).max(3600).default(60).meta({
        description: 'How long what there is to send waits for more, so that objects are not small',
      }),
    })
    .meta({ description: 'PUT of gzipped JSON Lines into a bucket that speaks S3' }),
])
export type AuditStreamTarget = z.infer<typeof AuditStreamTarget>

const settings = {
  label: Label,
  sends: z
    .array(z.enum(['entries', 'checkpoints']))
    .min(1)
    .max(2),
  format: z.enum(['jsonl', 'ocsf']).meta({
    description:
      'jsonl: the records of the chain as an export has them. ocsf: one event (API Activity, 6003) for each entry that has ended',
  }),
  enabled: z.boolean(),
} as const

export const AuditStream = z.object({
  id: AuditStreamId,
  kind: z.enum(auditStreamKinds),
  ...settings,
  target: z.string().meta({ description: 'Where it sends, with secrets masked' }),
  version: z.number().int().meta({ description: 'To be given back with a change' }),
  status: z.enum(['active', 'failing', 'disabled']).meta({
    description: 'failing: the last attempt was not taken, and another follows by itself',
  }),
  lastSeq: z.number().int().meta({ description: 'Of the last record that was delivered' }),
  behind: z.number().int().meta({
    description: 'Records that are still to be delivered; checkpoints, where only those are sent',
  }),
  failures: z.number().int().meta({ description: 'Attempts since the last that was taken' }),
  lastError: z.string().optional(),
  lastDeliveredAt: Timestamp.optional(),
  nextAttemptAt: Timestamp.optional().meta({ description: 'Of a failing stream' }),
  createdAt: Timestamp,
})
export type AuditStream = z.infer<typeof AuditStream>

const streamId = { streamId: AuditStreamId } as const
const OneStream = z.object({ stream: AuditStream })
const WithSecret = OneStream.extend({
  secret: z.string().optional().meta({
    description: 'Of a webhook: what it is signed with, shown this once',
  }),
})

export const createAuditStream = defineOperation({
  id: 'createAuditStream',
  method: 'POST',
  path: '/api/v1/audit/streams',
  caller: ['owner'],
  demand: 'workspace:write',
  summary: 'Send the audit log somewhere as it grows',
  status: 201,
  input: z.strictObject({
    label: settings.label.optional(),
    sends: settings.sends.default(['entries', 'checkpoints']),
    format: settings.format.default('jsonl'),
    target: AuditStreamTarget,
    from: z.enum(['now', 'beginning']).default('now').meta({
      description: 'beginning: all that is still there is sent first',
    }),
  }),
  output: WithSecret,
  problems: [
    'origin-not-allowed',
    'address-refused',
    'fresh-sign-in-required',
    'too-many-attempts',
  ],
})

export const listAuditStreams = defineOperation({
  id: 'listAuditStreams',
  method: 'GET',
  path: '/api/v1/audit/streams',
  caller: ['owner'],
  demand: 'audit:read',
  summary: 'List where the audit log is sent, and how far each has got',
  input: z.strictObject({}),
  output: z.object({ streams: z.array(AuditStream) }),
  problems: [],
})

export const getAuditStream = defineOperation({
  id: 'getAuditStream',
  method: 'GET',
  path: '/api/v1/audit/streams/{streamId}',
  caller: ['owner'],
  demand: 'audit:read',
  summary: 'Read one of them',
  input: z.strictObject(streamId),
  output: OneStream,
  problems: ['audit-stream-not-found'],
})

export const updateAuditStream = defineOperation({
  id: 'updateAuditStream',
  method: 'PATCH',
  path: '/api/v1/audit/streams/{streamId}',
  caller: ['owner'],
  demand: 'workspace:write',
  summary: 'Change what is sent and where, or turn it off and on; what was delivered stays so',
  input: z.strictObject({
    ...streamId,
    version: z.number().int().min(1).meta({ description: 'That was read: another one is refused' }),
    ...z.strictObject(settings).partial().shape,
    target: AuditStreamTarget.optional().meta({
      description: 'Of the same kind, and whole: no secret of the one before goes anywhere else',
    }),
  }),
  output: WithSecret,
  problems: [
    'audit-stream-not-found',
    'version-conflict',
    'origin-not-allowed',
    'address-refused',
    'fresh-sign-in-required',
  ],
})

export const deleteAuditStream = defineOperation({
  id: 'deleteAuditStream',
  method: 'DELETE',
  path: '/api/v1/audit/streams/{streamId}',
  caller: ['owner'],
  demand: 'workspace:write',
  summary: 'Send the audit log there no more',
  input: z.strictObject(streamId),
  output: z.object({ deleted: z.literal(true) }),
  problems: ['audit-stream-not-found'],
})

export const testAuditStream = defineOperation({
  id: 'testAuditStream',
  method: 'POST',
  path: '/api/v1/audit/streams/{streamId}/test',
  caller: ['owner'],
  demand: 'workspace:write',
  summary: 'Send a line of type “test” at once and say what came of it',
  input: z.strictObject(streamId),
  output: z.object({
    delivered: z.boolean(),
    message: z
      .string()
      .meta({ description: 'What the other side said, or why it was not reached' }),
  }),
  problems: ['audit-stream-not-found', 'too-many-attempts', 'credential-unreadable'],
})
