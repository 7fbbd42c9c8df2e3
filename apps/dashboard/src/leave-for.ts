import { Problem } from '@sallyport/contracts'
import { ownPath } from './search.ts'

// To a provider's page and back: the browser leaves the dashboard as a whole.

const placeKey = 'sallyport.left-from'
/** Longer than this a press of a button is not shown as being under way. */
const leavingMsMax = 5_000

/**
 * Sends the browser to a provider's page and remembers where it left, for a second try. Resolves where it has not left after
 * all, or has come back by its own "back". Throws a Problem for an address that no browser should follow.
 */
export function leaveFor(url: string): Promise<void> {
  if (!URL.canParse(url) || !/^https?:$/.test(new URL(url).protocol)) {
    throw new Problem('provider-unavailable', 'The provider’s address is not one of the web.', {
      next: 'Look at the endpoints of its OAuth app.',
    })
  }
  requireWayBack(new URL(url).searchParams.get('redirect_uri'))
  sessionStorage.setItem(placeKey, `${location.pathname}${location.search}`)
  location.assign(url)
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, leavingMsMax)
    const back = () => {
      clearTimeout(timer)
      resolve()
    }
    window.addEventListener('pageshow', back, { once: true })
  })
}

/**
 * The provider sends the browser back to the address that is registered with it. Somebody who opened the dashboard at another
 * one (127.0.0.1 for localhost) is not signed in there, and would be refused after all the clicks.
 */
function requireWayBack(redirectUri: string | null): void {
  if (redirectUri === null || !URL.canParse(redirectUri)) return
  const { origin } = new URL(redirectUri)
  if (origin === location.origin) return
  throw new Problem(
    'session-required',
    `The provider would send you back to ${origin}, but you have this page open at ${location.origin}.`,
    { next: `Open ${origin}${location.pathname} and begin there.` },
  )
}

/** The path of the page that was left last for a provider's, where this tab remembers one. */
export const placeLeft = (): string | undefined =>
  ownPath(sessionStorage.getItem(placeKey) ?? undefined)
