// Addresses of calls that are no HTTP requests: `mcp://<server>/<tool>` and `sql://<source>/<tool>`. No agent can write one:
// raw requests are https or http, and what is frozen here was made by the tool that is called.

/** How calls that are no HTTP requests are carried out. */
export type CallScheme = 'mcp' | 'sql'

const pattern = /^(mcp|sql):\/\/([a-z]{3}_[0-9a-z]{26})(\/[A-Za-z][A-Za-z0-9_-]{0,47})$/

/** What such an address consists of; undefined for any other. */
export function readCallAddress(url: string) {
  const [, scheme, host, path] = pattern.exec(url) ?? []
  if (scheme === undefined || host === undefined || path === undefined) return undefined
  return { scheme: scheme as CallScheme, origin: `${scheme}://${host}`, host, path }
}

/** Is it one by its scheme, whatever else it says? */
export const hasCallScheme = (url: string): boolean => /^(?:mcp|sql):/i.test(url)

type Parts = {
  readonly method: string
  readonly url: string
  readonly origin: string
  readonly host: string
  readonly path: string
  readonly headers: readonly (readonly [string, string])[]
  readonly hasBody: boolean
  readonly tool?: unknown
  readonly passed?: string | undefined
}

/** The one header of such a call. */
export const callHeaders = [['content-type', 'application/json']] as const

/** Is it what freezing makes of such a call, and nothing else? */
export function isWholeCall(call: Parts): boolean {
  const address = readCallAddress(call.url)
  return (
    address !== undefined &&
    (['origin', 'host', 'path'] as const).every((part) => address[part] === call[part]) &&
    (call.method === 'GET' || call.method === 'POST') &&
    JSON.stringify(call.headers) === JSON.stringify(callHeaders) &&
    call.hasBody &&
    call.tool !== undefined &&
    call.passed === undefined
  )
}
