import { Problem } from '@sallyport/contracts'
import type { Route } from './routes.ts'

/** A request as `fetch` takes it. */
export interface WrittenRequest {
  readonly method: Route['method']
  readonly url: string
  readonly headers: Record<string, string>
  readonly body?: string
}

/**
 * Writes an operation's input as a request: path parameters, then the query (GET, DELETE) or a JSON body.
 * @throws Problem `invalid-input` if a path parameter is missing or would change the path
 */
export function writeRequest(
  baseUrl: string,
  route: Route,
  input: Readonly<Record<string, unknown>>,
): WrittenRequest {
  const rest = new Map(Object.entries(input).filter(([, value]) => value !== undefined))
  const path = route.path.replace(/\{(\w+)\}/g, (_, name: string) => {
    const value = rest.get(name)
    rest.delete(name)
    return pathSegment(name, value)
  })
  const headers: Record<string, string> = { accept: 'application/json' }
  if (route.method === 'GET' || route.method === 'DELETE') {
    const query = new URLSearchParams()
    for (const [name, value] of rest) query.set(name, String(value))
    const tail = rest.size === 0 ? '' : `?${query}`
    return { method: route.method, url: `${baseUrl}${path}${tail}`, headers }
  }
  const written = { method: route.method, url: `${baseUrl}${path}`, headers }
  if (rest.size === 0) return written
  headers['content-type'] = 'application/json'
  return { ...written, body: JSON.stringify(Object.fromEntries(rest)) }
}

function pathSegment(name: string, given: unknown): string {
  // A version, say.
  const value = Number.isSafeInteger(given) ? String(given) : given
  // A dot segment survives encoding, and `fetch` would resolve it to another operation's path.
  if (typeof value !== 'string' || value === '' || value === '.' || value === '..') {
    const fields = [{ field: name, message: 'must be an id' }]
    throw new Problem('invalid-input', `The input is not valid: ${name} must be an id.`, { fields })
  }
  return encodeURIComponent(value)
}
