import type { Context, Next } from 'hono'
import type { Responder } from './respond.ts'

// Where providers send a browser back to. The cookies of the vault are SameSite=Strict: they do not come along with a
// navigation that another site began. So the browser is led to a page of the dashboard, which asks in its own name.

/** The redirect URIs that are registered with providers, and the pages that go on. */
const pages = [
  ['/api/v1/session/oidc/callback', '/sign-in/callback'],
  ['/api/v1/connections/callback', '/connections/callback'],
] as const

/** What leads browsers on from each redirect URI, the whole query with them; programs, which ask for JSON, pass. */
export function leadBrowsersBack(needs: {
  readonly respond: Responder
  readonly requestId: () => string
}) {
  return pages.map(([path, page]) => {
    const lead = (c: Context, next: Next) =>
      wantsPage(c)
        ? needs.respond.send({
            status: 303,
            body: null,
            type: 'text/plain; charset=utf-8',
            requestId: needs.requestId(),
            // Of this very host, whatever it is called: what the provider said goes nowhere else.
            headers: { location: `${page}${new URL(c.req.url).search}` },
          })
        : next()
    return [path, lead] as const
  })
}

/** RFC 9110 §12.5.1: named, not only allowed by a star, which programs send. */
function wantsPage(c: Context): boolean {
  const accepted = (c.req.header('accept') ?? '').split(',')
  return accepted.some((type) => type.split(';', 1)[0]?.trim().toLowerCase() === 'text/html')
}
