import type { Sealer } from '../../connections/credential-opener.ts'
import type { ListedTools, LiveUpstream, UpstreamClients } from '../clients/upstream-clients.ts'
import { openValues, type ResolveVariables, resolveValues } from '../kept/open-values.ts'
import type { ServerRow, ServerSettings, ServerValues } from '../kept/server-store.ts'

/** Takes secrets out of text. */
export interface TextScrubber {
  text(text: string): string
}

/** What opening a connection to a server takes. */
export interface OpenNeeds {
  readonly clients: Pick<UpstreamClients, 'open'>
  readonly keyring: Sealer
  readonly resolveVariables: ResolveVariables
  /** The path of a command that stands for one of the operator’s. Problem `upstream-command-refused`. */
  readonly resolveCommand: (command: string) => string
  readonly createScrubber: (secrets: readonly string[]) => TextScrubber
}

/** A connection that stands, and its tools. */
export interface OpenedServer {
  readonly upstream: LiveUpstream
  readonly listed: ListedTools
  /** Taken out of all that it says. */
  readonly secrets: readonly string[]
  readonly scrubber: TextScrubber
}

/** A server as it is to be reached: stored, or a draft. */
export interface ServerToOpen extends ServerSettings {
  readonly id: string
  readonly workspaceId: string
}

/**
 * Connects to a server and reads its tools; what was begun is ended where it fails.
 * @throws Problem with its stage: see UpstreamClients; and what keeps its secrets from being opened
 */
export async function openStored(
  needs: OpenNeeds,
  row: ServerRow,
  signal: AbortSignal,
): Promise<OpenedServer> {
  return openServer(needs, { server: row, values: await openValues(needs.keyring, row) }, signal)
}

/** The same with values as their owner wrote them. */
export async function openServer(
  needs: OpenNeeds,
  { server, values }: { readonly server: ServerToOpen; readonly values: ServerValues },
  signal: AbortSignal,
): Promise<OpenedServer> {
  const { headers, env, secrets } = await resolveValues(needs.resolveVariables, server, values)
  const scrubber = needs.createScrubber(secrets)
  const isProgram = server.transport === 'stdio'
  const upstream = await needs.clients.open(
    {
      serverId: server.id,
      transport: server.transport,
      ...{ headers, env, args: server.args, permission: server.permission },
      url: isProgram ? undefined : (server.url ?? undefined),
      command: isProgram ? needs.resolveCommand(server.command ?? '') : undefined,
      cwd: server.cwd ?? undefined,
      connectTimeoutMs: server.connectTimeoutSeconds * 1000,
      readTimeoutMs: server.readTimeoutSeconds * 1000,
      redact: (text) => scrubber.text(text),
    },
    signal,
  )
  try {
    return { upstream, listed: await upstream.listTools(signal), secrets, scrubber }
  } catch (error) {
    await upstream.close()
    throw error
  }
}
