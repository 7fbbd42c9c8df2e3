// Where programs live: a directory for each server, theirs alone, and a working directory inside it.
import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import {
  chmodSync,
  chownSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  realpathSync,
  rmdirSync,
  statSync,
} from 'node:fs'
import { dirname, isAbsolute, join, resolve, sep } from 'node:path'
import { Problem } from '@sallyport/contracts'
import { killAllOf } from './marked-processes.ts'
import type { FindProgramUser, ProgramUser } from './program-user.ts'

/** The directories of one program. */
export interface ProgramPlace {
  /** HOME: kept between runs, entered by nobody else. */
  readonly home: string
  readonly cwd: string
}

/** Where the vault runs as root and the data directory stands where others may not pass through. */
const sharedBase = '/var/lib/sallyport/upstreams'

/**
 * Makes the directory of a server where it is missing, and finds its working directory: inside, with all links followed; with
 * permission `full` any that is there.
 * @throws Problem upstream-command-refused, stage `resolve`, for a working directory outside, one that is no directory, and a
 * place that is not the vault's
 */
export async function preparePlace(options: {
  readonly dataDir: string
  readonly serverId: string
  readonly user: ProgramUser | undefined
  readonly cwd: string | undefined
  readonly permission: 'workspace' | 'full'
}): Promise<ProgramPlace> {
  const { user, serverId } = options
  if (!isServerId(serverId)) throw refused('The server has no usable id.')
  const home = join(chooseBase(options.dataDir, user), serverId)
  makePrivate(home, user)
  await makeInside(home, 'tmp', user)
  return { home, cwd: await findCwd(home, options) }
}

/**
 * Takes away the directory of a server that is gone, and those of its agents. Links are taken away and not followed: what is inside
 * goes by the right of the program's own user, so that nothing else can. What cannot be taken away stays.
 */
export async function removePlaces(options: {
  readonly dataDir: string
  readonly serverId: string
  readonly findUser: FindProgramUser
  /** Each of these users is one server’s alone: whatever of it runs still ends before. */
  readonly isOwn: boolean
}): Promise<void> {
  const { dataDir, serverId, findUser, isOwn } = options
  if (!isServerId(serverId)) return
  const base = findBase(dataDir, findUser(serverId))
  if (base === undefined) return
  const own = readdirSync(base).filter(
    (name) => name === serverId || name.startsWith(`${serverId}-`),
  )
  for (const name of own) {
    const user = findUser(name)
    if (isOwn && user !== undefined) killAllOf(name, user)
    await removePlace(join(base, name), user)
  }
}

/** What a try of a draft left, that ended with the vault, is no younger than this, in ms. */
const draftMsMin = 3_600_000

/**
 * Whose directories there are: the ids of servers, and of drafts that nobody tries any more. Nothing is made and nothing is looked at
 * inside.
 */
export function listPlaces(options: {
  readonly dataDir: string
  readonly findUser: FindProgramUser
  readonly nowMs: number
}): { readonly servers: readonly string[]; readonly drafts: readonly string[] } {
  const { dataDir, findUser, nowMs } = options
  const base = findBase(dataDir, findUser('any'))
  const names = base === undefined ? [] : readdirSync(base)
  const servers = names.flatMap((name) => /^(ups_[0-9a-z]+)(?:-|$)/.exec(name)?.[1] ?? [])
  const isOver = (name: string) => {
    const made = lstatSync(join(base ?? '', name), { throwIfNoEntry: false })?.mtimeMs
    return made !== undefined && nowMs - made > draftMsMin
  }
  const drafts = names.filter((name) => name.startsWith('draft-') && isOver(name))
  return { servers: [...new Set(servers)], drafts }
}

/** Whose the directories are. A directory is given to a user once, and by root alone. */
export function listOwners(dataDir: string, user: ProgramUser): ReadonlyMap<string, number> {
  const base = findBase(dataDir, user)
  const names = base === undefined ? [] : readdirSync(base)
  return new Map(
    names.flatMap((name): [string, number][] => {
      const found = lstatSync(join(base ?? '', name), { throwIfNoEntry: false })
      return found === undefined ? [] : [[name, found.uid]]
    }),
  )
}

async function removePlace(path: string, user: ProgramUser | undefined): Promise<void> {
  if (!lstatSync(path).isDirectory()) return
  await runQuietly('/bin/rm', ['-rf', '--', path], { user, cwd: '/' })
  // The directory itself stands in the vault's, out of which its user can take nothing.
  if (existsSync(path)) rmdirSync(path)
}

/** Where packages are installed, so that every program's user gets to them. */
export const installBase = (dataDir: string, user: ProgramUser | undefined): string =>
  join(chooseBase(dataDir, user), 'installed')

const isServerId = (serverId: string) => /^[A-Za-z0-9_-]{1,64}$/.test(serverId)

async function findCwd(
  home: string,
  options: {
    cwd: string | undefined
    permission: 'workspace' | 'full'
    user: ProgramUser | undefined
  },
): Promise<string> {
  const { cwd = '', permission, user } = options
  if (cwd.includes('\0') || cwd.length > 1024) throw refused('The working directory is no path.')
  if (isAbsolute(cwd) && permission !== 'full') {
    throw refused(
      'An absolute working directory needs the permission “full”.',
      'The owner writes a path relative to the server’s own directory, or gives the server that permission.',
    )
  }
  const wanted = resolve(home, cwd)
  const isInside = isWithin(home, wanted)
  if (!isInside && permission !== 'full') throw outside()
  // Nothing is made behind a link that leads away.
  if (permission !== 'full' && !isWithin(home, realOfNearest(wanted))) throw outside()
  if (isInside && wanted !== home) await makeInside(home, wanted.slice(home.length + 1), user)
  const found = realOf(wanted)
  if (found === undefined || !statSync(found).isDirectory()) {
    throw refused('The working directory is not there, or is no directory.')
  }
  if (permission !== 'full' && !isWithin(home, found)) throw outside()
  return found
}

