import { z } from 'zod'
import { SourceId } from './ids.ts'
import { maskedValue } from './mcp-server-shape.ts'
import { defineOperation } from './operation.ts'
import { login, SourceCheck, SourceRef, SqlDialect, target } from './source-shape.ts'

// Whether a SQL source's sign-in works, and what its role may do.

const Tested = z.object({ check: SourceCheck })

export const testSource = defineOperation({
  id: 'testSource',
  method: 'POST',
  path: '/api/v1/sources/{sourceId}/test',
  caller: ['owner'],
  demand: 'connections:write',
  summary: 'Sign in to a source’s database, look at what its role may do, and remember it',
  input: SourceRef,
  output: Tested,
  problems: ['source-not-found', 'connection-revoked', 'credential-unreadable', 'overloaded'],
})

export const testSourceDraft = defineOperation({
  id: 'testSourceDraft',
  method: 'POST',
  path: '/api/v1/sources/test',
  caller: ['owner'],
  demand: 'connections:write',
  summary: 'Sign in to a database that is not saved yet; nothing is kept',
  input: z.strictObject({
    sourceId: SourceId.optional().meta({
      description:
        'The source that is being changed: its kept password is used where none is given, for the same dialect, host, port, TLS mode and user alone',
    }),
    dialect: SqlDialect,
    ...target,
    user: login.user,
    password: z
      .union([z.literal(maskedValue), login.password])
      .meta({ description: 'The mask stands for the one that is kept' }),
    writes: z.boolean().default(false).meta({
      description: 'Whether its statements will write; else a role that may is warned of',
    }),
  }),
  output: Tested,
  problems: [
    'source-not-found',
    'connection-revoked',
    'credential-unreadable',
    'origin-not-allowed',
    'overloaded',
  ],
})
