import { executeBodyBytesMax, Problem } from '@sallyport/contracts'
import { type CallScheme, callHeaders, readCallAddress } from './call-address.ts'
import {
  type CredentialSlot,
  type FreezeOptions,
  type FrozenRequest,
  type FrozenTool,
  freezeRequest,
  type RequestInput,
} from './freeze-request.ts'
import { encodeBody } from './request-body.ts'
import { digestRequest } from './request-digest.ts'

/** A call that is no HTTP request, as its tool made it. */
export interface CallInput {
  readonly scheme: CallScheme
  /** The id of the upstream MCP server or of the SQL source. */
  readonly target: string
  /** The tool’s own name: what stands in the path, by which policies tell calls apart. */
  readonly name: string
  /** GET reads, POST writes. */
  readonly method: 'GET' | 'POST'
  /** What is asked, as JSON: `McpPayload` or `SqlPayload`. */
  readonly payload: unknown
}

/** Freezes what the tool of a call made, or what the agent wrote where there is none. Problems as `freezeRequest`. */
export function freezeWanted(
  wanted: RequestInput | CallInput,
  options: FreezeOptions,
): FrozenRequest {
  if (!('scheme' in wanted)) return freezeRequest(wanted, options)
  const { tool, slot } = options
  // Calls of an agent’s own are read as HTTP requests: none comes here.
  if (tool === undefined) throw new Error('only a tool makes such a call')
  return freezeCall(wanted, { tool, slot })
}

/**
 * Builds a call once, in the form of a request: an address, one header, and what is asked as the body (S-14). So everything that
 * is decided, limited, approved, recorded and scrubbed of a request is so of a call.
 * @throws Problem invalid-arguments where it is larger than any request may be
 */
export function freezeCall(
  { scheme, target, name, method, payload }: CallInput,
  { tool, slot }: { readonly tool: FrozenTool; readonly slot?: CredentialSlot | undefined },
): FrozenRequest {
  const url = `${scheme}://${target}/${name}`
  const address = readCallAddress(url)
  const isOfCaller = slot?.passed !== undefined || slot?.placeholder !== undefined
  if (address === undefined || isOfCaller) throw new Error('no such call can be addressed')
  const body = encodeBody(payload, 'application/json')?.bytes
  if (body === undefined) throw new Error('a call asks for something')
  if (body.byteLength > executeBodyBytesMax) throw tooLarge()
  const headers = Object.freeze(callHeaders.map((pair) => Object.freeze([...pair] as const)))
  const { origin, host, path } = address
  const request = {
    ...{ method, url, origin, host, path, headers, body },
    query: Object.freeze([]),
    digest: digestRequest({ method, url, headers, body, tool, ofCaller: undefined }),
    droppedHeaders: Object.freeze([]),
    tool: Object.freeze(tool),
  }
  return Object.freeze(request) as unknown as FrozenRequest
}

const tooLarge = () =>
  new Problem('invalid-arguments', 'The arguments are larger than any call may be.', {
    next: 'Send less at once.',
    fields: [{ field: 'arguments', message: `must have at most ${executeBodyBytesMax} bytes` }],
  })
