import { z } from 'zod'
import { headerName } from './credential.ts'
import { HttpMethod } from './http-method.ts'
import { SourceId, UpstreamId } from './ids.ts'
import { SqlParameter } from './sql-parameter.ts'

// How a tool's arguments become one request. Made by importers, read by the one builder of requests: nothing of a document
// is looked at once its tools are made.

/** A path into the arguments: the name of one, and members below it. */
const ArgumentPath = z.array(z.string().min(1).max(200)).min(1).max(16)

/** A template of the vault's own small language; what it yields is escaped for the place where it stands. */
const Template = z.string().max(65_536)

/**
 * Where a value comes from: a constant, one argument, or a template. An argument that was not given leaves its place out; a
 * template whose whole yield is empty does too where `optional` is set.
 */
const constant = { value: z.string().max(8192) } as const
const templated = { template: Template, optional: z.boolean().optional() } as const

/** OpenAPI's way of writing lists and objects: `style` and `explode` (OpenAPI 3.1 §4.8.12, RFC 6570). */
const styled = {
  argument: ArgumentPath,
  explode: z.boolean().default(false),
  /** The value is written as this media type (`content` of a parameter) and not by style. */
  contentType: z.literal('application/json').optional(),
} as const

/** A piece of the path. `text` is canonical already: escaped where it has to be, and never holds an argument. */
export const PathPiece = z.union([
  z.strictObject({ text: z.string().max(8192) }),
  z.strictObject({
    ...styled,
    style: z.enum(['simple', 'label', 'matrix']).default('simple'),
    /** What a matrix parameter is called in the path; the argument's own name unless given. */
    name: z.string().min(1).max(200).optional(),
  }),
  z.strictObject({ template: Template }),
])

const QueryItem = z.union([
  z.strictObject({ name: z.string().min(1).max(200), ...constant }),
  z.strictObject({ name: z.string().min(1).max(200), ...templated }),
  z.strictObject({
    name: z.string().min(1).max(200),
    ...styled,
    style: z.enum(['form', 'spaceDelimited', 'pipeDelimited', 'deepObject']).default('form'),
    /** Reserved characters (RFC 3986 §2.2) stay as they are, but for `&`, `=`, `+`, `#`. */
    allowReserved: z.boolean().optional(),
    /** An empty value is sent as the bare name. */
    allowEmptyValue: z.boolean().optional(),
  }),
])

const HeaderItem = z.union([
  z.strictObject({ name: headerName, ...constant }),
  z.strictObject({ name: headerName, ...templated }),
  z.strictObject({ name: headerName, ...styled }),
])

const cookieName = z.string().regex(/^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,200}$/, 'must be a cookie name')
const CookieItem = z.union([
  z.strictObject({ name: cookieName, ...constant }),
  z.strictObject({ name: cookieName, ...templated }),
  z.strictObject({ name: cookieName, ...styled }),
])

/** One field of a form or a part of a multipart body. */
const FormField = z.union([
  z.strictObject({ name: z.string().min(1).max(200), ...constant }),
  z.strictObject({ name: z.string().min(1).max(200), ...templated }),
  z.strictObject({
    name: z.string().min(1).max(200),
    argument: ArgumentPath,
    style: z.enum(['form', 'spaceDelimited', 'pipeDelimited', 'deepObject']).default('form'),
    explode: z.boolean().default(true),
    /** Of the part, or how an object is written in a form field. */
    contentType: z.string().max(200).optional(),
    /** The value is `{ $base64, contentType?, filename? }` or text, and is sent as a file. */
    file: z.boolean().optional(),
  }),
])

/** All members of one object as fields, those that no field names included. */
const FormRest = z.strictObject({ argument: ArgumentPath })

