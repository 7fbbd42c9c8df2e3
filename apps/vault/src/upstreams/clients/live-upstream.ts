// What a connection to an upstream MCP server promises to those who hold it, whatever carries it.
import type { Problem } from '@sallyport/contracts'
import type { AuthChallenge } from './auth-challenge.ts'

/** How a server is reached: a program of this machine, or an address. */
export type UpstreamTransport = 'stdio' | 'streamable_http' | 'sse'

/** How far an attempt came before it failed. */
export type UpstreamStage = 'resolve' | 'spawn' | 'connect' | 'initialize' | 'list' | 'call'

/** Access to a server that is signed in to. Its tokens go with requests to the server’s own origin, and to no other. */
export interface UpstreamAuthorization {
  /**
   * The bearer token of the moment; asked for before each HTTP request.
   * @throws Problem upstream-sign-in-required where an owner has to sign in again; those of renewing a token
   */
  token(): Promise<string>
  /** After the server’s 401 for this token: a newer one, or the same where there is none. Throws as `token`. */
  renewed(refused: string): Promise<string>
}

/** Where and how to connect. Values of headers and environment are the real ones. */
export interface OpenConfig {
  /** Names the server's own directory, its sockets and its remembered protocol version: letters, digits, `_` and `-`. */
  readonly serverId: string
  readonly transport: UpstreamTransport
  /** For `streamable_http` and `sse`. */
  readonly url?: string | undefined
  /** Go with every request of this server, and with none to another origin. */
  readonly headers: Readonly<Record<string, string>>
  /** For `stdio`: an absolute path out of the operator's list. */
  readonly command?: string | undefined
  readonly args: readonly string[]
  /** All that the program finds in its environment besides PATH, HOME, TMPDIR and LANG; it may set PATH and LANG itself. */
  readonly env: Readonly<Record<string, string>>
  /** Relative to the server's own directory; absolute with permission `full` alone. */
  readonly cwd?: string | undefined
  readonly permission: 'workspace' | 'full'
  /** Milliseconds from the call of `open` until the server has said who it is. */
  readonly connectTimeoutMs: number
  /** Milliseconds that a request may be silent: it counts anew with every progress. */
  readonly readTimeoutMs: number
  /** Where the server is signed in to with OAuth. */
  readonly authorize?: UpstreamAuthorization | undefined
  /** Told what the server said when it wanted a sign-in, or more scopes. */
  readonly onChallenge?: ((challenge: AuthChallenge) => void) | undefined
  /** Told what a program wrote last to its standard error, redacted, where connecting to it failed. */
  readonly onFailedLog?: ((log: string) => void) | undefined
  /** Takes the server's secrets out of text that the server wrote, before it becomes part of a sentence or of `stderrTail`. */
  readonly redact: (text: string) => string
}

/** A tool as the server listed it. Schemas are the server's, untouched and unchecked. */
export interface UpstreamTool {
  readonly name: string
  readonly title?: string | undefined
  readonly description?: string | undefined
  readonly inputSchema: Readonly<Record<string, unknown>>
  readonly outputSchema?: Readonly<Record<string, unknown>> | undefined
  readonly annotations?: Readonly<Record<string, unknown>> | undefined
  readonly icons?: readonly unknown[] | undefined
  readonly _meta?: Readonly<Record<string, unknown>> | undefined
}

/** What a list of tools came to: those that can be used, and a sentence for each that cannot. */
export interface ListedTools {
  readonly tools: readonly UpstreamTool[]
  /** Redacted sentences for owners: a tool without a name, of a name twice, too large, nested too deep. */
  readonly leftOut: readonly string[]
}

/** What can be asked of a server besides its list of tools. */
export type UpstreamMethod =
  | 'tools/call'
  | 'resources/list'
  | 'resources/templates/list'
  | 'resources/read'
  | 'prompts/list'
  | 'prompts/get'

/** How far a request has come, as the server says. */
export interface UpstreamProgress {
  readonly progress: number
  readonly total?: number | undefined
  readonly message?: string | undefined
}

/** The bounds of one request. */
export interface RequestHow {
  /** Stops the request and tells the server so. A reason that is a problem is what the caller gets. */
  readonly signal?: AbortSignal | undefined
  /** Milliseconds for everything, however much progress there is. */
  readonly timeoutMs: number
  readonly onProgress?: ((progress: UpstreamProgress) => void) | undefined
  /** Of the result as JSON. */
  readonly bytesMax: number
}

/**
 * The server's answer: its result as it came, or the error that it answered in its place. Both are text of the server: they
 * may echo secrets, and go through a scrubber before anybody sees them.
 */
export type UpstreamReply =
  | {
      readonly ok: true
      readonly result: Readonly<Record<string, unknown>>
      /** The same as text. */
      readonly json: string
    }
  | {
      readonly ok: false
      readonly error: { readonly code: number; readonly message: string; readonly data?: unknown }
    }

/** A list of the server's that may change under way. */
export type UpstreamList = 'tools' | 'resources' | 'prompts'

/** One open connection to one server. */
export interface LiveUpstream {
  readonly serverInfo: {
    readonly name: string
    readonly version: string
    readonly title?: string | undefined
  }
  /** As the server declared them. */
  readonly capabilities: Readonly<Record<string, unknown>>
  readonly instructions?: string | undefined
  /** The revision of MCP that is spoken. */
  readonly protocolVersion: string
  /**
   * All pages of the tools: 1000 at most, each bounded in bytes and nesting.
   * @throws Problem of stage `list`
   */
  listTools(signal?: AbortSignal): Promise<ListedTools>
  /**
   * Asks the server once, never again.
   * @throws Problem of stage `call`: upstream-timeout, upstream-invalid-response, upstream-unreachable (the connection is
   * gone), response-too-large, request-stopped, overloaded, invalid-input (params that are too large)
   */
  request(
    method: UpstreamMethod,
    params: Readonly<Record<string, unknown>>,
    how: RequestHow,
  ): Promise<UpstreamReply>
  /**
   * Called when the server says that a list has changed: a quarter of a second later, then every two seconds at most, and where it does
   * not stop to say so more and more seldom, down to once a minute.
   */
  onListChanged(notify: (list: UpstreamList) => void): void
  /** Called once when the connection ended without `close`, at once where it already has. */
  onClosed(notify: (why: Problem) => void): void
  /** What the program wrote last to its standard error, redacted; empty for other transports. */
  stderrTail(): string
  /** Ends the connection, and the program's whole process group, within two seconds. Requests under way fail, for the reason given. */
  close(why?: Problem): Promise<void>
}

/** Opens connections to upstream servers. */
export interface UpstreamClients {
  /**
   * Connects and says hello. What was begun is ended where it fails: no program stays, no socket.
   * @throws Problem with the stage in `extra.stage` (see `stageOf`): upstream-command-refused, address-refused,
   * upstream-unreachable, upstream-timeout, upstream-invalid-response, request-stopped, overloaded
   */
  open(config: OpenConfig, signal?: AbortSignal): Promise<LiveUpstream>
  /** Ends all connections and programs within two seconds; `open` fails from now on. For the end of the vault. */
  close(): Promise<void>
}
