import { randomBytes } from 'node:crypto'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type ServerType, serve } from '@hono/node-server'
import pino from 'pino'
import { compose } from './compose/compose.ts'
import { openStore } from './compose/open-store.ts'
import { createSetupTokenFile } from './compose/setup-token-file.ts'
import { type Config, ConfigError, type Environment, readConfig } from './config.ts'

// Reads the environment, builds the house, listens, and closes it in order when told to stop.

declare const SALLYPORT_VERSION: string

/** How long connections that are open at the end may take to finish what they do. */
const drainMs = 10_000

/** Where the vault is; while it has no owner, also the link with which its first one is made, once. */
export interface Ready {
  readonly url: string
  readonly setupUrl?: string
}

/** What the process hands to the vault. */
export interface RunVaultNeeds {
  readonly environment: Environment
  /** Tells whoever started it that it serves. */
  readonly announce: (ready: Ready) => void
  /** Resolves when the vault is to stop. */
  readonly stopped: Promise<unknown>
}

/**
 * Runs the vault until it is to stop. Throws ConfigError (exit code 78) for a wrong environment and WrongRootKeyError
 * before anything is changed; other failures at start are problems that say what to do.
 */
export async function runVault({ environment, announce, stopped }: RunVaultNeeds): Promise<void> {
  const config = readConfig(environment)
  const log = pino({ level: config.logLevel }, pino.destination(2))
  const store = await openStore({
    config,
    randomBytes,
    migrationsFolder: findMigrations(),
    log: {
      info: (message) => log.info(message),
      warn: (message) => log.warn(message),
    },
  })
  let url = config.publicUrl ?? ''
  const setupToken = createSetupTokenFile(config.dataDir)
  const house = await compose({
    config,
    store,
    log,
    randomBytes,
    version: SALLYPORT_VERSION,
    now: Date.now,
    publicUrl: () => url,
    onSetUp: setupToken.remove,
  }).catch(async (error: unknown) => {
    await store.close()
    throw error
  })
  try {
    const server = await listen(config, house.app.fetch)
    const { port } = server.address() as { port: number }
    url = config.publicUrl ?? `http://${hostInUrl(config.host)}:${port}`
    const prepared = await house.prepareSetup(setupToken.read())
    if (prepared.setupToken === undefined) {
      setupToken.remove()
      announce({ url })
    } else {
      setupToken.write(prepared.setupToken)
      announce({ url, setupUrl: `${url}/setup#token=${prepared.setupToken}` })
    }
    await stopped
    await drain(server)
  } finally {
    await house.close()
  }
}

/** Beside the bundle, or at the top of the repository where the sources run. */
function findMigrations(): string {
  const beside = fileURLToPath(new URL('./drizzle', import.meta.url))
  const above = fileURLToPath(new URL('../drizzle', import.meta.url))
  const found = [beside, above, fileURLToPath(new URL('../../../drizzle', import.meta.url))].find(
    (folder) => existsSync(join(folder, 'meta', '_journal.json')),
  )
  if (found === undefined) throw new ConfigError('The migrations are missing from this build.')
  return found
}

function listen(config: Config, fetch: Parameters<typeof serve>[0]['fetch']): Promise<ServerType> {
  return new Promise((resolve, reject) => {
    const server = serve(
      { fetch, hostname: config.host, port: config.port, overrideGlobalObjects: false },
      () => resolve(server),
    )
    server.once('error', (error: NodeJS.ErrnoException) => reject(explainListening(config, error)))
  })
}

function explainListening({ host, port }: Config, error: NodeJS.ErrnoException): Error {
  if (error.code !== 'EADDRINUSE' && error.code !== 'EACCES') return error
  const why = error.code === 'EACCES' ? 'may not be used by this user' : 'is in use'
  return new ConfigError(`${host}:${port} ${why}: set SALLYPORT_PORT to another port.`)
}

const hostInUrl = (host: string) => {
  if (host === '0.0.0.0' || host === '::') return '127.0.0.1'
  return host.includes(':') ? `[${host}]` : host
}

/** Takes no new connections and lets the open ones finish, bounded. */
function drain(server: ServerType): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => {
      if ('closeAllConnections' in server) server.closeAllConnections()
    }, drainMs)
    server.close(() => {
      clearTimeout(timer)
      resolve()
    })
    if ('closeIdleConnections' in server) server.closeIdleConnections()
  })
}