const Body = z.discriminatedUnion('kind', [
  /** One argument, or an object of several, as JSON. */
  z.strictObject({
    kind: z.literal('json'),
    contentType: z.string().max(200).default('application/json'),
    from: z.union([
      z.strictObject({ argument: ArgumentPath }),
      z.strictObject({
        members: z.array(
          z.union([
            z.strictObject({ name: z.string().max(200), argument: ArgumentPath }),
            z.strictObject({ name: z.string().max(200), value: z.unknown() }),
          ]),
        ),
      }),
    ]),
  }),
  z.strictObject({
    kind: z.literal('form'),
    fields: z.array(FormField).max(500),
    rest: FormRest.optional(),
  }),
  z.strictObject({
    kind: z.literal('multipart'),
    contentType: z.string().max(200).default('multipart/form-data'),
    fields: z.array(FormField).max(500),
    rest: FormRest.optional(),
  }),
  /** Text, or `{ $base64, contentType? }`, as it stands. */
  z.strictObject({
    kind: z.literal('raw'),
    contentType: z.string().max(200),
    argument: ArgumentPath,
  }),
  /** A template; `escape` says what its yields are escaped for. */
  z.strictObject({
    kind: z.literal('template'),
    contentType: z.string().max(200),
    template: Template,
    escape: z.enum(['json', 'form', 'text']),
  }),
])

/** What becomes of the answer before the agent sees it. Templates see the parsed body, never a secret. */
export const ResponseTemplate = z.strictObject({
  /** In place of the body. */
  body: Template.optional(),
  /** Around the body. */
  prepend: z.string().max(65_536).optional(),
  append: z.string().max(65_536).optional(),
  /** In place of the body of an answer of 300 and above. */
  error: Template.optional(),
})
export type ResponseTemplate = z.infer<typeof ResponseTemplate>

/** A tool that is one HTTP request. */
export const HttpBinding = z.strictObject({
  kind: z.literal('http'),
  method: HttpMethod,
  /** Fixed when the tool is made: no argument reaches scheme, host or port. */
  origin: z.string().max(300),
  /** Begins with a text that begins with `/`. An argument never adds, empties or ends a segment. */
  path: z.array(PathPiece).min(1).max(200),
  query: z.array(QueryItem).max(500).default([]),
  headers: z.array(HeaderItem).max(100).default([]),
  cookies: z.array(CookieItem).max(50).default([]),
  body: Body.optional(),
  response: ResponseTemplate.optional(),
  /** `none`: the operation takes no credential, so none is put on. */
  credential: z.enum(['connection', 'none']).default('connection'),
  /** Constants that templates see as `.config`; never a secret. */
  config: z.record(z.string(), z.string().max(8192)).optional(),
})
export type HttpBinding = z.infer<typeof HttpBinding>
export type PathPiece = z.infer<typeof PathPiece>
export type QueryItem = z.infer<typeof QueryItem>
export type HeaderItem = z.infer<typeof HeaderItem>
export type CookieItem = z.infer<typeof CookieItem>
export type FormField = z.infer<typeof FormField>
export type RequestBodyBinding = z.infer<typeof Body>

/** What a tool asks an upstream MCP server for: a tool of its own, or what of its resources and prompts the tool stands for. */
export const mcpMethods = [
  'tools/call',
  'resources/list',
  'resources/templates/list',
  'resources/read',
  'prompts/list',
  'prompts/get',
] as const
export type McpMethod = (typeof mcpMethods)[number]

/** A tool that an upstream MCP server has. */
export const McpBinding = z.strictObject({
  kind: z.literal('mcp'),
  serverId: UpstreamId,
  /** All but `tools/call` take the tool’s arguments as their params. */
  method: z.enum(mcpMethods).default('tools/call'),
  /** The upstream’s own name of it; for what is no tool there, the method. */
  tool: z.string().min(1).max(200),
})
export type McpBinding = z.infer<typeof McpBinding>

/** What a tool of a SQL source does: a statement of the owner’s, a query of the model’s, or a look at the schema. */
export const sqlRuns = ['statement', 'query', 'list_tables', 'describe_table'] as const

/** A tool of a SQL source. */
export const SqlBinding = z.strictObject({
  kind: z.literal('sql'),
  sourceId: SourceId,
  run: z.enum(sqlRuns),
  statement: z.string().min(1).max(65_536).optional().meta({ description: 'Of a statement' }),
  /** Bound in this order, and never written into the statement. */
  parameters: z.array(SqlParameter).max(100).default([]),
  /** Whether it may change anything: what does not is run in a read-only transaction. */
  writes: z.boolean(),
})
export type SqlBinding = z.infer<typeof SqlBinding>

/** How a tool is carried out. */
export const ToolBinding = z.discriminatedUnion('kind', [HttpBinding, McpBinding, SqlBinding])
export type ToolBinding = z.infer<typeof ToolBinding>
