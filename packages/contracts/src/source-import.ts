import { z } from 'zod'
import { wholeText } from './common.ts'
import { defineOperation } from './operation.ts'
import { createSource, updateSource } from './source.ts'
import { Source, SqlDialect, statementsOfSourceMax } from './source-shape.ts'
import { SqlParameter } from './sql-parameter.ts'
import { ToolDescription } from './tool.ts'
import { ToolName, ToolsetName } from './tool-name.ts'
import { FoundSecret, ImportDocument } from './toolset-import.ts'

/** What SQL sources are read from: genai-toolbox's YAML, and Higress's `db_tool`. */
export const sourceImportFormats = ['genai-toolbox', 'higress'] as const

/** The most bytes of a document, and sources of it. */
export const sourceDocumentBytesMax = 4 * 1024 * 1024
export const sourcesOfDocumentMax = 50

/** A statement of a document, and what becomes of it. */
export const PreviewedStatement = z.object({
  key: z.string().meta({ description: 'Its name in the document' }),
  name: z.string().optional().meta({ description: 'Absent where it is refused' }),
  title: z.string().optional(),
  description: z.string(),
  statement: z.string().optional(),
  parameters: z.array(SqlParameter),
  writes: z.boolean(),
  outcome: z.enum(['taken', 'changed', 'refused']),
  reason: z.string().optional().meta({ description: 'What was changed, or why it is refused' }),
  tags: z
    .array(z.string())
    .optional()
    .meta({ description: 'The document’s toolsets that have it' }),
})
export type PreviewedStatement = z.infer<typeof PreviewedStatement>

/** A source of a document, and what has to be given for it. */
export const PreviewedSource = z.object({
  key: z.string().meta({ description: 'Its name in the document' }),
  name: z.string(),
  kind: z.string().meta({ description: 'As the document says', examples: ['postgres', 'sqlite'] }),
  dialect: SqlDialect.optional(),
  host: z.string().optional(),
  port: z.number().int().optional(),
  database: z.string().optional(),
  path: z.string().optional(),
  tls: z.enum(['require', 'off']).optional(),
  user: z.string().optional(),
  hasPassword: z.boolean().meta({ description: 'The document holds it: it is kept sealed' }),
  outcome: z.enum(['taken', 'refused']),
  reason: z.string().optional().meta({ description: 'Why it is refused' }),
  asks: z
    .array(z.object({ field: z.string(), message: z.string() }))
    .meta({ description: 'What the document does not say and has to be given' }),
  tools: z.array(PreviewedStatement),
})
export type PreviewedSource = z.infer<typeof PreviewedSource>

const choices = {
  document: ImportDocument.max(
    sourceDocumentBytesMax,
    `must have at most ${sourceDocumentBytesMax} characters`,
  ),
  format: z.enum(sourceImportFormats).optional().meta({
    description: 'Found out where it is not given',
  }),
  variables: z.record(wholeText().max(100), wholeText().max(1000)).optional().meta({
    description:
      'Values of what the document takes from its environment, by name; never taken from the vault’s environment',
  }),
} as const

export const previewSources = defineOperation({
  id: 'previewSources',
  method: 'POST',
  path: '/api/v1/sources/import/preview',
  caller: ['owner'],
  demand: 'tools:write',
  summary: 'Show what sources and tools a document would become; nothing is kept or connected to',
  input: z.strictObject(choices),
  output: z.object({
    format: z.enum(sourceImportFormats),
    sources: z.array(PreviewedSource),
    refused: z
      .array(PreviewedStatement)
      .meta({ description: 'Tools that go to no source of the document that can be taken' }),
    counts: z.object({
      taken: z.number().int(),
      changed: z.number().int(),
      refused: z.number().int(),
    }),
    secretsFound: z.array(FoundSecret),
    notes: z.array(z.string()),
    digest: z.string().meta({ description: 'Of what would be made; see expects' }),
  }),
  problems: ['document-refused', 'overloaded'],
  bodyBytesMax: sourceDocumentBytesMax + 1024 * 1024,
})

const own = updateSource.input.shape

export const importSources = defineOperation({
  id: 'importSources',
  method: 'POST',
  path: '/api/v1/sources/import',
  caller: ['owner'],
  demand: 'tools:write',
  furtherDemand: () => 'connections:write' as const,
  summary: 'Make the sources and tools of a document, all of them or none',
  input: z.strictObject({
    ...choices,
    sources: z
      .array(
        z.strictObject({
          key: z.string().min(1).max(500),
          take: z.boolean().default(true),
          name: ToolsetName.optional(),
          ...{ host: own.host, port: own.port, database: own.database, path: own.path },
          ...{ tls: own.tls, query: own.query, schemaTools: own.schemaTools },
          user: createSource.input.shape.user,
          password: createSource.input.shape.password,
        }),
      )
      .max(sourcesOfDocumentMax)
      .optional()
      .meta({ description: 'What is given here goes before what the document says' }),
    tools: z
      .array(
        z.strictObject({
          key: z.string().min(1).max(500),
          take: z.boolean().default(true),
          name: ToolName.optional(),
          description: ToolDescription.optional(),
        }),
      )
      .max(statementsOfSourceMax * 2)
      .optional()
      .meta({ description: 'All that can be tools, unless said' }),
    expects: z.string().max(100).optional().meta({
      description: 'The digest of the preview that was looked at',
    }),
  }),
  output: z.object({ sources: z.array(Source), notes: z.array(z.string()) }),
  status: 201,
  answerMsMax: 150_000,
  problems: [
    'document-refused',
    'toolset-exists',
    'tool-changed',
    'origin-not-allowed',
    'overloaded',
    'upstream-timeout',
  ],
  bodyBytesMax: sourceDocumentBytesMax + 1024 * 1024,
})
