import { setTimeout as sleep } from 'node:timers/promises'
import { type Listener, listen } from '../http/listen.ts'
import type { OperationsListener } from '../http/operations-listener.ts'
import { compose } from './compose.ts'
import type { openProcess } from './open-process.ts'
import { createSetupTokenFile } from './setup-token-file.ts'
import { explainListening, startOperations } from './start-operations.ts'

// Builds the house on an opened store, listens, and closes it in order when told to stop.

/** How it is started anywhere else. */
const publishedMcpServer = { command: 'npx', args: ['-y', 'sallyport-mcp'] } as const

/** Where the vault is; while it has no owner, also the link with which its first one is made, once. */
export interface Ready {
  readonly url: string
  readonly setupUrl?: string
}

/** What whoever runs the vault hands in. */
export interface ServeVaultNeeds {
  /** How `sallyport-mcp` is started on this machine. */
  readonly mcpServer: { readonly command: string; readonly args: readonly string[] }
  /** The folder of the built dashboard. */
  readonly dashboardDir: string
  /** Tells whoever started it that it serves. */
  readonly announce: (ready: Ready) => void
  /** Resolves when the vault is to stop. */
  readonly stopped: Promise<unknown>
}

/** Serves until it is to stop. What was opened is closed in the end, also where it throws. */
export async function serveVault(
  opened: Awaited<ReturnType<typeof openProcess>>,
  { mcpServer, dashboardDir, announce, stopped }: ServeVaultNeeds,
): Promise<void> {
  const { config, log, store, telemetry } = opened
  let url = config.publicUrl ?? ''
  let pagesUrl = url
  const setupTokenFile = createSetupTokenFile(config.dataDir)
  const house = await compose({
    ...opened,
    // A vault that others reach has agents on machines of theirs.
    mcpServer: config.publicUrl === undefined ? mcpServer : publishedMcpServer,
    dashboardDir,
    publicUrl: () => url,
    pagesUrl: () => pagesUrl,
    onSetUp: setupTokenFile.remove,
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
    if (house.setupToken === undefined) {
      setupTokenFile.remove()
      announce({ url })
    } else {
      setupTokenFile.write(house.setupToken)
      announce({ url, setupUrl: `${pagesUrl}/setup#token=${house.setupToken}` })
    }
    await stopped
    house.beginDrain()
    const { drainMs } = config.telemetry
    // Where it stops at once, whoever stopped it need not be told.
    if (drainMs > 0)
      log.info({ drainMs }, 'told to stop: not ready from now on, and serving for so long')
    await sleep(drainMs)
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

const hostInUrl = (host: string) => {
  if (host === '0.0.0.0' || host === '::') return '127.0.0.1'
  return host.includes(':') ? `[${host}]` : host
}
