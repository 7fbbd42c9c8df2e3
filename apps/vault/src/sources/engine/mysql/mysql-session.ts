import { type Connection, createConnection } from 'mysql2'
import { errorCode, tlsFailed } from '../database-problem.ts'
import { MeteredSocket } from '../metered-socket.ts'
import type { DatabaseSockets, ServerJob } from '../server-needs.ts'

const killMsMax = 3_000
const killBytesMax = 64 * 1024

export type SessionWho = Pick<ServerJob, 'target' | 'login'>

/** One connection of mysql2's, over a socket of ours. */
export interface MysqlSession {
  readonly connection: Connection
  readonly isMariaDb: boolean
  /** More came than is taken; the connection was cut. */
  isOver(): boolean
  /** Has the server stop what it runs, over a connection of its own, and ends this one. */
  kill(): void
  destroy(): void
  /** Rejects when the connection breaks, which a command is not always told. */
  readonly broken: Promise<never>
}

/**
 * Dials and signs in.
 * @throws Problem of the dial and of TLS; what mysql2 throws: `code` begins with ER_ where the server said it
 */
export async function openMysqlSession(
  who: SessionWho & { readonly sockets: DatabaseSockets; readonly receivedBytesMax: number },
  signal: AbortSignal,
): Promise<MysqlSession> {
  const { host, port, tls } = who.target
  const dialled = await who.sockets.dial({ host, port, isTls: tls === 'require' }, signal)
  const socket = new MeteredSocket(dialled, who.receivedBytesMax)
  const connection = createConnection(settings(who, socket))
  let fail: (error: unknown) => void = () => {}
  const broken = new Promise<never>((_, reject) => {
    fail = reject
  })
  broken.catch(() => {}) // told to whoever races with it
  connection.on('error', (error) => fail(error))
  const cut = () => socket.destroy()
  signal.addEventListener('abort', cut)
  try {
    const version = await Promise.race([greeted(connection), broken])
    return {
      connection,
      broken,
      isMariaDb: version.includes('MariaDB'),
      isOver: () => socket.isOver,
      kill() {
        void killQuery(who, connection.threadId).finally(cut)
      },
      destroy: cut,
    }
  } catch (error) {
    const isSecured = who.target.tls === 'off' || isAuthorized(connection)
    cut()
    // The driver may hear of the end of the connection before it hears why.
    const code = errorCode(error)
    throw isSecured || code.startsWith('ER_') ? error : tlsFailed(code)
  } finally {
    signal.removeEventListener('abort', cut)
  }
}

/** Whether TLS stands, with a certificate that was verified. */
function isAuthorized(connection: Connection): boolean {
  const stream: unknown = Reflect.get(connection, 'stream')
  return typeof stream === 'object' && stream !== null && Reflect.get(stream, 'authorized') === true
}

function settings(
  { target, login, sockets }: SessionWho & { readonly sockets: DatabaseSockets },
  socket: MeteredSocket,
) {
  return {
    ...{ host: target.host, port: target.port, database: target.database },
    ...{ user: login?.user ?? 'sallyport', password: login?.password ?? '' },
    stream: () => socket,
    ...(target.tls === 'require' && {
      ssl: {
        minVersion: 'TLSv1.2',
        rejectUnauthorized: true,
        verifyIdentity: true, // without it any certificate of a known authority would do
        ...(sockets.ca !== undefined && { ca: [...sockets.ca] }),
      },
    }),
    // The server may not ask for a file, and takes one statement at a time.
    flags: ['-LOCAL_FILES', '-MULTI_STATEMENTS'],
    multipleStatements: false,
    enableCleartextPlugin: false,
    rowsAsArray: true,
    supportBigNumbers: true,
    dateStrings: true,
    timezone: 'Z',
    // Makes no code of the names of columns.
    disableEval: true,
    enableKeepAlive: false,
    connectTimeout: 0,
    trace: false,
  }
}

function greeted(connection: Connection): Promise<string> {
  return new Promise((resolve) => {
    connection.once('connect', (greeting: unknown) => {
      const version =
        typeof greeting === 'object' && greeting !== null
          ? Reflect.get(greeting, 'serverVersion')
          : ''
      resolve(String(version))
    })
  })
}

async function killQuery(
  who: SessionWho & { readonly sockets: DatabaseSockets },
  threadId: number,
): Promise<void> {
  const signal = AbortSignal.timeout(killMsMax)
  try {
    const session = await openMysqlSession({ ...who, receivedBytesMax: killBytesMax }, signal)
    const cut = () => session.destroy()
    signal.addEventListener('abort', cut)
    await Promise.race([say(session, `KILL QUERY ${Number(threadId)}`), session.broken])
    cut()
  } catch {
    // The server's own timeout ends the statement.
  }
}

/** Says one of our own statements, which answer nothing. */
export function say({ connection, broken }: MysqlSession, statement: string): Promise<void> {
  const said = new Promise<void>((resolve, reject) => {
    connection.query(statement, (error) => (error === null ? resolve() : reject(error)))
  })
  return Promise.race([said, broken])
}
