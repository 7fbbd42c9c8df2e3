import { createHash, hash } from 'node:crypto'
import type { HeaderList } from './request-headers.ts'

/**
 * Netstrings: a length before each part, so that no two requests spell the same bytes. All parts are Latin-1. A call of a tool never
 * has the digest of another tool's, or of a request of the agent's own: what an owner said to the one says nothing of the other.
 * Nor has a request with one credential of a caller's that of the same with another one, or with the vault's.
 */
export function digestRequest(request: {
  readonly method: string
  readonly url: string
  readonly headers: HeaderList
  readonly body: Uint8Array | undefined
  readonly tool: { readonly toolId: string } | undefined
  /** The fingerprint of a caller's own credential. */
  readonly ofCaller: string | undefined
}): string {
  const { method, url, headers, body, tool, ofCaller } = request
  const parts = ['sallyport-request-1', method, url, `${headers.length}`, ...headers.flat()]
  if (tool !== undefined) parts.unshift('sallyport-tool-request-1', tool.toolId)
  if (ofCaller !== undefined) parts.unshift('sallyport-caller-request-1', ofCaller)
  parts.push(body === undefined ? 'no body' : 'body')
  const text = parts.map((part) => `${part.length}:${part},`).join('')
  const bytes = Buffer.from(text, 'latin1')
  // One call where there is no body, as in most requests: a hash object costs several times the hashing.
  if (body === undefined) return hash('sha256', bytes, 'hex')
  return createHash('sha256').update(bytes).update(body).digest('hex')
}
