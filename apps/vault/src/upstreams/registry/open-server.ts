import type { Sealer } from '../../connections/credential-opener.ts'
import type {
  AuthChallenge,
  ListedTools,
  LiveUpstream,
  UpstreamClients,
} from '../clients/upstream-clients.ts'
import { openValues, type ResolveVariables, resolveValues } from '../kept/open-values.ts'
import type { ServerRow, ServerSettings, ServerValues, SignInRow } from '../kept/server-store.ts'
import type { AuthorizeServer, HandedTokens } from './authorize.ts'

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
  /** Hands out the access tokens of a sign-in, for that server alone. */
  readonly authorize: AuthorizeServer
}

/** A connection that stands, and its tools. */
export interface OpenedServer {
  readonly upstream: LiveUpstream
  readonly listed: ListedTools
  /** Taken out of all that it says. */
  readonly secrets: readonly string[]
  readonly scrubber: TextScrubber
  /** The access tokens that went to it, where it is signed in to: they are taken out as well. */
  readonly tokens?: HandedTokens | undefined
}

/** A server as it is to be reached: stored, or a draft. */
export interface ServerToOpen extends ServerSettings {
  readonly id: string
  readonly workspaceId: string
  readonly signIn: SignInRow | null
}

/** What is told while a connection is opened, and for as long as it stands. */
interface OpenWatch {
  readonly onChallenge?: (challenge: AuthChallenge) => void
  /** What a program wrote to its standard error, without secrets, where connecting to it failed. */
  readonly onFailedLog?: (log: string) => void
}

/**
 * Connects to a server and reads its tools; what was begun is ended where it fails.
 * @throws Problem with its stage: see UpstreamClients; and what keeps its secrets from being opened
 */
export async function openStored(
  needs: OpenNeeds,
  row: ServerRow,
  options: OpenWatch & { readonly signal: AbortSignal },
): Promise<OpenedServer> {
  const values = await openValues(needs.keyring, row)
  return openServer(needs, { server: row, values, ...options }, options.signal)
}

/** The same with values as their owner wrote them. */
export async function openServer(
  needs: OpenNeeds,
  {
    server,
    values,
    onChallenge,
    onFailedLog,
  }: { readonly server: ServerToOpen; readonly values: ServerValues } & OpenWatch,
  signal: AbortSignal,
): Promise<OpenedServer> {
  const { headers, env, secrets } = await resolveValues(needs.resolveVariables, server, values)
  const isProgram = server.transport === 'stdio'
  const access = isProgram ? undefined : needs.authorize(server)
  const scrubber = scrubberOf(needs, secrets, access?.tokens)
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
      ...(access !== undefined && { authorize: access }),
      ...(onChallenge !== undefined && { onChallenge }),
      ...(onFailedLog !== undefined && { onFailedLog }),
    },
    signal,
  )
  try {
    const listed = await upstream.listTools(signal)
    return { upstream, listed, secrets, scrubber, tokens: access?.tokens }
  } catch (error) {
    await upstream.close()
    onFailedLog?.(upstream.stderrTail())
    throw error
  }
}

/** Takes out the access tokens that went there until now, too: what looks for them is made anew when there is another one. */
function scrubberOf(
  { createScrubber }: OpenNeeds,
  secrets: readonly string[],
  tokens: HandedTokens | undefined,
): TextScrubber {
  if (tokens === undefined) return createScrubber(secrets)
  const make = (list: readonly string[]) => ({
    list,
    scrubber: createScrubber([...secrets, ...list]),
  })
  let made = make(tokens.list())
  return {
    text(text) {
      const list = tokens.list()
      if (list !== made.list) made = make(list)
      return made.scrubber.text(text)
    },
  }
}
