import { type ServerType, serve } from '@hono/node-server'
import { Problem, toProblemBody } from '@sallyport/contracts'
import { Hono } from 'hono'

// A door of its own for whoever operates the vault: its metrics, whether it is alive, and whether it is ready. Nothing else.

/** Short, since whoever asks here is near and says little. */
const serverOptions = {
  headersTimeout: 5_000,
  requestTimeout: 5_000,
  keepAliveTimeout: 5_000,
  connectionsCheckingInterval: 1_000,
  maxHeaderSize: 4_096,
} as const
const silenceMsMax = 15_000
const connectionsMax = 100

/** What a scrape gets. */
export interface MetricsText {
  /** The media type of the text. */
  readonly type: string
  readonly text: string
}

/** Collects the metrics now. */
export type CollectMetrics = () => Promise<MetricsText>

export interface OperationsListenerNeeds {
  readonly host: string
  /** 0: any that is free. */
  readonly port: number
  /** Absent: `/metrics` is not there. */
  readonly metrics?: CollectMetrics | undefined
  /** Answers what is ready, or throws the Problem that says what is not. */
  readonly readiness: () => Promise<unknown>
}

export interface OperationsListener {
  readonly port: number
  /** Takes no more requests and lets go of those that hold a connection. */
  close(): Promise<void>
}

/**
 * Listens for `/metrics`, `/healthz` and `/readyz`. Resolves when it listens; rejects with the error of the operating system.
 * It asks nobody who they are: the operator chooses who reaches it.
 */
export async function startOperationsListener(
  needs: OperationsListenerNeeds,
): Promise<OperationsListener> {
  const app = createOperationsApp(needs)
  const server = await open(needs, app.fetch)
  const bound = server.address()
  return {
    port: typeof bound === 'object' && bound !== null ? bound.port : needs.port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        if ('closeAllConnections' in server) server.closeAllConnections()
      }),
  }
}

const textHeaders = { 'cache-control': 'no-store', 'x-content-type-options': 'nosniff' }

function createOperationsApp({ metrics, readiness }: OperationsListenerNeeds): Hono {
  const app = new Hono()
  app.get('/healthz', (c) => c.json({ status: 'ok' }, 200, textHeaders))
  app.get('/readyz', async (c) => {
    try {
      return c.json(await readiness(), 200, textHeaders)
    } catch (thrown) {
      return sayNotReady(thrown)
    }
  })
  if (metrics !== undefined) app.get('/metrics', () => answerMetrics(metrics))
  return app
}

/** Only what a Problem says in public; whatever else went wrong is no reader's business. */
function sayNotReady(thrown: unknown): Response {
  const problem =
    thrown instanceof Problem
      ? thrown
      : new Problem('store-unavailable', 'It could not be found out whether the vault is ready.')
  return new Response(JSON.stringify(toProblemBody(problem)), {
    status: 503,
    headers: { ...textHeaders, 'content-type': 'application/problem+json' },
  })
}

/** Answers a scrape. */
export async function answerMetrics(metrics: CollectMetrics): Promise<Response> {
  const { type, text } = await metrics()
  return new Response(text, { headers: { ...textHeaders, 'content-type': type } })
}

function open(
  { host, port }: Pick<OperationsListenerNeeds, 'host' | 'port'>,
  fetch: Hono['fetch'],
): Promise<ServerType> {
  return new Promise((resolve, reject) => {
    const server = serve({ fetch, hostname: host, port, serverOptions }, () => resolve(server))
    server.maxConnections = connectionsMax
    server.setTimeout(silenceMsMax)
    server.once('error', reject)
  })
}
