import { type ServerType, serve } from '@hono/node-server'

// Listens, bounds what a connection may take, and drains at the end.

/** What a connection may take, so that none is held for nothing: slow senders, slow readers and mere crowds. */
const serverOptions = {
  /** Until the head of a request is there, counted from the opening of the connection. */
  headersTimeout: 10_000,
  /** Until the body is there as well. */
  requestTimeout: 60_000,
  /** How long a connection is kept for a next request: longer than the proxies in front keep theirs. */
  keepAliveTimeout: 65_000,
  /** How often the first two are looked at. */
  connectionsCheckingInterval: 2_000,
} as const
/** A connection on which nothing moves; longer than the longest call, which waits for an owner and then for the upstream. */
const silenceMsMax = 400_000
const connectionsMax = 12_000

/** How long requests that are under way at the end may take. Container platforms kill after ten seconds. */
const drainMs = 8_000
const idleCheckMs = 50

type Fetch = (request: Request, bindings: object) => Response | Promise<Response>

export interface ListenOptions {
  readonly host: string
  /** 0: any that is free. */
  readonly port: number
  /** Where the host is a loopback address, take the one of the other family too, so that `localhost` leads here alone. */
  readonly takeLocalhost: boolean
  readonly serve: Fetch
  /** Answers what still comes on open connections while the vault stops. */
  readonly refuse: () => Response
}

/** A vault that listens. */
export interface Listener {
  readonly port: number
  /** Whether nobody else on this machine can answer at `localhost` and this port. */
  readonly ownsLocalhost: boolean
  /**
   * Takes no new connections and no new requests, and resolves when those under way are answered, or cut off after eight
   * seconds.
   */
  drain(): Promise<void>
}

/** Resolves when it listens; rejects with the error of the operating system. */
export async function listen(options: ListenOptions): Promise<Listener> {
  const state = { isStopping: false }
  const fetch: Fetch = (request, bindings) =>
    state.isStopping ? options.refuse() : options.serve(request, bindings)
  const server = await open(options, fetch)
  const bound = server.address()
  const { address, port } =
    typeof bound === 'object' && bound !== null ? bound : { ...options, address: options.host }
  const other = options.takeLocalhost ? await openOther({ host: address, port }, fetch) : 'not ours'
  const servers = typeof other === 'object' ? [server, other] : [server]
  return {
    port,
    ownsLocalhost: other !== 'not ours',
    async drain() {
      state.isStopping = true
      await Promise.all(servers.map(drain))
    },
  }
}

const otherLoopback: Readonly<Record<string, string>> = { '127.0.0.1': '::1', '::1': '127.0.0.1' }
/** What the operating system says where the machine has no such address: nobody can answer there either. */
const noSuchAddress = ['EADDRNOTAVAIL', 'EAFNOSUPPORT']

/**
 * Listens at the loopback address of the other family. Browsers try both for `localhost`: whoever held the other one could
 * show a page of their own there, and agents run on this machine.
 */
async function openOther(
  { host, port }: { host: string; port: number },
  fetch: Fetch,
): Promise<ServerType | 'nobody’s' | 'not ours'> {
  const other = otherLoopback[host]
  if (other === undefined) return 'not ours'
  try {
    return await open({ host: other, port }, fetch)
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : ''
    return noSuchAddress.includes(code) ? 'nobody’s' : 'not ours'
  }
}

function open(
  { host, port }: Pick<ListenOptions, 'host' | 'port'>,
  fetch: Fetch,
): Promise<ServerType> {
  return new Promise((resolve, reject) => {
    const server = serve({ fetch, hostname: host, port, serverOptions }, () => resolve(server))
    server.maxConnections = connectionsMax
    server.setTimeout(silenceMsMax)
    server.once('error', reject)
  })
}

function drain(server: ServerType): Promise<void> {
  if (!('closeAllConnections' in server)) return Promise.resolve()
  return new Promise((resolve) => {
    // Clients that keep their connection do not keep the vault: each is closed as soon as its answer is out.
    const idle = setInterval(() => server.closeIdleConnections(), idleCheckMs)
    const end = setTimeout(() => server.closeAllConnections(), drainMs)
    server.close(() => {
      clearInterval(idle)
      clearTimeout(end)
      resolve()
    })
    server.prependListener('request', (_request, answer) => {
      answer.shouldKeepAlive = false
    })
    server.closeIdleConnections()
  })
}
