// The clients themselves, with the SDK that they are made of.
import { type PriorDiscovery, SdkErrorCode, SdkHttpError } from '@modelcontextprotocol/client'
import { Problem } from '@sallyport/contracts'
import { ask } from './ask.ts'
import { type Connected, type ConnectNeeds, connectUpstream } from './connect-upstream.ts'
import { cutClean } from './cut-clean.ts'
import { listTools } from './list-tools.ts'
import type { LiveUpstream, OpenConfig, UpstreamClients } from './live-upstream.ts'
import { type ParamHeaders, paramHeadersOf, readParamHeaders } from './param-headers.ts'
import { timedOut } from './read-failure.ts'
import { stageOf, upstreamProblem } from './upstream-problem.ts'

/** A server that spoke the older protocol is asked for the newer one again after this. */
const verdictMsMax = 3_600_000
const verdictsMax = 1000
const requestsMax = 64
const nameCharsMax = 200
const instructionsCharsMax = 16 * 1024

/** Builds the clients. */
export function openClients(needs: ConnectNeeds): UpstreamClients {
  const verdicts = createVerdicts(needs.now)
  const live = new Set<LiveUpstream>()
  const ending = new AbortController()

  async function connect(config: OpenConfig, signal: AbortSignal): Promise<Connected> {
    const prior = verdicts.of(config)
    try {
      return await connectUpstream(needs, config, { prior, signal })
    } catch (error) {
      verdicts.forget(config)
      if (prior !== undefined || !mayBeOlder(error, config)) throw error
    }
    // Programs that end, and servers that fall over, when asked what they do not know.
    return connectUpstream(needs, config, { prior: { kind: 'legacy' }, signal })
  }

  return {
    async open(config, signal) {
      if (ending.signal.aborted) throw ending.signal.reason
      const late = new AbortController()
      const timer = setTimeout(() => late.abort(timedOut('initialize')), config.connectTimeoutMs)
      const stops = [late.signal, ending.signal, ...(signal === undefined ? [] : [signal])]
      try {
        const connected = await connect(config, AbortSignal.any(stops))
        verdicts.remember(config, connected)
        const upstream = createLive({
          connected,
          config,
          now: needs.now,
          onEnd: () => live.delete(upstream),
        })
        live.add(upstream)
        return upstream
      } catch (error) {
        if (error instanceof Problem) throw error
        throw upstreamProblem('connect', 'request-stopped', {
          detail: 'The attempt to connect was stopped.',
        })
      } finally {
        clearTimeout(timer)
      }
    },
    async close() {
      ending.abort(
        upstreamProblem('connect', 'request-stopped', { detail: 'The vault is stopping.' }),
      )
      await Promise.all([...live].map((upstream) => upstream.close()))
    },
  }
}

/** It was there, and ended or failed at the first question. */
function mayBeOlder(error: unknown, config: OpenConfig): boolean {
  if (config.transport === 'stdio') {
    return (
      stageOf(error) === 'initialize' &&
      error instanceof Problem &&
      error.type === 'upstream-unreachable'
    )
  }
  const cause = error instanceof Error ? error.cause : undefined
  return SdkHttpError.isInstance(cause) && cause.code === SdkErrorCode.EraNegotiationFailed
}

/** What each server was found to speak, for as long as the process lives; by its address too, since that may be changed. */
function createVerdicts(now: () => number) {
  const older = new Map<string, number>()
  const keyOf = ({ serverId, transport, url, command, args }: OpenConfig) =>
    JSON.stringify([serverId, transport, url, command, args])
  return {
    of(config: OpenConfig): PriorDiscovery | undefined {
      const at = older.get(keyOf(config))
      return at !== undefined && now() - at < verdictMsMax ? { kind: 'legacy' } : undefined
    },
    forget: (config: OpenConfig) => void older.delete(keyOf(config)),
    remember(config: OpenConfig, { client }: Connected): void {
      const key = keyOf(config)
      if (client.getProtocolEra() !== 'legacy' || older.has(key)) return
      const [oldest] = older.keys()
      if (older.size >= verdictsMax && oldest !== undefined) older.delete(oldest)
      older.set(key, now())
    },
  }
}

