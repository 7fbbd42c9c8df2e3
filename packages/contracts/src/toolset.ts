import { z } from 'zod'
import { Label, NextCursor, Page, Timestamp } from './common.ts'
import { ConnectionId, ToolId, ToolsetId } from './ids.ts'
import { defineOperation } from './operation.ts'
import { ToolDescription, ToolSummary } from './tool.ts'
import { ToolName, ToolsetName } from './tool-name.ts'
import {
  documentBytesMax,
  importChoices,
  ToolChange,
  ToolChoice,
  toolsetCredential,
  toolsetFormats,
  toolsOfToolsetMax,
} from './toolset-import.ts'

/** A toolset as owners list it. `version` counts its changes. */
export const Toolset = z.object({
  id: ToolsetId,
  name: z.string(),
  title: z.string().optional(),
  description: z.string().optional(),
  format: z.enum(toolsetFormats),
  /** The template it was made from, with its version. */
  template: z.string().optional(),
  /** The document it was made from: SHA-256, hex. Documents are not kept. */
  sourceDigest: z.string().optional(),
  connection: z
    .object({ id: ConnectionId, label: z.string(), service: z.string(), status: z.string() })
    .optional()
    .meta({ description: 'Absent where its tools come from several toolsets' }),
  version: z.number().int(),
  toolCount: z.number().int(),
  agentCount: z.number().int().meta({ description: 'Agents that have at least one of its tools' }),
  createdAt: Timestamp,
  updatedAt: Timestamp,
})
export type Toolset = z.infer<typeof Toolset>

const ToolsetRef = z.strictObject({ toolsetId: ToolsetId })
/** With its tools, up to the bound of a page; listTools has the rest. */
export const ToolsetWithTools = z.object({
  toolset: Toolset.extend({ tools: z.array(ToolSummary) }),
})

const named = {
  name: ToolsetName,
  title: Label.optional(),
  description: ToolDescription.optional(),
} as const

/** One tool of an assembled toolset: which one it is, and what it is called here. */
export const AssembledTool = z.strictObject({
  toolId: ToolId,
  name: ToolName.optional(),
  description: ToolDescription.optional(),
})
export type AssembledTool = z.infer<typeof AssembledTool>

export const createToolset = defineOperation({
  id: 'createToolset',
  method: 'POST',
  path: '/api/v1/toolsets',
  caller: ['owner'],
  demand: 'tools:write',
  /** Unless one is named, a connection is made as well. */
  furtherDemand: ({ connectionId, assemble }: { connectionId?: string; assemble?: unknown }) =>
    connectionId === undefined && assemble === undefined ? 'connections:write' : undefined,
  summary: 'Make tools from a document, a template, or tools that there are; nobody has them yet',
  input: z
    .strictObject({
      ...named,
      ...importChoices,
      document: importChoices.document.optional(),
      template: z
        .string()
        .max(100)
        .optional()
        .meta({ description: 'A template of the catalog: github, or github@1' }),
      assemble: z.array(AssembledTool).min(1).max(toolsOfToolsetMax).optional(),
      tools: z
        .array(ToolChoice)
        .max(toolsOfToolsetMax * 2)
        .optional()
        .meta({
          description: 'Which operations are taken and what they are called; all, unless said',
        }),
      ...toolsetCredential,
      expects: z.string().max(100).optional().meta({
        description:
          'The digest of the preview that was looked at; refused where it would be other',
      }),
    })
    .refine(
      ({ document, template, assemble }) =>
        [document, template, assemble].filter((one) => one !== undefined).length === 1,
      { path: ['document'], message: 'must be given, or template, or assemble: one of the three' },
    ),
  output: ToolsetWithTools,
  status: 201,
  problems: [
    'document-refused',
    'toolset-exists',
    'toolset-template-not-found',
    'tool-not-found',
    'tool-changed',
    'connection-not-found',
    'connection-revoked',
    'connection-exists',
    'origin-not-allowed',
    'invalid-url',
    'provider-refused',
    'provider-unavailable',
    'oauth-app-missing',
    'overloaded',
  ],
  bodyBytesMax: documentBytesMax + 1024 * 1024,
})

export const listToolsets = defineOperation({
  id: 'listToolsets',
  method: 'GET',
  path: '/api/v1/toolsets',
  caller: ['owner'],
  demand: 'tools:read',
  summary: 'List toolsets, newest first',
  input: z.strictObject({
    ...Page,
    name: z.string().max(100).optional(),
    connectionId: ConnectionId.optional().meta({ description: 'Whose tools go with it' }),
  }),
  output: z.object({ toolsets: z.array(Toolset), nextCursor: NextCursor }),
  problems: [],
})

