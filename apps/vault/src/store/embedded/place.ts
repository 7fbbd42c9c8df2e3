// Decides where the embedded database lives: in the data directory where its user can enter it, else beside all others.
import { createHash } from 'node:crypto'
import {
  chmodSync,
  chownSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  realpathSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { Problem } from '@sallyport/contracts'
import { canUse, findServerUser, type ServerUser } from './server-user.ts'
import { writeDurably } from './write-durably.ts'

/** The directories of one embedded database. */
export interface Place {
  readonly user: ServerUser | undefined
  /** Holds the cluster (`data`) and what belongs to it; only the server's user may enter. */
  readonly home: string
  /** PGDATA. */
  readonly cluster: string
  /** Where the server's Unix socket stands; short enough for the operating system. */
  readonly socketDirectory: string
  /** The path of the socket that a running vault holds, so that a second one finds out. */
  readonly lockPath: string
  /** For a copy of the binaries. */
  readonly copyBase: string
}

/** For the server and its data where the vault runs as root and the data directory is out of the server's reach. */
const sharedBase = '/var/lib/sallyport'
/** `sun_path` holds 104 bytes on macOS and 108 on Linux, the final NUL included. */
const socketPathBytesMax = 100
const socketName = '.s.PGSQL.5432'
const lockName = 'vault.lock'
/** In the data directory: where the cluster is, when it is not there. */
const recordName = 'postgres-location.json'

/**
 * Makes the directories that are missing. What a data directory has recorded stays so. Throws `store-unavailable` when the
 * recorded place is gone, or a directory that has to be private is somebody else's.
 */
export function choosePlace(dataDir: string): Place {
  const made = mkdirSync(dataDir, { recursive: true, mode: 0o700 })
  const root = realpathSync(dataDir)
  // A vault may be started in the folder of a project: its root key and its database are to get into no repository.
  if (made !== undefined) writeFileSync(join(root, '.gitignore'), '*\n')
  const recorded = readRecord(root)
  const inside = join(root, 'postgres')
  const user = findServerUser(recorded ?? inside)
  const home = recorded ?? (reachable(root, user) ? inside : joinShared(root))
  if (recorded === undefined && home !== inside) {
    writeDurably(join(root, recordName), `${JSON.stringify({ home })}\n`)
  }
  if (!existsSync(home)) mkdirSync(home, { recursive: true, mode: 0o700 })
  makePrivate(home, user)
  const short = shortHash(home)
  return {
    user,
    home,
    cluster: join(home, 'data'),
    socketDirectory: fitting({ wanted: join(home, 'run'), name: socketName, short, user }),
    lockPath: join(
      fitting({ wanted: root, name: lockName, short: `${short}-l`, user: undefined }),
      lockName,
    ),
    copyBase: user === undefined ? root : sharedBase,
  }
}

function readRecord(root: string): string | undefined {
  const path = join(root, recordName)
  if (!existsSync(path)) return undefined
  const { home }: { home: string } = JSON.parse(readFileSync(path, 'utf8'))
  if (existsSync(home)) return home
  throw new Problem(
    'store-unavailable',
    `The database of ${root} was kept in ${home}, and is not there.`,
    {
      next: `The operator has to bring it back, or remove ${path} to begin with an empty database.`,
    },
  )
}

/** The server's user has to pass through the data directory, and can then read nothing but what is meant for it. */
function reachable(root: string, user: ServerUser | undefined): boolean {
  if (user === undefined) return true
  if (!canUse(user, '-x', join(root, '..'))) return false
  chmodSync(root, (statSync(root).mode & 0o7777) | 0o011)
  return canUse(user, '-x', root)
}

function joinShared(root: string): string {
  for (const path of [sharedBase, join(sharedBase, 'clusters')]) {
    mkdirSync(path, { recursive: true })
    chmodSync(path, 0o755)
  }
  return join(sharedBase, 'clusters', shortHash(root))
}

function fitting(need: {
  wanted: string
  name: string
  short: string
  user: ServerUser | undefined
}): string {
  const fits = Buffer.byteLength(join(need.wanted, need.name)) <= socketPathBytesMax
  const path = fits ? need.wanted : join(shortBase(), `sallyport-${need.short}`)
  mkdirSync(path, { recursive: true, mode: 0o700 })
  if (path !== need.wanted || need.user !== undefined) makePrivate(path, need.user)
  return path
}

/** A place for sockets with a short path: the user's own where the system has one. */
function shortBase(): string {
  const own = `/run/user/${process.getuid?.() ?? ''}`
  return existsSync(own) ? own : '/tmp'
}

/** Anybody can make a directory in /tmp before us: one that is not ours, or a link, is refused. */
function makePrivate(path: string, user: ServerUser | undefined): void {
  const mine = process.getuid?.()
  const found = lstatSync(path)
  if (!found.isDirectory() || (found.uid !== mine && found.uid !== user?.uid))
    throw new Problem('store-unavailable', `${path} belongs to somebody else.`, {
      next: 'The operator has to remove it, and to see who made it.',
    })
  if ((found.mode & 0o777) !== 0o700) chmodSync(path, 0o700)
  if (user !== undefined && found.uid !== user.uid) chownSync(path, user.uid, user.gid)
}

const shortHash = (path: string) => createHash('sha256').update(path).digest('hex').slice(0, 16)
