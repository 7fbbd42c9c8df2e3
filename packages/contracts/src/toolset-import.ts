import { z } from 'zod'
import { Origin, wholeText } from './common.ts'
import { CredentialInput, inputCredentialKinds } from './credential.ts'
import { ConnectionId, ToolsetId } from './ids.ts'
import { defineOperation } from './operation.ts'
import { ToolDescription } from './tool.ts'
import { ToolName, ToolsetName } from './tool-name.ts'

/** The most bytes of a document, and tools of one toolset (S-41). */
export const documentBytesMax = 16 * 1024 * 1024
export const toolsOfToolsetMax = 2000

/** What tools are made from. */
export const importFormats = ['openapi', 'curl', 'higress', 'genai-toolbox'] as const
export const ImportFormat = z.enum(importFormats)
export type ImportFormat = z.infer<typeof ImportFormat>

/** Where a toolset’s tools come from, beside documents: `mcp` and `sql` belong to an upstream MCP server and to a SQL source. */
export const toolsetFormats = [...importFormats, 'template', 'assembled', 'mcp', 'sql'] as const
export type ToolsetFormat = (typeof toolsetFormats)[number]

export const ImportDocument = z
  .string()
  .min(1, 'must not be empty')
  .max(documentBytesMax, `must have at most ${documentBytesMax} characters`)

/** What an owner chooses about a document, by what the preview told. */
export const importChoices = {
  format: ImportFormat.optional().meta({ description: 'Found out where it is not given' }),
  document: ImportDocument,
  server: wholeText()
    .max(2000)
    .optional()
    .meta({ description: 'One of the document’s servers, or another URL; the first unless given' }),
  variables: z.record(wholeText().max(100), wholeText().max(500)).optional().meta({
    description: 'Values of the server’s variables, where they are not the defaults',
  }),
  securityScheme: wholeText().max(200).optional().meta({
    description: 'By which of the document’s schemes the credential is put on',
  }),
} as const

/** What becomes of one operation: taken as it stands, taken with something changed, or left out. */
export const PreviewedTool = z.object({
  key: z.string(),
  name: z.string().optional().meta({ description: 'Absent where it is refused' }),
  title: z.string().optional(),
  description: z.string(),
  method: z.string().optional(),
  url: z.string().optional().meta({ description: 'With {arguments}, without a query' }),
  outcome: z.enum(['taken', 'changed', 'refused']),
  reason: z.string().optional().meta({ description: 'What was changed, or why it is refused' }),
  arguments: z.array(
    z.object({
      name: z.string(),
      type: z.string().meta({ examples: ['string', 'integer', 'string[]', 'object'] }),
      required: z.boolean(),
      description: z.string().optional(),
    }),
  ),
  reads: z.boolean().meta({ description: 'It changes nothing, as far as its method says' }),
  tags: z.array(z.string()).optional(),
  deprecated: z.boolean().optional(),
  credential: z.enum(['connection', 'none']),
  leftOut: z.literal(true).optional().meta({
    description:
      'An owner left it out of the toolset that it is compared with: it stays out unless it is taken',
  }),
})
export type PreviewedTool = z.infer<typeof PreviewedTool>

/** A way to sign in that the document names, and what the vault asks for to use it. */
export const PreviewedScheme = z.object({
  name: z.string(),
  description: z.string().optional(),
  /** The kind of credential that serves it; absent where the vault has none for it. */
  kind: z.enum(inputCredentialKinds).optional(),
  /** What of that credential the document says already: a header’s name, a token endpoint, scopes. */
  known: z.record(z.string(), z.unknown()),
  reason: z.string().optional().meta({ description: 'Why the vault cannot serve it' }),
  operations: z.number().int().meta({ description: 'How many operations can be called with it' }),
})
export type PreviewedScheme = z.infer<typeof PreviewedScheme>

/** A secret that stood in the document: kept as the credential, or thrown away, never in a tool. */
export const FoundSecret = z.object({
  where: z.string().meta({ examples: ['-H X-API-Key', 'server.config.apiKey'] }),
  hint: z.string().meta({ description: '•••• and the last four characters, if there are twelve' }),
  scheme: z.string().optional().meta({ description: 'The scheme that it would be used for' }),
})
export type FoundSecret = z.infer<typeof FoundSecret>

