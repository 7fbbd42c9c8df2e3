// The token of a link that was handed to a person (`/setup#token=…`): a fragment is never sent to a server.

const readToken = () => new URLSearchParams(location.hash.slice(1)).get('token') ?? ''

/** Whether the address bar holds such a link. */
export const isTokenLink = (): boolean => readToken() !== ''

/**
 * The token in the address bar, or nothing. It leaves the address bar and the history, where others could read it. To be
 * called before the router looks at the address.
 */
export function takeLinkToken(): string {
  const token = readToken()
  if (token !== '') history.replaceState(history.state, '', location.pathname)
  return token
}