export const getToolset = defineOperation({
  id: 'getToolset',
  method: 'GET',
  path: '/api/v1/toolsets/{toolsetId}',
  caller: ['owner'],
  demand: 'tools:read',
  summary: 'Read a toolset with its tools, up to 200 of them',
  input: ToolsetRef,
  output: ToolsetWithTools,
  problems: ['toolset-not-found'],
})

export const updateToolset = defineOperation({
  id: 'updateToolset',
  method: 'PATCH',
  path: '/api/v1/toolsets/{toolsetId}',
  caller: ['owner'],
  demand: 'tools:write',
  /** With another connection grants go along: agents reach another account. */
  furtherDemand: ({ connectionId }: { connectionId?: string }) =>
    connectionId === undefined ? undefined : 'policies:write',
  summary: 'Rename or describe a toolset, give it another connection, or assemble it anew',
  input: z.strictObject({
    toolsetId: ToolsetId,
    name: ToolsetName.optional(),
    title: Label.nullable().optional(),
    description: ToolDescription.nullable().optional(),
    connectionId: ConnectionId.optional().meta({
      description: 'Grants go along to the agents’ policies for it',
    }),
    assemble: z.array(AssembledTool).min(1).max(toolsOfToolsetMax).optional(),
  }),
  output: ToolsetWithTools,
  problems: [
    'toolset-not-found',
    'toolset-exists',
    'tool-not-found',
    'connection-not-found',
    'connection-revoked',
    'origin-not-allowed',
    /** An agent’s policy for the other connection holds it back less. */
    'policy-exists',
    'version-conflict',
  ],
})

export const deleteToolset = defineOperation({
  id: 'deleteToolset',
  method: 'DELETE',
  path: '/api/v1/toolsets/{toolsetId}',
  caller: ['owner'],
  demand: 'tools:write',
  summary: 'Delete a toolset with its tools and their grants; its connection stays',
  input: ToolsetRef,
  output: z.object({ deleted: z.literal(true) }),
  problems: ['toolset-not-found'],
})

export const replaceToolsetSource = defineOperation({
  id: 'replaceToolsetSource',
  method: 'PUT',
  path: '/api/v1/toolsets/{toolsetId}/source',
  caller: ['owner'],
  demand: 'tools:write',
  summary: 'Import a newer document into a toolset, as its preview showed',
  input: z.strictObject({
    toolsetId: ToolsetId,
    ...importChoices,
    document: importChoices.document.optional(),
    template: z.string().max(100).optional(),
    tools: z
      .array(ToolChoice)
      .max(toolsOfToolsetMax * 2)
      .optional(),
    expects: z.string().max(100),
    version: z.number().int().meta({ description: 'The version that it was compared with' }),
  }),
  output: z.object({ ...ToolsetWithTools.shape, changes: z.array(ToolChange) }),
  problems: [
    'toolset-not-found',
    'toolset-template-not-found',
    'document-refused',
    'tool-changed',
    'version-conflict',
    'origin-not-allowed',
    'overloaded',
  ],
  bodyBytesMax: documentBytesMax + 1024 * 1024,
})

export const exportToolset = defineOperation({
  id: 'exportToolset',
  method: 'GET',
  path: '/api/v1/toolsets/{toolsetId}/export',
  caller: ['owner'],
  demand: 'tools:read',
  summary: 'Write a toolset as Higress YAML or as an OpenAPI document, without any secret',
  input: z.strictObject({ toolsetId: ToolsetId, format: z.enum(['higress', 'openapi']) }),
  output: z.object({
    filename: z.string(),
    contentType: z.string(),
    document: z.string(),
    notes: z.array(z.string()).meta({ description: 'What the format cannot say, in sentences' }),
  }),
  problems: ['toolset-not-found', 'overloaded'],
})

/** A ready toolset of the catalog: origins and tools, no secrets. */
export const ToolsetTemplate = z.object({
  id: z.string(),
  version: z.number().int(),
  service: z.string().meta({ description: 'Of the catalog: a connection of it serves the tools' }),
  title: z.string(),
  description: z.string(),
  origins: z.array(z.string()),
  tools: z.array(
    z.object({
      name: z.string(),
      description: z.string(),
      method: z.string(),
      url: z.string(),
      reads: z.boolean(),
    }),
  ),
})
export type ToolsetTemplate = z.infer<typeof ToolsetTemplate>

export const listToolsetTemplates = defineOperation({
  id: 'listToolsetTemplates',
  method: 'GET',
  path: '/api/v1/toolset-templates',
  caller: ['owner'],
  demand: 'tools:read',
  summary: 'List the catalog’s ready toolsets',
  input: z.strictObject({ service: z.string().max(100).optional() }),
  output: z.object({ templates: z.array(ToolsetTemplate) }),
  problems: [],
})