/** In the data directory where the program's user can pass through it, else beside all others. */
function chooseBase(dataDir: string, user: ProgramUser | undefined): string {
  mkdirSync(dataDir, { recursive: true, mode: 0o700 })
  const root = realpathSync(dataDir)
  const inside = join(root, 'upstreams')
  if (user === undefined || isReachable(root, user)) return makeBase(inside)
  makeBase(sharedBase)
  return makeBase(sharedBaseOf(root))
}

/** The data directories of other vaults have others. */
const sharedBaseOf = (root: string) =>
  join(sharedBase, createHash('sha256').update(root).digest('hex').slice(0, 16))

/** The same where it has been made. */
function findBase(dataDir: string, user: ProgramUser | undefined): string | undefined {
  const root = realOf(dataDir)
  if (root === undefined) return undefined
  const isInside = user === undefined || canEnter(dirname(root), user)
  const base = isInside ? join(root, 'upstreams') : sharedBaseOf(root)
  return lstatSync(base, { throwIfNoEntry: false })?.isDirectory() === true ? base : undefined
}

/** The user may pass through the data directory, and can read nothing in it but what is meant for it. */
function isReachable(root: string, user: ProgramUser): boolean {
  if (!canEnter(dirname(root), user)) return false
  const mode = statSync(root).mode & 0o7777
  if ((mode & 0o011) !== 0o011) chmodSync(root, mode | 0o011)
  return true
}

function makeBase(path: string): string {
  if (!existsSync(path)) mkdirSync(path, { recursive: true, mode: 0o711 })
  const found = lstatSync(path)
  if (!found.isDirectory() || found.uid !== process.getuid?.()) {
    throw refused(`${path} is not the vault’s own directory.`, 'The operator looks who made it.')
  }
  if ((found.mode & 0o777) !== 0o711) chmodSync(path, 0o711)
  return path
}

/** Its parent is the vault's, so that nobody can put a link in its place. */
function makePrivate(path: string, user: ProgramUser | undefined): void {
  if (!existsSync(path)) mkdirSync(path, { mode: 0o700 })
  const found = lstatSync(path)
  const owner = user?.uid ?? process.getuid?.()
  if (!found.isDirectory()) throw refused(`${path} is not a directory.`)
  if (user !== undefined && found.uid !== owner) chownSync(path, user.uid, user.gid)
  if ((found.mode & 0o777) !== 0o700) chmodSync(path, 0o700)
}

/** As the program's user: what root makes inside a directory of somebody else's can be led anywhere by a link. */
async function makeInside(
  home: string,
  path: string,
  user: ProgramUser | undefined,
): Promise<void> {
  if (existsSync(join(home, path))) return
  const words = ['-c', 'umask 077; mkdir -p -- "$1"', 'sh', path]
  if (await runQuietly('/bin/sh', words, { user, cwd: home })) return
  throw refused('The working directory of the program cannot be made.')
}

/** For making a directory, or taking one away with all that is in it. */
const quietlyMsMax = 60_000

/** Waited for and not blocking: on a busy machine a process takes long to begin, and meanwhile everything else would stand still. */
const runQuietly = (
  path: string,
  words: readonly string[],
  { user, cwd }: { readonly user: ProgramUser | undefined; readonly cwd: string },
): Promise<boolean> =>
  new Promise((resolve) => {
    const child = spawn(path, words, {
      ...{ ...user, cwd, env: { PATH: '/usr/bin:/bin' }, stdio: 'ignore' },
      ...{ timeout: quietlyMsMax, killSignal: 'SIGKILL' },
    })
    child.on('error', () => resolve(false))
    child.on('close', (code) => resolve(code === 0))
  })

/** May a user pass through all directories down to this one? Programs' users are in no other groups. */
function canEnter(path: string, { uid, gid }: ProgramUser): boolean {
  const { mode, uid: owner, gid: group } = statSync(path)
  const shift = uid === owner ? 6 : gid === group ? 3 : 0
  if (((mode >> shift) & 1) === 0) return false
  return path === dirname(path) || canEnter(dirname(path), { uid, gid })
}

function realOfNearest(path: string): string {
  for (let at = path; ; at = dirname(at)) {
    const found = realOf(at)
    if (found !== undefined) return found
    if (at === dirname(at)) return at
    // A link that leads to nothing yet is a link all the same.
    if (lstatSync(at, { throwIfNoEntry: false })?.isSymbolicLink()) throw outside()
  }
}

function realOf(path: string): string | undefined {
  try {
    return realpathSync(path)
  } catch {
    return undefined
  }
}

const isWithin = (home: string, path: string) => path === home || path.startsWith(home + sep)

const outside = () =>
  refused(
    'The working directory leads out of the server’s own directory.',
    'The owner writes a path inside it, or gives the server the permission “full”.',
  )

function refused(detail: string, next = 'The owner changes the settings of the server.'): Problem {
  return new Problem('upstream-command-refused', detail, { next, extra: { stage: 'resolve' } })
}
