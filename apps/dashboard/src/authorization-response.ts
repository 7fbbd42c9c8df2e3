// What a provider sent the browser back with (RFC 6749 §4.1.2): a code that is worth an account until it is used.

/** Where providers' answers arrive. */
const landings = ['/connections/callback', '/sign-in/callback']
const known = ['state', 'code', 'iss', 'error', 'error_description', 'error_uri'] as const

/** The provider's answer as the vault takes it. */
export interface AuthorizationAnswer {
  readonly state: string
  readonly code?: string
  readonly iss?: string
  readonly error?: string
  readonly error_description?: string
  readonly error_uri?: string
}

/** Gives what the browser came back with, once; undefined afterwards, and where it came with nothing that can be an answer. */
export type TakeAnswer = () => AuthorizationAnswer | undefined

/**
 * Takes the provider's answer out of the address bar and the history, where others could read it. To be called before the
 * router looks at the address.
 */
export function takeAuthorizationResponse(): TakeAnswer {
  let answer = landings.includes(location.pathname) ? readAnswer(location.search) : undefined
  if (landings.includes(location.pathname) && location.search !== '') {
    history.replaceState(history.state, '', location.pathname)
  }
  return () => {
    const taken = answer
    answer = undefined
    return taken
  }
}

/** The members that are known. An answer that names one of them twice, or has no state, is none (RFC 6749 §3.1). */
export function readAnswer(query: string): AuthorizationAnswer | undefined {
  const given = new URLSearchParams(query)
  if (known.some((name) => given.getAll(name).length > 1)) return undefined
  const state = given.get('state') ?? ''
  if (state === '') return undefined
  const rest = known.flatMap((name) => {
    const value = given.get(name)
    return name === 'state' || value === null || value === '' ? [] : [[name, value] as const]
  })
  return { state, ...Object.fromEntries(rest) }
}
