import { createHash } from 'node:crypto'
import type { CatalogTemplate } from '@sallyport/catalog'
import type { ImportFormat, ToolDefinition } from '@sallyport/contracts'
import type {
  ImportedSecret,
  ImportedTool,
  ImportedToolset,
  ImportInput,
} from '../import/imported-toolset.ts'
import { digestOf, toolDigest } from '../tool-digest.ts'
import { invalidField, templateNotFound } from '../toolset-problems.ts'
import type { StoredToolset } from '../toolset-store.ts'
import type { ToolsetsNeeds } from './toolsets-needs.ts'

/** Secrets shorter than this show nothing of themselves. */
const hintFromChars = 12
const hintChars = 4

/** What tools can be made of, read and not kept. */
export interface ReadSource {
  readonly format: Exclude<StoredToolset['format'], 'assembled'>
  readonly template: string | null
  /** SHA-256 of the document, hex. */
  readonly sourceDigest: string | null
  /** Of the catalog: what a new connection is of. */
  readonly service: string
  readonly title?: string | undefined
  readonly description?: string | undefined
  /** Where a new connection's credential goes, unless its owner says otherwise. */
  readonly origins: readonly string[]
  readonly tools: readonly ImportedTool[]
  readonly secrets: readonly ImportedSecret[]
  /** Of exactly what would be made, before an owner leaves out or renames anything. */
  readonly digest: string
}

/** What an owner gave and chose. */
export interface SourceInput extends Omit<ImportInput, 'document'> {
  readonly document?: string | undefined
  readonly format?: ImportFormat | undefined
  readonly template?: string | undefined
}

/** @throws Problem document-refused, toolset-template-not-found, invalid-input */
export async function readSource(
  needs: Pick<ToolsetsNeeds, 'importDocument' | 'templates'>,
  { template, document, ...choices }: SourceInput,
): Promise<ReadSource> {
  if (template !== undefined) return readTemplate(needs.templates, template, choices.server)
  const imported = await needs.importDocument({ document: requireDocument(document), ...choices })
  const { format, title, description, origins, tools, secrets } = imported
  return {
    ...{ format, title, description, origins, tools, secrets },
    template: null,
    sourceDigest: createHash('sha256').update(requireDocument(document)).digest('hex'),
    service: 'custom',
    digest: digestOfImport(imported),
  }
}

/** Problem `invalid-input` where there is none. */
export function requireDocument(document: string | undefined): string {
  if (document !== undefined) return document
  throw invalidField({ field: 'document', message: 'must be given, or template' })
}

/** Problem `invalid-input` where the document does not say where its operations are. */
export function requireServer({ origins }: Pick<ReadSource, 'origins'>): void {
  if (origins.length > 0) return
  throw invalidField(
    { field: 'server', message: 'must be given: the document names no server' },
    'Say where the API is, such as https://api.example.com/v1.',
  )
}

/**
 * Of what a preview shows of a document: what its operations would become, what they are called together, how they sign in,
 * and what was found to sign in with. Of a secret what is shown of it alone: a digest goes to places that no secret may.
 */
export const digestOfImport = ({
  format,
  title,
  description,
  tools,
  schemes,
  secrets,
}: Pick<
  ImportedToolset,
  'format' | 'title' | 'description' | 'tools' | 'schemes' | 'secrets'
>): string =>
  digestOf({
    ...{ made: digestOfTools(format, tools), title, description },
    schemes: schemes.map(({ name, kind, known }) => ({ name, kind, known })),
    secrets: secrets.map(({ where, value, scheme, credential }) => ({
      ...{ where, scheme, hint: hintOf(value), kind: credential?.kind },
    })),
  })

/** So much of a secret that its owner knows it again. */
export const hintOf = (secret: string): string =>
  secret.length < hintFromChars ? '' : `••••${secret.slice(-hintChars)}`

/** Of what the operations would become: another document that makes the same tools has the same. */
const digestOfTools = (format: string, tools: readonly ImportedTool[]): string =>
  digestOf({ format, tools: definitionsOf(tools).map(toolDigest) })

/** Of the operations that can be tools. */
export const definitionsOf = (tools: readonly ImportedTool[]): ToolDefinition[] =>
  tools.flatMap((tool) => (tool.outcome === 'refused' ? [] : [tool.definition]))

/** A template by its id, the newest then, or by `github@1`, which is this very version. */
const findTemplate = (templates: readonly CatalogTemplate[], wanted: string) =>
  templates
    .filter(({ id, version }) => wanted === id || wanted === `${id}@${version}`)
    .toSorted((one, other) => other.version - one.version)
    .at(0)

/** Problem `toolset-template-not-found`, `invalid-input` for a server that is none of its origins. */
export function readTemplate(
  templates: readonly CatalogTemplate[],
  wanted: string,
  server: string | undefined,
): ReadSource & { readonly format: 'template'; readonly templateId: string } {
  const found = findTemplate(templates, wanted)
  if (found === undefined) throw templateNotFound()
  if (server !== undefined && !found.origins.includes(server)) {
    throw invalidField({
      field: 'server',
      message: `must be left out, or be ${found.origins.join(' or ')}`,
    })
  }
  const tools = found.tools.map((definition) => ({ outcome: 'taken' as const, definition }))
  const { title, description, origins, service } = found
  return {
    ...{ title, description, origins, service, tools },
    format: 'template',
    template: `${found.id}@${found.version}`,
    templateId: found.id,
    sourceDigest: null,
    secrets: [],
    digest: digestOfTools(`${found.id}@${found.version}`, tools),
  }
}
