import { z } from 'zod'
import { NextCursor, Page, Timestamp, wholeText } from './common.ts'
import { ConnectionId, UpstreamId, VariableId } from './ids.ts'
import { defineOperation } from './operation.ts'

// What headers and environments of upstream MCP servers may refer to as ${NAME}: nothing else resolves there, the vault's own
// environment least of all.

/** A variable's name, as environments write it. */
export const VariableName = z
  .string()
  .regex(
    /^[A-Za-z_][A-Za-z0-9_]{0,99}$/,
    'must be letters, digits and _, at most 100 of them, and begin with no digit',
  )

/** A secret, or a setting: one line of printable ASCII, since it is sent in headers. */
const VariableValue = z
  .string()
  .min(1, 'must not be empty')
  .max(16_384, 'must have at most 16384 characters')
  .regex(/^[\x20-\x7e]*$/, 'must hold only printable ASCII: it is sent in a header')

/** A variable as owners see it. Its value never comes out. */
export const Variable = z.object({
  id: VariableId,
  name: z.string(),
  kind: z.enum(['value', 'connection']),
  connection: z
    .object({ id: ConnectionId, label: z.string(), status: z.string() })
    .optional()
    .meta({ description: 'Whose key or access token it is' }),
  usedBy: z
    .array(z.object({ id: UpstreamId, name: z.string() }))
    .meta({ description: 'Upstream MCP servers that refer to it' }),
  createdAt: Timestamp,
  updatedAt: Timestamp,
})
export type Variable = z.infer<typeof Variable>

export const listVariables = defineOperation({
  id: 'listVariables',
  method: 'GET',
  path: '/api/v1/variables',
  caller: ['owner'],
  demand: 'connections:read',
  summary: 'List what upstream MCP servers may refer to, newest first; values never come out',
  input: z.strictObject({ ...Page }),
  output: z.object({ variables: z.array(Variable), nextCursor: NextCursor }),
  problems: [],
})

export const putVariable = defineOperation({
  id: 'putVariable',
  method: 'PUT',
  path: '/api/v1/variables',
  caller: ['owner'],
  demand: 'connections:write',
  summary: 'Make or replace a variable: a value that is sealed, or the key of a connection',
  input: z
    .strictObject({
      name: VariableName,
      value: VariableValue.optional(),
      connectionId: ConnectionId.optional().meta({
        description:
          'Its key, or its access token: a credential of one value (bearer, header, query, cookie, path, basic’s password, or an account)',
      }),
    })
    .refine(({ value, connectionId }) => (value === undefined) !== (connectionId === undefined), {
      path: ['value'],
      message: 'must be given, or connectionId: one of the two',
    }),
  output: z.object({ variable: Variable }),
  problems: [
    'connection-not-found',
    'connection-revoked',
    'fresh-sign-in-required',
    'version-conflict',
  ],
})

export const deleteVariable = defineOperation({
  id: 'deleteVariable',
  method: 'DELETE',
  path: '/api/v1/variables/{name}',
  caller: ['owner'],
  demand: 'connections:write',
  summary: 'Forget a variable that no upstream MCP server refers to any more',
  input: z.strictObject({ name: wholeText().max(600) }),
  output: z.object({ deleted: z.literal(true) }),
  problems: ['variable-not-found', 'variable-in-use'],
})
