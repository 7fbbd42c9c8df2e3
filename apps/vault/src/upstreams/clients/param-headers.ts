// Arguments that a server of 2026-07-28 wants in headers too (SEP-2243): its gateways route by them, and it compares both.
import { isRecord } from './is-record.ts'
import type { UpstreamTool } from './live-upstream.ts'

interface Declared {
  readonly path: readonly string[]
  readonly header: string
}

/** Which arguments of which tools are repeated in headers. */
export type ParamHeaders = ReadonlyMap<string, readonly Declared[]>

const declarationsMax = 32
const depthMax = 16
const valueCharsMax = 4096

/** Reads the declarations of tools; only what is reached through `properties` alone counts. */
export function readParamHeaders(tools: readonly UpstreamTool[]): ParamHeaders {
  const declared = tools.map((tool) => [tool.name, declarationsOf(tool.inputSchema)] as const)
  return new Map(declared.filter(([, declarations]) => declarations.length > 0))
}

function declarationsOf(inputSchema: unknown): readonly Declared[] {
  const found: Declared[] = []
  const visit = (schema: unknown, path: readonly string[]): void => {
    if (!isRecord(schema) || path.length > depthMax || found.length >= declarationsMax) return
    const header = schema['x-mcp-header']
    const type = schema.type
    const isScalar = type === 'string' || type === 'integer' || type === 'boolean'
    if (
      typeof header === 'string' &&
      /^[!#$%&'*+\-.^_`|~0-9A-Za-z]{1,100}$/.test(header) &&
      isScalar
    ) {
      found.push({ path, header })
    }
    if (!isRecord(schema.properties)) return
    for (const [name, child] of Object.entries(schema.properties)) visit(child, [...path, name])
  }
  visit(inputSchema, [])
  return found
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
