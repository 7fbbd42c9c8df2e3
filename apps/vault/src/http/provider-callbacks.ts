import type { Context } from 'hono'
import type { App } from './app.ts'
import type { Responder } from './respond.ts'

// Where providers send a browser back to. The cookies of the vault are SameSite=Strict: they do not come along with a
// navigation that another site began. So the browser is led to a page of the dashboard, which asks in its own name.

/** The redirect URIs that are registered with providers, and the page that goes on. */
const callbacks = [
  // The operation is a POST: whatever comes as a GET is a browser on its way.
  { path: '/api/v1/session/oidc/callback', page: '/sign-in/callback', isLed: () => true },
  // The operation is a GET too: for programs, which ask for JSON.
  { path: '/api/v1/connections/callback', page: '/connections/callback', isLed: wantsPage },
] as const

/** Leads browsers on, the whole query with them. To be called before the operations are mounted. */
export function leadProvidersBack(
  app: App,
  { respond, requestId }: { readonly respond: Responder; readonly requestId: () => string },
): void {
  for (const { path, page, isLed } of callbacks) {
    app.get(path, (c, next) => {
      if (!isLed(c)) return next()
      return respond.send({
        status: 303,
        body: null,
        type: 'text/plain; charset=utf-8',
        requestId: requestId(),
        // Of this very host, whatever it is called: the answer's parameters go nowhere else.
        headers: { location: `${page}${new URL(c.req.url).search}` },
      })
    })
  }
}

function wantsPage(c: Context): boolean {
  const accepted = c.req.header('accept') ?? ''
  return accepted
    .split(',')
    .some((type) => type.split(';', 1)[0]?.trim().toLowerCase() === 'text/html')
}
