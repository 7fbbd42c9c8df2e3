import type { Tool } from '@sallyport/contracts'
import { printable } from '../terminal.ts'

/** What came of a call that was sent. */
interface CallOutcome {
  /** The answer for a person. */
  readonly text: string
  /** Why it did not do what was asked, in a sentence. */
  readonly failure?: string
}

const errorsFrom = 400

/**
 * Says what came of a call. An MCP server answers with texts, images and the like, and says by `isError` that it failed; an API and
 * a database do so by the status.
 */
export function outcomeOf(
  { binding }: { readonly binding: Pick<Tool['binding'], 'kind'> },
  { status, body }: { readonly status: number; readonly body?: unknown },
): CallOutcome {
  const text = binding.kind === 'mcp' ? textOfResult(body) : textOf(body)
  if (binding.kind === 'mcp' && isObject(body) && body.isError === true) {
    return { text, failure: 'The server answered with an error.' }
  }
  if (status < errorsFrom) return { text }
  const who = binding.kind === 'sql' ? 'The database refused it' : 'The API answered'
  return { text, failure: `${who} with status ${status}.` }
}

const textOf = (body: unknown): string => {
  if (body === undefined || body === null) return ''
  return typeof body === 'string' ? body : JSON.stringify(body, null, 2)
}

function textOfResult(body: unknown): string {
  if (!isObject(body) || !Array.isArray(body.content)) return textOf(body)
  const parts = body.content.filter(isObject).map(partOf)
  // Where it is there, the texts say the same to those who do not read it.
  return parts.length === 0 ? textOf(body.structuredContent ?? body) : parts.join('\n')
}

function partOf(part: Record<string, unknown>): string {
  if (part.type === 'text' && typeof part.text === 'string') return part.text
  if (typeof part.data !== 'string') return JSON.stringify(part, null, 2)
  const what = typeof part.mimeType === 'string' ? part.mimeType : 'no type'
  return `[${printable(String(part.type))} of ${printable(what)}, ${part.data.length} characters of base64]`
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
