import { sizeOf } from '../size-of.ts'
import { isPlainObject } from './plain-object.ts'

/** One part of a tool's result: its text, or what it is where it has none. */
export interface Part {
  readonly title: string
  readonly text?: string
}

export interface McpParts {
  readonly parts: readonly Part[]
  /** `structuredContent`, as it came. */
  readonly structured: unknown
  readonly isError: boolean
}

/** Reads a CallToolResult (MCP); undefined where it is of another form. */
export function partsOf(body: unknown): McpParts | undefined {
  if (!isPlainObject(body)) return undefined
  const { content, structuredContent, isError } = body
  if (!Array.isArray(content) && structuredContent === undefined) return undefined
  return {
    parts: (Array.isArray(content) ? content : []).map(partOf),
    structured: structuredContent,
    isError: isError === true,
  }
}

function partOf(part: unknown): Part {
  if (!isPlainObject(part)) return { title: 'A part of unknown kind', text: JSON.stringify(part) }
  const { type } = part
  if (type === 'text' && typeof part.text === 'string') return { title: 'Text', text: part.text }
  if (type === 'image' || type === 'audio') {
    return { title: `${type === 'image' ? 'Image' : 'Audio'}, ${kindAndSize(part, part.data)}` }
  }
  if (type === 'resource_link') return { title: 'Link to a resource', text: linkOf(part) }
  if (type === 'resource' && isPlainObject(part.resource)) return resourceOf(part.resource)
  return { title: 'A part of unknown kind', text: JSON.stringify(part, null, 2) }
}

const linkOf = ({ name, uri }: Readonly<Record<string, unknown>>) =>
  [name, uri].filter((one) => typeof one === 'string').join(', ')

function resourceOf(resource: Readonly<Record<string, unknown>>): Part {
  const title = `Resource ${typeof resource.uri === 'string' ? resource.uri : ''}`.trim()
  if (typeof resource.text === 'string') return { title, text: resource.text }
  return { title: `${title}, ${kindAndSize(resource, resource.blob)}` }
}

function kindAndSize(part: Readonly<Record<string, unknown>>, data: unknown): string {
  const kind = typeof part.mimeType === 'string' ? part.mimeType : 'of unknown kind'
  return typeof data === 'string' ? `${kind}, ${sizeOf(bytesOf(data))}` : kind
}

/** How many bytes base64 stands for. */
const bytesOf = (base64: string) => Math.floor((base64.replace(/=+$/, '').length * 3) / 4)