/** Named of those that a change of one tool concerns; the others are counted. */
export const changeAgentsMax = 20

/** How one tool would differ from what stands now. */
export const ToolChange = z.object({
  name: z.string(),
  change: z.enum(['added', 'removed', 'changed', 'same']),
  differences: z
    .array(z.object({ what: z.string(), before: z.string(), after: z.string() }))
    .meta({ description: 'Which parts of the definition, in a few words each' }),
  agents: z
    .array(z.object({ id: z.string(), name: z.string() }))
    .max(changeAgentsMax)
    .meta({ description: 'Who has it now, or would get it: the first by name' }),
  agentCount: z.number().int().meta({ description: 'How many those are in all' }),
})
export type ToolChange = z.infer<typeof ToolChange>

export const ImportPreview = z.object({
  format: z.enum([...importFormats, 'template']),
  name: z.string(),
  title: z.string().optional(),
  description: z.string().optional(),
  origin: z
    .string()
    .optional()
    .meta({ description: 'Absent where the document names none: give server' }),
  origins: z.array(z.string()),
  servers: z.array(
    z.object({
      url: z.string(),
      description: z.string().optional(),
      variables: z.array(
        z.object({
          name: z.string(),
          default: z.string(),
          values: z.array(z.string()).optional(),
          description: z.string().optional(),
        }),
      ),
    }),
  ),
  tools: z.array(PreviewedTool),
  counts: z.object({
    taken: z.number().int(),
    changed: z.number().int(),
    refused: z.number().int(),
  }),
  securitySchemes: z.array(PreviewedScheme),
  secretsFound: z.array(FoundSecret),
  notes: z.array(z.string()).meta({ description: 'What else a reader should know, in sentences' }),
  digest: z.string().meta({ description: 'Of what would be made; see expects' }),
  changes: z.array(ToolChange).optional().meta({
    description: 'Against the toolset that was named: what would change, and for whom',
  }),
})
export type ImportPreview = z.infer<typeof ImportPreview>

/** What an owner says about single operations of a document, by their key. */
export const ToolChoice = z.strictObject({
  key: z.string().min(1).max(500),
  take: z.boolean().default(true).meta({
    description: 'What is not said is taken; in a toolset, unless it was left out before',
  }),
  name: ToolName.optional(),
  description: ToolDescription.optional(),
})

export const previewToolset = defineOperation({
  id: 'previewToolset',
  method: 'POST',
  path: '/api/v1/toolsets/preview',
  caller: ['owner'],
  demand: 'tools:write',
  summary: 'Show what tools a document would become; nothing is kept and nothing is fetched',
  input: z
    .strictObject({
      ...importChoices,
      document: importChoices.document.optional(),
      template: z
        .string()
        .max(100)
        .optional()
        .meta({ description: 'A template of the catalog instead: github, or github@1' }),
      name: ToolsetName.optional(),
      toolsetId: ToolsetId.optional().meta({ description: 'To compare with' }),
      tools: z
        .array(ToolChoice)
        .max(toolsOfToolsetMax * 2)
        .optional()
        .meta({ description: 'With toolsetId: what is compared is what these would make of it' }),
    })
    .refine(({ document, template }) => (document === undefined) !== (template === undefined), {
      path: ['document'],
      message: 'must be given, or template: one of the two',
    }),
  output: ImportPreview,
  problems: ['toolset-template-not-found', 'document-refused', 'toolset-not-found', 'overloaded'],
  bodyBytesMax: documentBytesMax + 1024 * 1024,
})

/** The credential of a new toolset: one that is kept already, a new one, or what was found in the document. */
export const toolsetCredential = {
  connectionId: ConnectionId.optional(),
  credential: CredentialInput.optional().meta({
    description:
      'A connection is made for it. Where neither stands, what was found in the document is kept, or no credential is put on',
  }),
  origins: z.array(Origin).min(1).max(20).optional().meta({
    description:
      'Where the new connection’s credential may go; the document’s origins unless given',
  }),
} as const
