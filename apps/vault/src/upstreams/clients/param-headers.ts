// Arguments that a server of 2026-07-28 wants in headers too (SEP-2243): its gateways route by them, and it compares both.
import { isRecord } from './is-record.ts'
import type { UpstreamTool } from './live-upstream.ts'

interface Declared {
  readonly path: readonly string[]
  readonly header: string
}

/** Which arguments of which tools are repeated in headers. */
export type ParamHeaders = ReadonlyMap<string, readonly Declared[]>

const valueCharsMax = 4096
const headerName = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]{1,100}$/
const scalars: readonly unknown[] = ['string', 'integer', 'boolean']
/** Where a schema stands in a schema besides `properties`; in the later ones by names that are nobody's. */
const elsewhere = [
  ...['items', 'prefixItems', 'contains', 'additionalProperties', 'unevaluatedProperties'],
  ...['unevaluatedItems', 'propertyNames', 'oneOf', 'anyOf', 'allOf', 'not', 'if', 'then', 'else'],
]
const elsewhereByName = ['patternProperties', 'dependentSchemas', '$defs', 'definitions']

/** Reads the declarations of tools, of which those with a fault were left out before. */
export function readParamHeaders(tools: readonly UpstreamTool[]): ParamHeaders {
  const declared = tools.map((tool) => [tool.name, scan(tool.inputSchema).declared] as const)
  return new Map(declared.filter(([, declarations]) => declarations.length > 0))
}

/**
 * Whether a schema declares headers against the rules, for which the specification has a tool left out: a name that is none,
 * one that is there twice, an argument that is no text, whole number or truth, or one that is not reached by `properties` alone.
 */
export function hasHeaderFault(inputSchema: Readonly<Record<string, unknown>>): boolean {
  return scan(inputSchema).isFaulty
}

function scan(inputSchema: unknown): { declared: readonly Declared[]; isFaulty: boolean } {
  const declared: Declared[] = []
  const names = new Set<string>()
  let isFaulty = false

  function declare(schema: Record<string, unknown>, path: readonly string[] | undefined): void {
    const header = schema['x-mcp-header']
    const isSound = typeof header === 'string' && headerName.test(header) && path?.length
    if (!isSound || !scalars.includes(schema.type) || names.has(header.toLowerCase())) {
      isFaulty = true
      return
    }
    names.add(header.toLowerCase())
    declared.push({ path: path ?? [], header })
  }
  /** Without a path: somewhere that arguments are not found by their names alone. */
  function visit(schema: unknown, path: readonly string[] | undefined): void {
    if (Array.isArray(schema)) for (const one of schema) visit(one, undefined)
    if (!isRecord(schema)) return
    if ('x-mcp-header' in schema) declare(schema, path)
    if (isRecord(schema.properties)) {
      for (const [name, child] of Object.entries(schema.properties)) {
        visit(child, path === undefined ? undefined : [...path, name])
      }
    }
    for (const keyword of elsewhere) visit(schema[keyword], undefined)
    for (const keyword of elsewhereByName) {
      const named = schema[keyword]
      if (isRecord(named)) for (const one of Object.values(named)) visit(one, undefined)
    }
  }
  visit(inputSchema, [])
  return { declared, isFaulty }
}

/** The headers of one call; an argument that is not there has none. */
export function paramHeadersOf(
  headers: ParamHeaders,
  params: Readonly<Record<string, unknown>>,
): Record<string, string> {
  const declared = headers.get(String(params.name)) ?? []
  const written = declared.flatMap(({ path, header }): [string, string][] => {
    const value = write(
      path.reduce<unknown>((at, key) => (isRecord(at) ? at[key] : undefined), params.arguments),
    )
    return value === undefined ? [] : [[`Mcp-Param-${header}`, value]]
  })
  return Object.fromEntries(written)
}

function write(value: unknown): string | undefined {
  if (typeof value === 'boolean' || Number.isSafeInteger(value)) return String(value)
  if (typeof value !== 'string' || value.length > valueCharsMax) return undefined
  const isPlain = /^[\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?$/.test(value)
  if (isPlain && !/^=\?base64\?.*\?=$/.test(value)) return value
  return `=?base64?${Buffer.from(value, 'utf8').toString('base64')}?=`
}
