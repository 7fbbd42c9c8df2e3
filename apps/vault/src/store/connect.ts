// Opens clients of postgres.js on which no wait is without an end.
import net from 'node:net'
import postgres from 'postgres'

/** postgres.js client. */
export type Sql = postgres.Sql

/** How long a new connection may take until it is ready for a query. */
const connectTimeoutMs = 3_000
/** Between attempts to reconnect: short, so that service returns soon after the database does. */
const reconnectDelayMsMin = 20
const reconnectDelayMsMax = 500
/** How often a connection is looked at for whether anything came or went. */
const silenceCheckMs = 500
/** TCP keep-alive, for connections that idle behind a firewall. */
const keepAliveSeconds = 30

export interface ConnectOptions {
  /** `postgres://user:password@host:port/database`; a `?host=/directory` means a Unix socket, as in libpq. */
  readonly url: string
  readonly maxConnections: number
  readonly applicationName: string
  /** An idle connection is closed after this long. */
  readonly idleMsMax?: number
  /** A connection without a byte for this long, though not idle, is given up: server hung, or network cut. */
  readonly silenceMsMax: number
  /** Settings of each session, e.g. `{ statement_timeout: 5000 }`. */
  readonly settings?: Readonly<Record<string, string | number>>
  /** A session holds what must not go: postgres.js ends a connection of 30 to 60 minutes, whatever its session holds. */
  readonly keepsSession?: true
  readonly onNotify?: (channel: string, payload: string) => void
  readonly onClose?: () => void
}

/** Makes a client; nothing is opened before its first query. */
export function connect(options: ConnectOptions): Sql {
  const { url, socketDirectory } = splitUrl(options.url)
  // A variable, since the types of postgres.js leave out `socket` and `onnotify`.
  const clientOptions = {
    max: options.maxConnections,
    connect_timeout: connectTimeoutMs / 1000,
    keep_alive: keepAliveSeconds,
    ...(options.idleMsMax !== undefined && { idle_timeout: options.idleMsMax / 1000 }),
    backoff: (attempts: number) =>
      Math.min(reconnectDelayMsMin * 2 ** attempts, reconnectDelayMsMax) / 1000,
    connection: { application_name: options.applicationName, ...asText(options.settings) },
    socket: (target: SocketTarget) => openSocket(target, options.silenceMsMax),
    onnotice: () => {},
    ...(socketDirectory !== undefined && { host: socketDirectory }),
    ...(options.keepsSession && { max_lifetime: null }),
    ...(options.onNotify && { onnotify: options.onNotify, max_lifetime: null, fetch_types: false }),
    ...(options.onClose && { onclose: options.onClose }),
  }
  return postgres(url, clientOptions)
}

/** postgres.js leaves out what is falsy: a 0 that lifts a limit of the role would not get there. */
const asText = (settings: ConnectOptions['settings'] = {}) =>
  Object.fromEntries(Object.entries(settings).map(([name, value]) => [name, String(value)]))

/** The database's name and the role's, for sentences and grants; never the password. */
export function describeUrl(url: string): { host: string; database: string; user: string } {
  const { url: plain, socketDirectory } = splitUrl(url)
  const parsed = new URL(plain)
  const user = decodeURIComponent(parsed.username)
  return {
    host: socketDirectory ?? parsed.host,
    database: decodeURIComponent(parsed.pathname.slice(1)) || user,
    user,
  }
}

/** postgres.js would hand `host` to the server as a setting of the session, which refuses it. */
function splitUrl(text: string): { url: string; socketDirectory: string | undefined } {
  // A list of hosts is no URL to WHATWG; postgres.js reads it by itself.
  if (!URL.canParse(text)) return { url: text, socketDirectory: undefined }
  const url = new URL(text)
  const socketDirectory = url.searchParams.get('host') ?? undefined
  if (socketDirectory === undefined) return { url: text, socketDirectory }
  url.searchParams.delete('host')
  return { url: url.href, socketDirectory }
}

/** The part of its own options that postgres.js hands to a socket factory. */
interface SocketTarget {
  readonly path?: string | false
  readonly host: readonly string[]
  readonly port: readonly number[]
}

/**
 * Opens the socket of one connection. It is returned while it still connects: postgres.js would never use the slot again
 * if the factory threw, whereas an error on the socket is handled. What is written meanwhile waits in the socket.
 */
function openSocket(target: SocketTarget, silenceMsMax: number): net.Socket {
  const host = target.host[0] ?? 'localhost'
  const port = target.port[0] ?? 5432
  const socket = target.path
    ? net.connect({ path: target.path })
    : Object.assign(net.connect({ host, port, noDelay: true }), { host, port })
  endWhenSilent(socket, silenceMsMax)
  // A server that closes politely before it has let us in (a proxy without a backend does) would be tried again for ever,
  // without a pause and without an error to whoever waits.
  socket.on('end', () => {
    if (!socket.writableEnded) socket.destroy(socketError('ECONNRESET'))
  })
  return socket
}

/** Node has no TCP_USER_TIMEOUT: without this, a cut network would hold a connection for a quarter of an hour. */
function endWhenSilent(socket: net.Socket, silenceMsMax: number): void {
  let seenBytes = 0
  let silentMs = 0
  // Polled, since postgres.js removes all listeners of a socket when it puts TLS on.
  const timer = setInterval(() => {
    if (socket.destroyed) return clearInterval(timer)
    const bytes = socket.bytesRead + socket.bytesWritten
    silentMs = bytes === seenBytes ? silentMs + silenceCheckMs : 0
    seenBytes = bytes
    if (silentMs >= silenceMsMax) socket.destroy(socketError('ETIMEDOUT'))
  }, silenceCheckMs)
  timer.unref()
}

const socketError = (code: string) =>
  Object.assign(new Error(`the connection to PostgreSQL was lost (${code})`), { code })
