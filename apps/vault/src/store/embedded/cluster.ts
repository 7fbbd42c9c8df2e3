// Makes the database cluster on the first start, and its roles.
import { spawn } from 'node:child_process'
import {
  chownSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { basename, join } from 'node:path'
import { Problem } from '@sallyport/contracts'
import { connect } from '../connect.ts'
import type { Binaries } from './binaries.ts'
import type { Place } from './place.ts'
import { syncDirectory, writeDurably } from './write-durably.ts'

/** Migrates and owns the tables. */
const ownerRole = 'sallyport_owner'
/** Serves: may not change the schema, nor anything in the audit log. */
export const appRole = 'sallyport_app'
const database = 'sallyport'
const passwordBytes = 24

export interface Passwords {
  readonly owner: string
  readonly app: string
}

/** Reads the passwords of the embedded database, or makes them where there is no cluster yet. Kept 0600. */
export function preparePasswords(options: {
  dataDir: string
  cluster: string
  randomBytes: (size: number) => Uint8Array
}): Passwords {
  const path = join(options.dataDir, 'postgres-passwords.json')
  if (existsSync(path)) return JSON.parse(readFileSync(path, 'utf8'))
  if (existsSync(options.cluster))
    throw new Problem(
      'store-unavailable',
      `The passwords of the embedded database (${path}) are gone.`,
      {
        next: 'The operator has to restore that file from a backup.',
      },
    )
  const fresh = () => Buffer.from(options.randomBytes(passwordBytes)).toString('base64url')
  const passwords = { owner: fresh(), app: fresh() }
  writeDurably(path, `${JSON.stringify(passwords)}\n`)
  return passwords
}

/**
 * Makes the cluster unless it is there: under another name first, so that an interrupted first start leaves nothing that
 * looks whole. Throws `store-unavailable` when the cluster is of another major version.
 */
export async function prepareCluster(options: {
  place: Place
  binaries: Binaries
  ownerPassword: string
}): Promise<void> {
  const { place, binaries } = options
  if (existsSync(place.cluster)) return refuseOtherVersion(place, binaries)
  removeDrafts(place)
  // A name of its own: the initdb of a vault that was killed runs on for a moment, and clears its directory when it fails.
  const draft = mkdtempSync(draftPrefix(place))
  const passwordFile = join(place.home, 'owner-password')
  writeFileSync(passwordFile, `${options.ownerPassword}\n`, { mode: 0o600 })
  if (place.user !== undefined) {
    for (const path of [draft, passwordFile]) chownSync(path, place.user.uid, place.user.gid)
  }
  // Synced once at the end rather than file by file: a third of the time. Checksums are on by default since 18.
  const flags = ['-U', ownerRole, '-A', 'scram-sha-256', `--pwfile=${passwordFile}`, '-E', 'UTF8']
  const more = ['--no-locale', '--no-sync', '--no-instructions', '--data-checksums']
  await run(place, binaries.initdb, ['-D', draft, ...flags, ...more])
  rmSync(passwordFile)
  await run(place, binaries.initdb, ['-D', draft, '--sync-only'])
  renameSync(draft, place.cluster)
  syncDirectory(place.home)
}

const draftPrefix = ({ cluster }: Place) => `${cluster}.new-`

/** What interrupted first starts left. One that is still being written to stays until the next time. */
function removeDrafts(place: Place): void {
  const prefix = basename(draftPrefix(place))
  for (const name of readdirSync(place.home).filter((found) => found.startsWith(prefix))) {
    try {
      rmSync(join(place.home, name), { recursive: true, force: true })
    } catch {
      // It is in nobody's way.
    }
  }
}

function refuseOtherVersion(place: Place, binaries: Binaries): void {
  const made = readFileSync(join(place.cluster, 'PG_VERSION'), 'utf8').trim()
  if (made === binaries.majorVersion) return
  throw new Problem(
    'store-unavailable',
    `The embedded database was made by PostgreSQL ${made}; this vault brings ${binaries.majorVersion}.`,
    { next: 'The operator has to start the vault that made it, back it up, and restore it here.' },
  )
}

function run(place: Place, file: string, flags: string[]): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn(file, flags, {
      ...place.user,
      cwd: '/',
      env: { LC_ALL: 'C', TZ: 'UTC' },
      stdio: ['ignore', 'ignore', 'pipe'],
    })
    let said = ''
    child.stderr.on('data', (chunk) => {
      said = `${said}${chunk}`.slice(-2_000)
    })
    child.once('error', reject)
    child.once('close', (code) => {
      if (code === 0) return resolve()
      const last = said.trim().split('\n').at(-1) ?? ''
      reject(
        new Problem('store-unavailable', `The embedded database could not be made: ${last}`, {
          next: 'The operator has to look at the data directory: free space, permissions.',
          cause: new Error(said),
        }),
      )
    })
  })
}

/** Connection strings over the cluster's Unix socket. */
export function urlsOf(place: Place, passwords: Passwords): { ownerUrl: string; appUrl: string } {
  const url = (role: string, password: string) =>
    `postgres://${role}:${password}@localhost:5432/${database}?host=${encodeURIComponent(place.socketDirectory)}`
  return { ownerUrl: url(ownerRole, passwords.owner), appUrl: url(appRole, passwords.app) }
}

/** Makes the database and the serving role where they are missing; done again after an interrupted first start. */
export async function prepareRoles(ownerUrl: string, appPassword: string): Promise<void> {
  const url = new URL(ownerUrl)
  url.pathname = '/postgres'
  const sql = connect({
    url: url.href,
    maxConnections: 1,
    applicationName: 'sallyport start',
    silenceMsMax: 30_000,
  })
  try {
    const roles = await sql`SELECT 1 FROM pg_roles WHERE rolname = ${appRole}`
    // The password is of our own making: base64url, nothing to quote.
    if (roles.length === 0)
      await sql.unsafe(`CREATE ROLE ${appRole} LOGIN PASSWORD '${appPassword}'`)
    const databases = await sql`SELECT 1 FROM pg_database WHERE datname = ${database}`
    if (databases.length === 0) await sql.unsafe(`CREATE DATABASE ${database}`)
  } finally {
    await sql.end({ timeout: 1 })
  }
}
