import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { compose } from './compose/compose.ts'
import { openProcess } from './compose/open-process.ts'
import { createSetupTokenFile } from './compose/setup-token-file.ts'
import { explainListening, startOperations } from './compose/start-operations.ts'
import { ConfigError, type Environment } from './config.ts'
import { type Listener, listen } from './http/listen.ts'
import type { OperationsListener } from './http/operations-listener.ts'

// Reads the environment, builds the house, listens, and closes it in order when told to stop.

declare const SALLYPORT_VERSION: string

/** How it is started anywhere else. */
const publishedMcpServer = { command: 'npx', args: ['-y', 'sallyport-mcp'] } as const

/** Where the vault is; while it has no owner, also the link with which its first one is made, once. */
export interface Ready {
  readonly url: string
  readonly setupUrl?: string
}

/** What the process hands to the vault. */
export interface RunVaultNeeds {
  readonly environment: Environment
  /** How `sallyport-mcp` is started on this machine. */
  readonly mcpServer: { readonly command: string; readonly args: readonly string[] }
  /** Tells whoever started it that it serves. */
  readonly announce: (ready: Ready) => void
  /** Resolves when the vault is to stop. */
  readonly stopped: Promise<unknown>
}

/**
 * Runs the vault until it is to stop. Throws ConfigError (exit code 78) for a wrong environment and WrongRootKeyError
 * before anything is changed; other failures at start are problems that say what to do.
 */
export async function runVault({
  environment,
  mcpServer,
  announce,
  stopped,
}: RunVaultNeeds): Promise<void> {
  const opened = await openProcess({ environment, version: SALLYPORT_VERSION })
  const { config, store, telemetry } = opened
  let url = config.publicUrl ?? ''
  let pagesUrl = url
  const setupToken = createSetupTokenFile(config.dataDir)
  const house = await compose({
    ...opened,
    // A vault that others reach has agents on machines of theirs.
    mcpServer: config.publicUrl === undefined ? mcpServer : publishedMcpServer,
    dashboardDir: findDashboard(),
    publicUrl: () => url,
    pagesUrl: () => pagesUrl,
    onSetUp: setupToken.remove,
  }).catch(async (error: unknown) => {
    await store.close()
    throw error
  })
  let listener: Listener | undefined
  let operations: OperationsListener | undefined
  try {
    listener = await listen({
      ...config,
      takeLocalhost: config.publicUrl === undefined || isLocalhost(config.publicUrl),
      serve: house.app.fetch,
      refuse: house.refuse,
    }).catch((error: unknown) => {
      throw explainListening(config, 'SALLYPORT', error)
    })
    operations = await startOperations(config, telemetry, house.readiness)
    url = config.publicUrl ?? `http://${hostInUrl(config.host)}:${listener.port}`
    // An address can have no passkeys. Agents go on calling the vault by it: it is what they sign for.
    const canBeLocalhost = config.publicUrl === undefined && listener.ownsLocalhost
    pagesUrl = canBeLocalhost ? `http://localhost:${listener.port}` : url
    const prepared = await house.prepareSetup()
    if (prepared.setupToken === undefined) {
      setupToken.remove()
      announce({ url })
    } else {
      setupToken.write(prepared.setupToken)
      announce({ url, setupUrl: `${pagesUrl}/setup#token=${prepared.setupToken}` })
    }
    await stopped
    house.beginDrain()
    await sleep(config.telemetry.drainMs)
  } finally {
    house.endStreams()
    await listener?.drain()
    await house.close()
    await telemetry.traces?.close()
    await operations?.close()
  }
}

/** Whether browsers are led to this machine by a name that has two addresses: nobody else may answer at the other one. */
const isLocalhost = (url: string) => /^(.+\.)?localhost$/.test(new URL(url).hostname)

/** Beside the bundle, or where the dashboard's own build puts it. */
function findDashboard(): string {
  const beside = fileURLToPath(new URL('./dashboard', import.meta.url))
  const built = fileURLToPath(new URL('../../dashboard/dist', import.meta.url))
  const found = [beside, built].find((folder) => existsSync(join(folder, 'index.html')))
  if (found === undefined) throw new ConfigError('The dashboard is missing from this build.')
  return found
}

const hostInUrl = (host: string) => {
  if (host === '0.0.0.0' || host === '::') return '127.0.0.1'
  return host.includes(':') ? `[${host}]` : host
}
