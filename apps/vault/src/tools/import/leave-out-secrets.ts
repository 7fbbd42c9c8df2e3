import type { HttpToolDefinition, JsonSchema } from '@sallyport/contracts'
import type { ImportedTool } from './imported-toolset.ts'

// Secrets of a document that stand once more in what is said of an operation: an example of another one, a description.

/** Short secrets are looked for as whole values: “a” stands in every text. */
const secretPartCharsMin = 8

/** Whether a definition, as JSON, holds a secret. */
export function holdsSecret(json: string, secret: string): boolean {
  const written = JSON.stringify(secret)
  return secret.length >= secretPartCharsMin
    ? json.includes(written.slice(1, -1))
    : json.includes(`"value":${written}`)
}

type Hide = (text: string) => string

/** Hides secrets that are long enough to be looked for in a text. */
export function hider(secrets: readonly string[]): Hide {
  const long = secrets
    .filter(({ length }) => length >= secretPartCharsMin)
    .flatMap((secret) => [...new Set([secret, JSON.stringify(secret).slice(1, -1)])])
  return (text) => long.reduce((hidden, secret) => hidden.replaceAll(secret, '…'), text)
}

/** What is told of an operation that makes no tool, without the secrets of its document. */
export function tellWithoutSecrets(
  tool: Extract<ImportedTool, { outcome: 'refused' }>,
  secrets: readonly string[],
): ImportedTool {
  if (secrets.length === 0) return tool
  const hide = hider(secrets)
  const { url } = tool
  return {
    ...tool,
    ...{ key: hide(tool.key), reason: hide(tool.reason), description: hide(tool.description) },
    ...(url !== undefined && { url: hide(url) }),
  }
}

/** A definition without the secrets of its document in its key and in what its texts and schemas say; what is sent stays. */
export function sayWithoutSecrets(
  definition: HttpToolDefinition,
  secrets: readonly string[],
): HttpToolDefinition {
  const hide = hider(secrets)
  const { key, title, description, inputSchema, outputSchema } = definition
  return {
    ...definition,
    ...{ key: hide(key), description: hide(description) },
    ...(title !== undefined && { title: hide(title) }),
    inputSchema: hideInSchema(inputSchema, hide),
    ...(outputSchema !== undefined && { outputSchema: hideInSchema(outputSchema, hide) }),
  }
}

const depthMax = 100
/** Keywords whose members are schemas, by names that are no keywords. */
const maps: ReadonlySet<string> = new Set(['properties', '$defs', 'patternProperties'])
/** What a value has to be stays: a tool that would need the secret for it is none. */
const bounds: ReadonlySet<string> = new Set(['const', 'enum'])

/** Texts lose the secret alone. A default that holds one goes, since it is sent where a call says nothing, and an example too. */
function hideInSchema(schema: JsonSchema, hide: Hide): JsonSchema {
  const isPlain = (value: unknown): boolean => {
    const text = JSON.stringify(value) ?? ''
    return hide(text) === text
  }
  const walk = (at: unknown, depth: number): unknown => {
    if (typeof at !== 'object' || at === null || depth > depthMax) return at
    if (Array.isArray(at)) return at.map((one) => walk(one, depth + 1))
    const members = Object.entries(at).filter(([name, one]) => name !== 'default' || isPlain(one))
    return Object.fromEntries(members.map(([name, one]) => [name, within(name, one, depth)]))
  }
  const within = (name: string, one: unknown, depth: number): unknown => {
    if (bounds.has(name) || name === 'default') return one
    if (typeof one === 'string') return name === 'title' || name === 'description' ? hide(one) : one
    if (name === 'examples' && Array.isArray(one)) return one.filter(isPlain)
    if (!maps.has(name) || typeof one !== 'object' || one === null) return walk(one, depth + 1)
    return Object.fromEntries(
      Object.entries(one).map(([key, each]) => [key, walk(each, depth + 2)]),
    )
  }
  return walk(schema, 0) as JsonSchema
}
