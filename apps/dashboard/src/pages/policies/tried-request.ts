import type { PolicyDocument } from '@sallyport/contracts'

// A request that is tried against a draft, out of what a person types.

/** The fields of the form. */
export interface TypedRequest {
  readonly method: string
  readonly url: string
  /** `name=value`, one a line. */
  readonly query: string
  /** JSON, or any other text. */
  readonly body: string
}

/** The same, as `execute` takes it. */
export interface TriedRequest {
  readonly method: string
  readonly url: string
  readonly query?: Record<string, string>
  readonly body?: unknown
}

/** Reads what was typed: a body that is JSON is sent as JSON, any other as text; empty parts are left out. */
export function readTypedRequest({ method, url, query, body }: TypedRequest): TriedRequest {
  const lines = query.split('\n').filter((line) => line.trim() !== '')
  const pairs = lines.map((line) => {
    const at = line.indexOf('=')
    return at < 0
      ? ([line.trim(), ''] as const)
      : ([line.slice(0, at).trim(), line.slice(at + 1)] as const)
  })
  return {
    method,
    url: url.trim(),
    ...(pairs.length > 0 && { query: Object.fromEntries(pairs) }),
    ...(body.trim() !== '' && { body: readBody(body) }),
  }
}

function readBody(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return text // Not JSON, and so text: the vault takes both.
  }
}

/** A request to begin with: the first thing that the draft allows, or the first place where the credential may go. */
export function firstTry(draft: PolicyDocument, origins: readonly string[]): TypedRequest {
  const [entry] = draft.allow
  const [path = '/'] = entry?.paths ?? []
  const origin = entry === undefined || entry.origin.includes('*') ? origins[0] : entry.origin
  const plain = path.replace(/\*\*$/, '').replaceAll('*', '1')
  return { method: entry?.methods[0] ?? 'GET', url: `${origin ?? ''}${plain}`, query: '', body: '' }
}
