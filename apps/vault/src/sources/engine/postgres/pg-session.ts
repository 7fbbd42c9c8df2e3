import { Client, Connection, DatabaseError } from 'pg'
import { errorCode, signInRefused, tlsFailed } from '../database-problem.ts'
import { MeteredSocket } from '../metered-socket.ts'
import type { DatabaseSockets } from '../server-needs.ts'
import type { SqlLogin, SqlServerTarget } from '../sql-engine.ts'

/** Whoever waits no longer for a cancelled statement gives the cancelling so long. */
const cancelMsMax = 3_000
const cancelBytesMax = 64 * 1024

interface SessionNeeds {
  readonly sockets: DatabaseSockets
  readonly target: SqlServerTarget
  readonly login: SqlLogin | undefined
  readonly receivedBytesMax: number
}

/** One connection of pg's client, over a socket of ours. */
export interface PgSession {
  readonly client: Client
  /** More came than is taken; the connection was cut. */
  isOver(): boolean
  /** Asks the server, over a connection of its own, to stop what it runs, and ends this one. */
  cancel(): void
  /** Leaves politely. Never fails. */
  end(): Promise<void>
}

/** What is said first: the user and the database, and nothing of the environment, which pg would read. */
class QuietClient extends Client {
  getStartupConf(): Record<string, string> {
    const { user = '', database = '' } = this
    return { user, database, application_name: 'sallyport', client_encoding: 'UTF8' }
  }
}

/**
 * Dials and signs in.
 * @throws Problem of the dial and of TLS; what pg throws, a `DatabaseError` where the server said it
 */
export async function openPgSession(needs: SessionNeeds, signal: AbortSignal): Promise<PgSession> {
  const { target, login, sockets } = needs
  const socket = await dial(needs, signal, needs.receivedBytesMax)
  const client = new QuietClient({
    ...{ host: target.host, port: target.port, database: target.database },
    // pg looks into PGUSER, PGPASSWORD and ~/.pgpass where it is given nothing.
    user: login?.user ?? 'sallyport',
    password: () => passwordOf(login),
    stream: () => socket,
    ssl: tlsOf(target, sockets),
    sslnegotiation: 'postgres',
  })
  client.on('error', () => {}) // each query hears of it by itself
  let isSecured = target.tls === 'off'
  const connection: Connection = Reflect.get(client, 'connection')
  connection.once('sslconnect', () => {
    connection.stream.once('secureConnect', () => {
      isSecured = true
    })
  })
  const cut = () => socket.destroy()
  signal.addEventListener('abort', cut)
  try {
    await client.connect()
  } catch (error) {
    socket.destroy()
    // pg may hear of the end of the connection before it hears why.
    throw isSecured || error instanceof DatabaseError ? error : tlsFailed(errorCode(error))
  } finally {
    signal.removeEventListener('abort', cut)
  }
  return {
    client,
    isOver: () => socket.isOver,
    cancel() {
      void cancelStatement(needs, client).finally(() => socket.destroy())
    },
    async end() {
      const timer = setTimeout(() => socket.destroy(), cancelMsMax)
      await client.end().catch(() => {})
      clearTimeout(timer)
      socket.destroy()
    },
  }
}

/** Called where the server asks for one. */
function passwordOf(login: SqlLogin | undefined): string {
  if (login !== undefined && login.password !== '') return login.password
  throw signInRefused('The database asks for a password, and the source has none.', 'NO_PASSWORD')
}

async function dial(
  { sockets, target }: SessionNeeds,
  signal: AbortSignal,
  receivedBytesMax: number,
): Promise<MeteredSocket> {
  const { host, port } = target
  const isTls = target.tls === 'require'
  return new MeteredSocket(await sockets.dial({ host, port, isTls }, signal), receivedBytesMax)
}

/** pg ends the connection where the server offers none. */
function tlsOf({ tls }: SqlServerTarget, { ca }: DatabaseSockets) {
  if (tls === 'off') return false
  return {
    minVersion: 'TLSv1.2' as const,
    rejectUnauthorized: true, // said aloud: NODE_TLS_REJECT_UNAUTHORIZED must not switch it off
    ...(ca !== undefined && { ca: [...ca] }),
  }
}

/** A connection that says one thing: the number of the session and its secret. The server answers by hanging up. */
async function cancelStatement(needs: SessionNeeds, client: Client): Promise<void> {
  const [processId, secret] = ['processID', 'secretKey'].map((name) => Reflect.get(client, name))
  const signal = AbortSignal.timeout(cancelMsMax)
  try {
    const socket = await dial(needs, signal, cancelBytesMax)
    const connection = new Connection({
      stream: () => socket,
      ssl: tlsOf(needs.target, needs.sockets),
    })
    const ended = new Promise<void>((resolve) => {
      connection.on('error', () => resolve()).on('end', () => resolve())
    })
    const say = () => Reflect.get(connection, 'cancel').call(connection, processId, secret)
    connection.on('connect', () => {
      if (needs.target.tls === 'off') say()
      else Reflect.get(connection, 'requestSsl').call(connection)
    })
    connection.on('sslconnect', say)
    Reflect.get(connection, 'connect').call(connection, needs.target.port, needs.target.host)
    await ended
    socket.destroy()
  } catch {
    // The server's own timeout ends the statement.
  }
}
