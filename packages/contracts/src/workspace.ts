import { z } from 'zod'
import { Label, Timestamp } from './common.ts'
import { OwnerId, WorkspaceId } from './ids.ts'
import { defineOperation } from './operation.ts'

/** The tenant. While it is frozen no request of any agent goes out. */
export const Workspace = z.object({
  id: WorkspaceId,
  name: z.string(),
  frozen: z.boolean(),
  frozenAt: Timestamp.optional(),
  frozenBy: z.object({ ownerId: OwnerId, email: z.string() }).optional(),
})
export type Workspace = z.infer<typeof Workspace>

const OneWorkspace = z.object({ workspace: Workspace })

export const getWorkspace = defineOperation({
  id: 'getWorkspace',
  method: 'GET',
  path: '/api/v1/workspace',
  caller: ['owner'],
  demand: 'workspace:read',
  summary: 'Read the workspace',
  input: z.strictObject({}),
  output: OneWorkspace,
  problems: [],
})

export const updateWorkspace = defineOperation({
  id: 'updateWorkspace',
  method: 'PATCH',
  path: '/api/v1/workspace',
  caller: ['owner'],
  demand: 'workspace:write',
  summary: 'Rename the workspace',
  input: z.strictObject({ name: Label }),
  output: OneWorkspace,
  problems: [],
})

export const freezeWorkspace = defineOperation({
  id: 'freezeWorkspace',
  method: 'POST',
  path: '/api/v1/workspace/freeze',
  caller: ['owner'],
  demand: 'workspace:write',
  summary: 'Stop every agent at once: running calls end, and nothing goes out until unfrozen',
  input: z.strictObject({}),
  output: OneWorkspace.extend({ endedCalls: z.number().int() }),
  problems: [],
})

export const unfreezeWorkspace = defineOperation({
  id: 'unfreezeWorkspace',
  method: 'POST',
  path: '/api/v1/workspace/unfreeze',
  caller: ['owner'],
  demand: 'workspace:write',
  summary: 'Let agents work again',
  input: z.strictObject({}),
  output: OneWorkspace,
  problems: ['fresh-sign-in-required'],
})
