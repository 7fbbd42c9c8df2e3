import { Problem } from '@sallyport/contracts'

/** What the caller said: of a tool’s arguments, of a method’s parameters, of a statement of the model’s own. */
function frameOf(body: Uint8Array): string | undefined {
  try {
    const payload: Payload = JSON.parse(Buffer.from(body).toString('utf8'))
    const { method, params, run, statement, parameters, table, schema, ...rest } = payload
    const own = run === 'statement' ? statement : typeof statement
    const fixed = method === 'tools/call' ? params?.name : typeof params
    const places = [typeof params?.arguments, parameters?.length, typeof table, typeof schema]
    return JSON.stringify([method, run, own, fixed, places, rest])
  } catch {
    return undefined
  }
}

interface Payload {
  readonly method?: unknown
  readonly params?: { readonly name?: unknown; readonly arguments?: unknown }
  readonly run?: unknown
  readonly statement?: unknown
  readonly parameters?: readonly unknown[]
  readonly table?: unknown
  readonly schema?: unknown
}

/**
 * Rules may take something out of what a caller said, and of nothing else: another tool, another method or another statement of
 * the owner’s would be another call. @throws Problem policy-denied
 */
export function requireSameFrame(before: Uint8Array | undefined, after: Uint8Array): void {
  const frame = before && frameOf(before)
  if (frame !== undefined && frame === frameOf(after)) return
  throw new Problem(
    'policy-denied',
    'A rule of the policy would take something out of this call that is no argument of it.',
    { next: 'Ask the owner to change the rule, or not to grant this tool.' },
  )
}
