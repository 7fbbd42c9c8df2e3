import type { HttpBinding, HttpMethod, HttpToolDefinition, JsonSchema } from '@sallyport/contracts'
import type { z } from 'zod'
import type { CatalogTemplate } from './catalog-template.ts'

// The short way in which ready toolsets are written down, and what it stands for. An argument stands where it is sent: in the
// path, the query, a JSON body or a form.

/** One argument: its JSON Schema, whether it has to be given, and what it is called where it is sent, if otherwise. */
export interface ArgumentSource {
  readonly schema: JsonSchema
  readonly required?: true
  readonly as?: string
}

type Arguments = Readonly<Record<string, ArgumentSource>>

/** What a tool does, where its method does not say: reading by POST, or changing without taking anything away. */
type Effect = 'reads' | 'adds' | 'changes' | 'removes'

/** One tool. Its arguments in the path are those of `request` in braces. */
export interface ToolSource {
  readonly name: string
  readonly title: string
  readonly description: string
  /** `GET /repos/{owner}/{repo}/issues` */
  readonly request: `${z.infer<typeof HttpMethod>} /${string}`
  /** Where it is not the template's own. */
  readonly origin?: string
  readonly effect?: Effect
  /** Doing it twice is as doing it once. */
  readonly idempotent?: boolean
  readonly path?: Arguments
  readonly query?: Arguments
  readonly json?: Arguments
  /** The whole body is one argument, sent as it is. */
  readonly form?: Arguments
  /** Sent with every call, whatever its arguments. */
  readonly always?: {
    readonly query?: Readonly<Record<string, string>>
    readonly json?: Readonly<Record<string, unknown>>
  }
}

/** A ready toolset as it is written down. */
export interface TemplateSource extends Omit<CatalogTemplate, 'origins' | 'tools'> {
  readonly origin: string
  /** Sent with every call. */
  readonly headers?: Readonly<Record<string, string>>
  readonly tools: readonly ToolSource[]
}

/** Writes a template out in full. */
export function expandTemplate({
  origin,
  headers,
  tools,
  ...about
}: TemplateSource): CatalogTemplate {
  const expanded = tools.map((tool) => expandTool(tool, { origin, headers: headers ?? {} }))
  const origins = [...new Set([origin, ...expanded.map(({ binding }) => binding.origin)])]
  return { ...about, origins, tools: expanded }
}

interface Shared {
  readonly origin: string
  readonly headers: Readonly<Record<string, string>>
}

function expandTool(tool: ToolSource, { origin, headers }: Shared): HttpToolDefinition {
  const [method, path] = splitRequest(tool.request)
  const body = bodyOf(tool)
  return {
    ...{ name: tool.name, title: tool.title, description: tool.description },
    inputSchema: schemaOf(tool, path),
    annotations: annotationsOf(tool, method),
    binding: {
      ...{ kind: 'http', method, origin: tool.origin ?? origin, path: piecesOf(path, tool.path) },
      query: [...constantsOf(tool.always?.query), ...queryOf(tool.query)],
      headers: constantsOf(headers),
      cookies: [],
      ...(body !== undefined && { body }),
      credential: 'connection',
    },
    key: tool.name,
  }
}

function splitRequest(request: ToolSource['request']): [z.infer<typeof HttpMethod>, string] {
  const space = request.indexOf(' ')
  const method = request.slice(0, space) as z.infer<typeof HttpMethod>
  return [method, request.slice(space + 1)]
}

/** The names in braces, in their order. */
const namesIn = (path: string): string[] =>
  [...path.matchAll(/\{([^{}]*)\}/g)].map(([, name = '']) => name)

function piecesOf(path: string, given: Arguments = {}): HttpBinding['path'] {
  return path.split(/(\{[^{}]*\})/).flatMap((piece): HttpBinding['path'] => {
    if (piece === '') return []
    if (!piece.startsWith('{')) return [{ text: piece }]
    const name = piece.slice(1, -1)
    if (given[name] === undefined) throw new Error(`the path argument ${name} is not described`)
    return [{ argument: [name], explode: false, style: 'simple' }]
  })
}

const constantsOf = (values: Readonly<Record<string, string>> = {}) =>
  Object.entries(values).map(([name, value]) => ({ name, value }))

const queryOf = (given: Arguments = {}): HttpBinding['query'] =>
  Object.entries(given).map(([name, { as }]) => ({
    ...{ name: as ?? name, argument: [name], explode: true, style: 'form' },
  }))

function bodyOf({ json, form, always }: ToolSource): HttpBinding['body'] {
  if (form !== undefined) {
    const fields = Object.entries(form).map(([name, { as }]) => ({
      ...{ name: as ?? name, argument: [name], style: 'form' as const, explode: true },
    }))
    return { kind: 'form', fields }
  }
  if (json === undefined && always?.json === undefined) return undefined
  const constants = Object.entries(always?.json ?? {}).map(([name, value]) => ({ name, value }))
  const members = Object.entries(json ?? {}).map(([name, { as }]) => ({
    ...{ name: as ?? name, argument: [name] },
  }))
  return {
    ...{ kind: 'json', contentType: 'application/json' },
    from: { members: [...constants, ...members] },
  }
}

function schemaOf(tool: ToolSource, path: string): JsonSchema {
  const inPath = namesIn(path)
  const all = { ...tool.path, ...tool.query, ...tool.json, ...tool.form }
  const required = Object.entries(all)
    // What is filled in where it is not given need not be given.
    .filter(([, { schema }]) => schema.default === undefined)
    .filter(([name, argument]) => argument.required === true || inPath.includes(name))
    .map(([name]) => name)
  return {
    type: 'object',
    properties: Object.fromEntries(Object.entries(all).map(([name, { schema }]) => [name, schema])),
    ...(required.length > 0 && { required }),
    additionalProperties: false,
  }
}

const effectOfMethod: Readonly<Record<z.infer<typeof HttpMethod>, Effect>> = {
  GET: 'reads',
  HEAD: 'reads',
  POST: 'adds',
  PUT: 'changes',
  PATCH: 'changes',
  DELETE: 'removes',
}

function annotationsOf(
  { effect, idempotent }: ToolSource,
  method: z.infer<typeof HttpMethod>,
): HttpToolDefinition['annotations'] {
  const does = effect ?? effectOfMethod[method]
  const twice = idempotent ?? (method === 'PUT' || method === 'DELETE')
  return {
    readOnlyHint: does === 'reads',
    ...(does !== 'reads' && { destructiveHint: does !== 'adds' }),
    ...(does !== 'reads' && twice && { idempotentHint: true }),
    openWorldHint: true,
  }
}
