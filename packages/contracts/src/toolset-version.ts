import { z } from 'zod'
import { NextCursor, Page, Timestamp } from './common.ts'
import { OwnerId, ToolsetId } from './ids.ts'
import { defineOperation } from './operation.ts'
import { ToolsetWithTools } from './toolset.ts'
import { ToolChange } from './toolset-import.ts'

/** What a toolset was, and who made it so. */
export const ToolsetVersion = z.object({
  version: z.number().int(),
  at: Timestamp,
  ownerId: OwnerId.optional(),
  /** How it came about. */
  cause: z.enum(['created', 'imported', 'edited', 'restored']),
  toolCount: z.number().int(),
  changes: z.object({
    added: z.number().int(),
    removed: z.number().int(),
    changed: z.number().int(),
  }),
})

export const listToolsetVersions = defineOperation({
  id: 'listToolsetVersions',
  method: 'GET',
  path: '/api/v1/toolsets/{toolsetId}/versions',
  caller: ['owner'],
  demand: 'tools:read',
  summary: 'List the versions of a toolset, newest first; the last 20 are kept',
  input: z.strictObject({ ...Page, toolsetId: ToolsetId }),
  output: z.object({ versions: z.array(ToolsetVersion), nextCursor: NextCursor }),
  problems: ['toolset-not-found'],
})

export const compareToolsetVersions = defineOperation({
  id: 'compareToolsetVersions',
  method: 'GET',
  path: '/api/v1/toolsets/{toolsetId}/versions/{version}',
  caller: ['owner'],
  demand: 'tools:read',
  summary: 'Say how a toolset differs now from what it was in a version',
  input: z.strictObject({ toolsetId: ToolsetId, version: z.coerce.number().int().min(1) }),
  output: z.object({ version: ToolsetVersion, changes: z.array(ToolChange) }),
  problems: ['toolset-not-found', 'toolset-version-not-found'],
})

export const restoreToolsetVersion = defineOperation({
  id: 'restoreToolsetVersion',
  method: 'POST',
  path: '/api/v1/toolsets/{toolsetId}/versions/{version}/restore',
  caller: ['owner'],
  demand: 'tools:write',
  summary: 'Make a toolset what it was, as a new version',
  input: z.strictObject({
    toolsetId: ToolsetId,
    version: z.coerce.number().int().min(1),
    current: z.number().int().min(1).optional().meta({
      description: 'The version that it was compared with: refused where it has another by now',
    }),
  }),
  output: ToolsetWithTools,
  problems: [
    'toolset-not-found',
    'toolset-version-not-found',
    'version-conflict',
    'origin-not-allowed',
  ],
})