function createLive(options: {
  connected: Connected
  config: OpenConfig
  now: () => number
  onEnd: () => void
}): LiveUpstream {
  const { connected, config, now } = options
  const { client, transport, changes } = connected
  const watchers = new Set<(why: Problem) => void>()
  let closing: Promise<void> | undefined
  let closedFor: Problem | undefined
  let ended: Problem | undefined
  let headers: ParamHeaders = new Map()
  let asking = 0

  function onEnd(why: Problem): void {
    if (ended !== undefined || closing !== undefined) return
    ended = why
    changes.stop()
    options.onEnd()
    for (const notify of watchers) notify(why)
  }
  transport.onfail = onEnd
  client.onclose = () => onEnd(transport.failure ?? closed())
  if (transport.failure !== undefined) onEnd(transport.failure)
  changes.listen()
  const text = (value: string | undefined, charsMax: number) =>
    value === undefined ? undefined : cutClean(config.redact, value, charsMax)
  const info = client.getServerVersion()

  return {
    serverInfo: {
      name: text(info?.name, nameCharsMax) ?? '',
      version: text(info?.version, nameCharsMax) ?? '',
      title: text(info?.title, nameCharsMax),
    },
    capabilities: { ...client.getServerCapabilities() },
    instructions: text(client.getInstructions(), instructionsCharsMax),
    protocolVersion: client.getNegotiatedProtocolVersion() ?? '',
    async listTools(signal) {
      if (ended !== undefined) throw ended
      const inHeaders = config.transport !== 'stdio' && client.getProtocolEra() === 'modern'
      const listed = await listTools({ client, config, now, inHeaders }, signal)
      if (inHeaders) headers = readParamHeaders(listed.tools)
      return listed
    },
    async request(method, params, how) {
      if (ended !== undefined || closing !== undefined) throw gone(ended)
      if (asking >= requestsMax) throw busy()
      asking += 1
      try {
        const inHeaders = method === 'tools/call' ? paramHeadersOf(headers, params) : {}
        return await ask({ client, config, now }, { method, params, headers: inHeaders }, how)
      } catch (error) {
        // However its stream ended: it did because of us.
        throw closing === undefined ? error : cutOff(closedFor)
      } finally {
        asking -= 1
      }
    },
    onListChanged: changes.onChanged,
    onClosed(notify) {
      if (ended === undefined) watchers.add(notify)
      else notify(ended)
    },
    stderrTail: () => transport.stderrTail(),
    close(why) {
      closedFor ??= why
      closing ??= (async () => {
        changes.stop()
        options.onEnd()
        await client.close().catch(() => {})
        await transport.close()
      })()
      return closing
    },
  }
}

const closed = () =>
  upstreamProblem('connect', 'upstream-unreachable', {
    detail: 'The connection to the server ended.',
    next: 'The vault connects again.',
  })

function gone(why: Problem | undefined): Problem {
  return upstreamProblem('call', 'upstream-unreachable', {
    detail: why?.detail ?? 'The connection to the server was closed.',
    next: 'Nothing was sent; the vault connects again.',
  })
}

function cutOff(why: Problem | undefined): Problem {
  const detail = 'The connection to the server was closed while it was asked.'
  const next = 'The request may have been carried out all the same: look before sending it again.'
  return upstreamProblem('call', why?.type ?? 'upstream-unreachable', {
    detail: why === undefined ? detail : `${detail} ${why.detail}`,
    next: why?.next === undefined ? next : `${why.next} ${next}`,
  })
}

const busy = () =>
  upstreamProblem('call', 'overloaded', {
    detail: 'Too many requests to this server are under way.',
    next: 'Nothing was sent; try again in a moment.',
    retryAfterSeconds: 1,
  })
