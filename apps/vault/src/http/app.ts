import { Problem } from '@sallyport/contracts'
import { Hono } from 'hono'
import type { MountContext, Mounted } from './mount.ts'
import { observed } from './observe-request.ts'
import { asProblem } from './problem.ts'
import { leadBrowsersBack } from './provider-callbacks.ts'

// The outermost room: it mounts the operations, and what is not mounted answers 404.

/** What the app reads of a node request: Hono itself does not know the peer. */
export type Bindings = { incoming: { socket: { remoteAddress?: string } } }
export type App = Hono<{ Bindings: Bindings }>

/** `/v1/agents/{agentId}` as Hono writes it. */
const toRoute = (path: string) => path.replaceAll(/\{(\w+)\}/g, ':$1')

/** What is served at an address; one such as `/policies/try` may be two operations' at once. */
function methodsAt(mounted: readonly Mounted[], path: string): string[] {
  const steps = path.split('/')
  const fits = (own: readonly string[]) =>
    own.length === steps.length && own.every((step, i) => step === steps[i] || step[0] === '{')
  const served = mounted.filter(({ operation }) => fits(operation.path.split('/')))
  return [...new Set(served.map(({ operation }) => operation.method))]
}

/** Builds the app of the mounted operations and nothing else. It does not listen. */
export function createApp(mounted: readonly Mounted[], context: MountContext): App {
  const app: App = new Hono<{ Bindings: Bindings }>()
  const routes = new Set<string>()
  for (const [path, lead] of leadBrowsersBack(context)) app.get(path, lead)
  for (const { operation, serve } of mounted) {
    const route = toRoute(operation.path)
    app.on(operation.method, route, async (c) => {
      const answer = await serve(c, context)
      // Hono answers HEAD by GET without its body: a stream that nobody reads would stay open.
      if (c.req.raw.method === 'HEAD') await answer.body?.cancel()
      return answer
    })
    routes.add(route)
  }
  const serveNothing = observed(context, 'none')
  for (const route of routes) {
    app.all(route, (c) => {
      const allow = methodsAt(mounted, c.req.path).join(', ')
      const problem = new Problem('method-not-allowed', `${c.req.method} is not served here.`, {
        next: `Use ${allow}.`,
      })
      return serveNothing(c, ({ requestId }) => {
        const answer = context.respond.problem(problem, requestId)
        answer.headers.set('allow', allow)
        return answer
      })
    })
  }
  app.notFound((c) => {
    const problem = new Problem('not-found', 'There is nothing at this address.', {
      next: 'The operations are listed at /openapi.json.',
    })
    return serveNothing(c, ({ requestId }) => context.respond.problem(problem, requestId))
  })
  app.onError((thrown) => {
    const requestId = context.requestId()
    return context.respond.problem(asProblem(thrown, context.log, requestId), requestId)
  })
  return app
}
