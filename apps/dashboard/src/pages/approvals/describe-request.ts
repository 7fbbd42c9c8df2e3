// Says in plain words what a request is, from nothing but the request: what an agent says about it is shown elsewhere.

const wishes = new Map([
  ['GET', 'read something'],
  ['HEAD', 'look something up'],
  ['POST', 'create or send something'],
  ['PUT', 'replace something'],
  ['PATCH', 'change something'],
  ['DELETE', 'delete something'],
])

/** What a method is for, to stand after "wants to". */
export const wishOf = (method: string): string => wishes.get(method) ?? `send a ${method} request`

/** How much a method can do: `read` changes nothing, `delete` takes something away. */
export function weightOf(method: string): 'read' | 'write' | 'delete' {
  if (method === 'DELETE') return 'delete'
  return method === 'GET' || method === 'HEAD' ? 'read' : 'write'
}

/** Where a request goes, as it can be read without being deceived. */
export interface Target {
  /** As the URL standard writes it, in ASCII: `xn--…` for a name in other letters; with a port that is not the usual one. */
  readonly host: string
  readonly isEncrypted: boolean
  /** The host holds a name in other letters than ASCII's. */
  readonly isInternational: boolean
  readonly path: string
  /** What the escapes of the path stand for; absent where there are none, or where they are no UTF-8. */
  readonly decodedPath?: string
}

/** Reads the target from the URL of a frozen request, or from the origin and path of a listed one. */
export function targetOf(url: string): Target {
  const { host, protocol, pathname } = new URL(url)
  const decoded = decodePath(pathname)
  return {
    host,
    isEncrypted: protocol === 'https:',
    isInternational: /(^|\.)xn--/.test(host),
    path: pathname,
    ...(decoded !== undefined && decoded !== pathname && { decodedPath: decoded }),
  }
}

function decodePath(path: string): string | undefined {
  try {
    return decodeURIComponent(path)
  } catch {
    return undefined // Escapes that are no UTF-8 stay as they are.
  }
}
