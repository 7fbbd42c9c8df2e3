// One attempt to connect to one server, from nothing to its hello; what was begun is ended where it fails.
import { Client, type PriorDiscovery } from '@modelcontextprotocol/client'
import { Problem } from '@sallyport/contracts'
import { createGuardedTransport } from './guarded-transport.ts'
import type { HttpDoor } from './http-door.ts'
import { createHttpTransport } from './http-transport.ts'
import { createListChanges, type ListChanges } from './list-changes.ts'
import type { OpenConfig } from './live-upstream.ts'
import type { StartProgram } from './program.ts'
import { createProgramTransport, type UpstreamTransportHandle } from './program-transport.ts'
import { readFailure } from './read-failure.ts'
import { stageOf, upstreamProblem } from './upstream-problem.ts'

/** What connecting needs of the house. */
export interface ConnectNeeds {
  readonly startProgram: StartProgram
  readonly openDoor: (name: string) => HttpDoor
  readonly now: () => number
  /** The vault's version, which servers are told. */
  readonly version: string
  /** Of one message, in either direction of a program. */
  readonly messageBytesMax?: number
}

/** A connection that stands. */
export interface Connected {
  readonly client: Client
  readonly transport: UpstreamTransportHandle & { readonly failure: Problem | undefined }
  readonly changes: ListChanges
}

const defaultMessageBytesMax = 8 * 1024 * 1024
/** A program that is silent on what it does not know is asked in the older way after this. */
const probeMsMax = 3_000

/**
 * Connects once.
 * @throws Problem with a stage; the error of the SDK stands in `cause` where there is one
 */
export async function connectUpstream(
  needs: ConnectNeeds,
  config: OpenConfig,
  options: { prior: PriorDiscovery | undefined; signal: AbortSignal },
): Promise<Connected> {
  const { prior, signal } = options
  const transport = createGuardedTransport(createTransport(needs, config), needs.now)
  const probeMs = Math.min(probeMsMax, Math.ceil(config.connectTimeoutMs / 3))
  const client = new Client(
    { name: 'sallyport', version: needs.version },
    {
      versionNegotiation: {
        mode: 'auto',
        ...(config.transport === 'stdio' && { probe: { timeoutMs: probeMs } }),
      },
      // Nobody is there to answer the questions of servers.
      inputRequired: { autoFulfill: false },
    },
  )
  const changes = createListChanges(client, needs.now)
  try {
    const connecting = client.connect(transport, {
      timeout: config.connectTimeoutMs,
      ...(prior !== undefined && { prior }),
    })
    await raceAgainst(connecting, signal, transport)
    return { client, transport, changes }
  } catch (error) {
    changes.stop()
    await transport.close()
    config.onFailedLog?.(transport.stderrTail())
    if (signal.aborted) throw signal.reason
    throw asConnectProblem(transport.failure ?? error, config)
  }
}

function createTransport(needs: ConnectNeeds, config: OpenConfig): UpstreamTransportHandle {
  if (config.transport !== 'stdio') return createHttpTransport(config, needs.openDoor)
  return createProgramTransport({
    config,
    startProgram: needs.startProgram,
    lineBytesMax: needs.messageBytesMax ?? defaultMessageBytesMax,
  })
}

/** The SDK waits in places where it hears no signal: starting, probing, the first event of a stream. */
async function raceAgainst(
  connecting: Promise<void>,
  signal: AbortSignal,
  transport: Connected['transport'],
): Promise<void> {
  connecting.catch(() => {})
  let onAbort: (() => void) | undefined
  const stopped = new Promise<never>((_, reject) => {
    onAbort = () => reject(signal.reason)
    if (signal.aborted) onAbort()
    signal.addEventListener('abort', onAbort, { once: true })
    transport.onfail = reject
  })
  stopped.catch(() => {})
  try {
    await Promise.race([connecting, stopped])
  } finally {
    if (onAbort !== undefined) signal.removeEventListener('abort', onAbort)
  }
}

function asConnectProblem(error: unknown, config: OpenConfig): Problem {
  const problem = readFailure(error, reachesNobody(error) ? 'connect' : 'initialize')
  const { type, detail, next } = problem
  const told = { detail, ...(next !== undefined && { next }), cause: error }
  if (type === 'address-refused' || type === 'invalid-url')
    return upstreamProblem('resolve', type, told)
  // It ran, and said no hello.
  if (config.transport === 'stdio' && stageOf(problem) === 'connect') {
    return upstreamProblem('initialize', type, told)
  }
  return upstreamProblem(stageOf(problem) ?? 'connect', type, told)
}

const reachesNobody = (error: unknown): boolean =>
  error instanceof Problem || (error instanceof Error && error.cause instanceof Problem)
