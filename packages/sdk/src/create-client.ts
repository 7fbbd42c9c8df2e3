import {
  type CallOf,
  clientAssertionType,
  type OperationId,
  type OutputOf,
  type operations,
  Problem,
} from '@sallyport/contracts'
import { createAgentTokens, type IssuedToken } from './agent-tokens.ts'
import type { Answer, Fetch } from './answer.ts'
import { writeCallerCredentials } from './caller-credentials.ts'
import { type AgentPrivateKey, createAssertionSigner } from './client-assertion.ts'
import { readAnswer } from './read-answer.ts'
import { acceptProgress, isTelling, readTelling } from './read-telling.ts'
import { type Route, routes } from './routes.ts'
import { type CallOptions, createSender, type Send } from './send.ts'
import { withRetries } from './with-retries.ts'
import { type WrittenRequest, writeRequest } from './write-request.ts'

/**
 * Who calls. `agent`: signs in with its key. `bearer`: has a token, an agent's or an owner's. `cookie`: a browser with
 * an owner's session. `none`: only what anyone may call.
 */
export type Auth =
  | {
      readonly kind: 'agent'
      readonly agentId: string
      readonly privateKey: AgentPrivateKey
      /** The vault's issuer. The base URL, unless the vault is reached by another address than its public one. */
      readonly audience?: string
    }
  | { readonly kind: 'bearer'; readonly token: string }
  | { readonly kind: 'cookie' }
  | { readonly kind: 'none' }

export interface ClientOptions {
  /** The vault's address; trailing slashes do not matter. */
  readonly baseUrl: string
  readonly auth: Auth
  /**
   * Credentials of the caller's own, by the id of the connection that they are for: sent with each call that may need one. Only for
   * connections of the kind `caller`, for which the vault keeps none.
   */
  readonly callerCredentials?: Readonly<Record<string, string>>
  /** The global one unless handed in. */
  readonly fetch?: Fetch
  /**
   * Of each request, unless a call names its own or its operation says that it may take longer; to a call that has the vault wait
   * (`waitSeconds`) its wait is added. 30 s unless handed in.
   */
  readonly requestTimeoutMs?: number
  /** Milliseconds since the epoch. */
  readonly now?: () => number
}

type Operations = typeof operations

/** A vault, as a client sees it. */
export interface Client {
  /**
   * Calls an operation. `exportAudit` answers a stream, all others their parsed JSON.
   * @throws Problem the vault's own, or `vault-unreachable`, `vault-timeout`, `vault-invalid-answer`
   */
  call<Id extends OperationId>(
    id: Id,
    input: CallOf<Operations[Id]>,
    options?: CallOptions,
  ): Promise<OutputOf<Operations[Id]>>
}

const requestTimeoutMsDefault = 30_000

/** Where a call's credential comes from, and what to do when the vault refuses it. */
interface Credentials {
  headers(signal?: AbortSignal): Promise<Record<string, string>>
  /** True where a new attempt would carry another credential than these headers. */
  renewed(headers: Record<string, string>): boolean
}

/**
 * Builds a client. Nothing is sent before the first call.
 * @throws Problem `invalid-header` for a credential of the caller's own that no header can carry
 */
export function createClient(options: ClientOptions): Client {
  const baseUrl = options.baseUrl.replace(/\/+$/, '')
  const timeoutMs = options.requestTimeoutMs ?? requestTimeoutMsDefault
  const pause = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms))
  const send = createSender({
    fetch: options.fetch ?? ((input, init) => fetch(input, init)),
    cookies: options.auth.kind === 'cookie',
    timeoutMs,
  })
  const passed = writeCallerCredentials(options.callerCredentials)
  const credentials = createCredentials({ ...options, baseUrl }, { send, pause })

  const attempt = async (route: Route, input: object, call: CallOptions): Promise<unknown> => {
    const written = writeRequest(baseUrl, route, { ...input })
    const asked = call.onProgress === undefined ? written : withHeaders(written, acceptProgress)
    const request = route.passes ? withHeaders(asked, passed) : asked
    const receive = (response: Answer) => readFor(route, response, call.onProgress)
    if (route.caller === 'anyone') return await send(request, call, receive)
    const headers = await credentials.headers(call.signal)
    const refused = Symbol('401')
    const answer = await send(withHeaders(request, headers), call, async (response) => {
      if (response.status !== 401 || !credentials.renewed(headers)) return await receive(response)
      await response.body?.cancel()
      return refused
    })
    if (answer !== refused) return answer
    // Authentication comes before everything else, so a request that got a 401 did nothing and can go again.
    return await send(withHeaders(request, await credentials.headers(call.signal)), call, receive)
  }

  return {
    call: <Id extends OperationId>(
      id: Id,
      input: CallOf<Operations[Id]>,
      call: CallOptions = {},
    ) => {
      const route = routes[id]
      const usualMs = Math.max(timeoutMs, route.answerMsMax) + waitMsOf(input)
      const limited = { ...call, timeoutMs: call.timeoutMs ?? usualMs }
      return withRetries(() => attempt(route, { ...input }, limited), {
        repeatable: route.method === 'GET',
        pause,
      }) as Promise<OutputOf<Operations[Id]>>
    },
  }
}

/** How long the vault was asked to hold its answer back. */
const waitMsOf = (input: object): number =>
  'waitSeconds' in input && Number.isFinite(input.waitSeconds)
    ? Number(input.waitSeconds) * 1000
    : 0

async function readFor(
  route: Route,
  response: Answer,
  onProgress: CallOptions['onProgress'],
): Promise<unknown> {
  if (onProgress !== undefined && isTelling(response))
    return await readTelling(response, onProgress)
  return route.streams && response.ok ? response.body : await readAnswer(response)
}

const withHeaders = (request: WrittenRequest, headers: Record<string, string>): WrittenRequest => ({
  ...request,
  headers: { ...request.headers, ...headers },
})

interface Wire {
  readonly send: Send
  readonly pause: (ms: number) => Promise<void>
}

function createCredentials(options: ClientOptions, wire: Wire): Credentials {
  const { auth } = options
  const bearer = (token: string) => ({ authorization: `Bearer ${token}` })
  if (auth.kind !== 'agent') {
    const headers = auth.kind === 'bearer' ? bearer(auth.token) : {}
    return { headers: async () => headers, renewed: () => false }
  }
  const now = options.now ?? Date.now
  const sign = createAssertionSigner(auth.privateKey, now)
  const claims = { agentId: auth.agentId, audience: auth.audience ?? options.baseUrl }
  // A new assertion for each attempt: the vault takes each one once.
  const exchangeOnce = async (): Promise<IssuedToken> => {
    const request = writeRequest(options.baseUrl, routes.issueAgentToken, {
      grant_type: 'client_credentials',
      client_assertion_type: clientAssertionType,
      client_assertion: await sign(claims),
    })
    const answer = await wire.send(request, {}, readAnswer)
    const { access_token: accessToken, expires_in: expiresInSeconds } = answer
    if (typeof accessToken !== 'string' || accessToken === '') {
      throw new Problem('vault-invalid-answer', 'The token endpoint answered without a token.')
    }
    return { accessToken, expiresInSeconds: Number(expiresInSeconds) }
  }
  const exchange = () => withRetries(exchangeOnce, { repeatable: true, pause: wire.pause })
  const tokens = createAgentTokens({ exchange, now })
  return {
    headers: async (signal) => bearer(await tokens.get(signal)),
    renewed(headers) {
      tokens.drop((headers.authorization ?? '').slice('Bearer '.length))
      return true
    },
  }
}
