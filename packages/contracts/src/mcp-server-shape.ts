import { z } from 'zod'
import { Timestamp, wholeText } from './common.ts'
import { headerName } from './credential.ts'
import { ConnectionId, ToolsetId, UpstreamId } from './ids.ts'
import { mcpServerStages, mcpTransports } from './mcp-transport.ts'

// How an upstream MCP server is said and shown. Only what `index.ts` names leaves this package.

/** What stands in an answer in place of a header's or a variable's value; sent back, it keeps the value that is stored. */
export const maskedValue = '••••••••'

/** What owners call a server. */
export const McpServerName = z
  .string()
  .trim()
  .min(1, 'must not be empty')
  .max(128, 'must have at most 128 characters')
  .regex(/^[A-Za-z0-9_. -]*$/, 'must hold only letters, digits, _ - . and spaces')

/** `http` is read as `streamable_http`. */
export const Transport = z.enum([...mcpTransports, 'http'])
/** One line of text. */
export const line = (charsMax: number) =>
  wholeText()
    .max(charsMax, `must have at most ${charsMax} characters`)
    .regex(/^\P{Cc}*$/u, 'must not hold control characters')

const aboutReferences =
  `\${NAME} and $NAME refer to a variable of /api/v1/variables; $$ is one $` as const

const Arguments = z.array(wholeText().max(8192)).max(200)
const Values = z
  .string()
  .max(16_384, 'must have at most 16384 characters')
  .regex(/^[^\0]*$/, 'must not hold NUL')
const Environment = z.record(
  z
    .string()
    .regex(
      /^[A-Za-z_][A-Za-z0-9_]{0,199}$/,
      'must be letters, digits and _, and begin with no digit',
    ),
  Values,
)
const Headers = z.record(headerName, Values.regex(/^[\x20-\x7e•]*$/, 'must be printable ASCII'))
const timeoutSeconds = z.number().int().min(1).max(300)
const jsonText = z.string().max(131_072)

/** What an owner says of a server. What a transport does not use is kept, and not looked at. */
export const writable = {
  description: wholeText().trim().max(2000).nullable().optional(),
  command: line(1000).nullable().optional().meta({
    description: 'Of stdio: one that the operator allowed, by its absolute path or its name',
  }),
  args: Arguments.optional(),
  argsJson: jsonText.optional().meta({ description: 'In place of args: a JSON array of strings' }),
  env: Environment.optional().meta({
    description: aboutReferences,
  }),
  envJson: jsonText.optional().meta({ description: 'In place of env: a JSON object of strings' }),
  cwd: line(1000).nullable().optional().meta({
    description: 'Relative to the server’s workspace; absolute only with the permission full',
  }),
  url: line(2000).nullable().optional().meta({ description: 'Of streamable_http and sse' }),
  headers: Headers.optional().meta({
    description: aboutReferences,
  }),
  headersJson: jsonText.optional().meta({ description: 'In place of headers: a JSON object' }),
  permission: z.enum(['workspace', 'full']).optional().meta({
    description: 'workspace unless given: the working directory lies within the server’s workspace',
  }),
  package: line(300)
    .nullable()
    .optional()
    .meta({ description: 'What the command was installed from' }),
  connectTimeoutSeconds: timeoutSeconds.optional().meta({ description: '30 unless given' }),
  readTimeoutSeconds: timeoutSeconds.optional().meta({ description: '30 unless given' }),
  perAgent: z.boolean().optional().meta({
    description: 'Of stdio: each agent gets a process of its own; one for all unless given',
  }),
} as const

/** Where and how something failed, without a secret. */
const Failure = z.object({
  stage: z.enum(mcpServerStages),
  message: z.string(),
  at: Timestamp,
})

export const McpServerStatus = z.enum(['connected', 'disconnected', 'error'])

/** How a server is signed in to by OAuth. Never a token. */
export const McpServerAuth = z.object({
  kind: z.enum(['none', 'authorization_code', 'client_credentials']),
  state: z.enum(['none', 'required', 'signed_in', 'scopes_needed', 'ended']).meta({
    description:
      'required: the server wants a sign-in, or another credential; scopes_needed: it wants more scopes than were granted; ended: an owner has to sign in again',
  }),
  connectionId: ConnectionId.optional().meta({ description: 'The connection that is the sign-in' }),
  account: z.string().optional(),
  scopes: z.array(z.string()).optional().meta({ description: 'What was granted' }),
  neededScopes: z.array(z.string()).optional().meta({ description: 'What the server wants' }),
  message: z.string().optional(),
})
export type McpServerAuth = z.infer<typeof McpServerAuth>

/** An upstream MCP server as owners see it. Values of headers and of the environment are masked at one length. */
export const McpServer = z.object({
  id: UpstreamId,
  name: z.string(),
  description: z.string().optional(),
  transport: z.enum(mcpTransports),
  command: z.string().optional(),
  args: z.array(z.string()),
  argsJson: z.string(),
  env: z.record(z.string(), z.string()),
  envJson: z.string(),
  cwd: z.string().optional(),
  url: z.string().optional(),
  headers: z.record(z.string(), z.string()),
  headersJson: z.string(),
  variables: z
    .array(z.string())
    .meta({ description: 'Names that its headers and environment refer to' }),
  permission: z.enum(['workspace', 'full']),
  package: z.string().optional(),
  connectTimeoutSeconds: z.number().int(),
  readTimeoutSeconds: z.number().int(),
  perAgent: z.boolean(),
  enabled: z.boolean(),
  builtin: z.literal(false),
  status: McpServerStatus,
  toolCount: z.number().int().meta({ description: 'Tools that agents can be granted' }),
  heldCount: z.number().int().meta({
    description: 'Tools that are new or changed and wait for an owner to look',
  }),
  lastError: z.string().optional(),
  lastFailure: Failure.optional().meta({
    description:
      'Beside the status connected: the last attempt did not work, and what stood before serves',
  }),
  lastConnectedAt: Timestamp.optional(),
  serverInfo: z.object({ name: z.string(), version: z.string() }).optional(),
  toolsetId: ToolsetId,
  toolset: z
    .string()
    .meta({ description: 'The name that its tools stand under: mcp__<toolset>__<tool>' }),
  connectionId: ConnectionId,
  auth: McpServerAuth,
  createdAt: Timestamp,
  updatedAt: Timestamp,
})
export type McpServer = z.infer<typeof McpServer>

/** An answer that is one server. */
export const OneServer = z.object({ server: McpServer })
/** A question that names one server. */
export const ServerRef = z.strictObject({ serverId: UpstreamId })

/** Beside tools, a server brings secrets along, or a place where they go. */
export const alsoConnections = () => 'connections:write' as const

/** Members that say how a server is reached: what is run, a place, or what goes there. */
export const reachingMembers = [
  ...['transport', 'command', 'args', 'argsJson', 'env', 'envJson', 'cwd', 'url'],
  ...['headers', 'headersJson', 'permission', 'perAgent'],
] as const

/** The same where any of that is said. */
export const alsoConnectionsToReach = (input: object) =>
  reachingMembers.some((name) => Object.hasOwn(input, name)) ? alsoConnections() : undefined

/** What can be wrong with what an owner says of a server, beside its form. */
export const settingProblems = [
  'upstream-command-refused',
  'origin-not-allowed',
  'fresh-sign-in-required',
  'credential-unreadable',
] as const
