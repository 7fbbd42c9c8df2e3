// The database that needs no installing: a real PostgreSQL, started and stopped by the vault in its data directory.
import { realpathSync } from 'node:fs'
import { findBinaries } from './binaries.ts'
import { prepareCluster, preparePasswords, prepareRoles, urlsOf } from './cluster.ts'
import { holdDataDir } from './hold-data-dir.ts'
import { choosePlace } from './place.ts'
import { endStaleServer, type Postmaster, startPostmaster } from './postmaster.ts'

/** Between attempts to bring a crashed server back. */
const restartDelayMsMin = 100
const restartDelayMsMax = 5_000

const leftoverWaitMsMax = 10_000
const leftoverRetryMs = 200

/** Takes what is worth an operator's attention. */
export interface EmbeddedLog {
  info(message: string): void
  warn(message: string): void
}

export interface EmbeddedOptions {
  readonly dataDir: string
  readonly log: EmbeddedLog
  readonly randomBytes: (size: number) => Uint8Array
}

export interface EmbeddedPostgres {
  /** Migrates; owns the tables. */
  readonly ownerUrl: string
  /** Serves. */
  readonly appUrl: string
  /** Shuts the server down (fast, at once after 15 s) and gives the data directory back. */
  stop(): Promise<void>
}

/**
 * Starts the embedded database, made on the first start, and keeps it running: a server that crashes is started again. It ends
 * with this process however that ends. Throws `store-unavailable`, with what to do, when another vault uses the data directory
 * (nothing is changed then), when no PostgreSQL comes for this platform, or when the server does not start.
 */
export async function startEmbeddedPostgres(options: EmbeddedOptions): Promise<EmbeddedPostgres> {
  const place = choosePlace(options.dataDir)
  const dataDir = realpathSync(options.dataDir)
  const release = await holdDataDir(place.lockPath, dataDir)
  try {
    const platform = `${process.platform}-${process.arch}`
    const binaries = findBinaries({ ...place, platform, from: import.meta.url })
    const passwords = preparePasswords({ ...options, dataDir, cluster: place.cluster })
    await prepareCluster({ place, binaries, ownerPassword: passwords.owner })
    if ((await endStaleServer(place.cluster)) === 'ended')
      options.log.warn('ended a database server that had outlived its vault')
    const start = () => startPostmaster({ place, postgres: binaries.postgres })
    const server = keepRunning({ first: await startPatiently(start), start, log: options.log })
    const urls = urlsOf(place, passwords)
    await prepareRoles(urls.ownerUrl, passwords.app).catch(async (error: unknown) => {
      await server.stop()
      throw error
    })
    return { ...urls, stop: () => server.stop().then(release) }
  } catch (error) {
    await release()
    throw error
  }
}

/** Of a server that was killed, processes may still be at work for a moment; PostgreSQL waits for none of them. */
async function startPatiently(start: () => Promise<Postmaster>): Promise<Postmaster> {
  for (let waitedMs = 0; ; waitedMs += leftoverRetryMs) {
    try {
      return await start()
    } catch (error) {
      const leftover = error instanceof Error && /shared memory block/.test(error.message)
      if (!leftover || waitedMs >= leftoverWaitMsMax) throw error
    }
    await new Promise((resolve) => setTimeout(resolve, leftoverRetryMs))
  }
}

/** The vault cannot serve without its database, and nobody else would bring it back. */
function keepRunning(options: {
  first: Postmaster
  start: () => Promise<Postmaster>
  log: EmbeddedLog
}): { stop(): Promise<void> } {
  const state = { server: options.first, stopping: false }
  const watch = async () => {
    for (;;) {
      const said = await state.server.ended
      if (state.stopping) return
      options.log.warn(
        `the database server ended unexpectedly; starting it again. ${lastLine(said)}`,
      )
      for (let delayMs = restartDelayMsMin; ; delayMs = Math.min(delayMs * 2, restartDelayMsMax)) {
        await new Promise((resolve) => setTimeout(resolve, delayMs))
        if (state.stopping) return
        const server = await options.start().catch((error: Error) => error)
        if (!(server instanceof Error)) {
          state.server = server
          break
        }
        options.log.warn(server.message)
      }
      options.log.info('the database server is back')
    }
  }
  const watching = watch()
  return {
    async stop() {
      state.stopping = true
      await state.server.stop()
      await watching
      // Started while we were stopping.
      await state.server.stop()
    },
  }
}

const lastLine = (said: string) => said.trim().split('\n').at(-1) ?? ''
