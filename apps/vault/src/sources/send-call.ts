import { Buffer } from 'node:buffer'
import { Problem, SqlPayload } from '@sallyport/contracts'
import type {
  SqlBoundValue,
  SqlCall,
  SqlEngine,
  SqlLogin,
  SqlResult,
  SqlScalar,
  SqlScalarType,
} from './engine/sql-engine.ts'
import { placeTampered, sourceGone } from './source-problems.ts'
import type { SourceOfCall } from './source-store.ts'
import { engineTarget, placeOf, sourceOrigin } from './source-target.ts'

// Sends frozen calls of SQL tools: the last stage of the one way that every request takes. What was decided on is the body, and
// only the body says what runs.

/** A call with its credential on. */
interface ArmedCall {
  readonly method: string
  readonly url: string
  readonly headers: readonly (readonly [string, string])[]
  readonly body?: Uint8Array
}

/** Bounds of one sending, and what ends it early. */
interface SendBounds {
  readonly stops: Set<(problem: Problem) => void>
  readonly responseBytesMax: number
  /** How long it may take, in ms. */
  readonly deadlineMs: number
}

interface SourceAnswer {
  readonly status: number
  readonly headers: readonly (readonly [string, string])[]
  readonly body: AsyncIterable<Uint8Array>
}

/** What sending needs of others. */
interface SourceSendNeeds {
  readonly findForCall: (id: string) => Promise<SourceOfCall | undefined>
  /**
   * The origins that a connection’s password is sealed for, as its seal vouches for them. Problems: `connection-revoked`,
   * `credential-unreadable`.
   */
  readonly sealedOrigins: (connectionId: string) => Promise<readonly string[]>
  readonly engine: Pick<SqlEngine, 'run'>
}

/**
 * Builds it. The answer is status 200 with the rows, 400 where the database or the gate refuses the statement, 403 where the source
 * does not offer what is asked.
 * @throws Problem upstream-not-connected where the source is gone; those of the engine
 */
export const createSourceSend =
  ({ findForCall, sealedOrigins, engine }: SourceSendNeeds) =>
  async (request: ArmedCall, bounds: SendBounds): Promise<SourceAnswer> => {
    const source = await findForCall(sourceIdOf(request.url))
    if (source === undefined) throw sourceGone()
    const origins = await sealedOrigins(source.connectionId)
    if (!origins.includes(sourceOrigin(source.id)) || !origins.includes(placeOf(source))) {
      throw placeTampered()
    }
    const call = readCall(request)
    const refusal = refusalOf(source, call)
    if (refusal !== undefined) return answer(403, { error: refusal })
    const result = await run(
      { engine },
      { source, login: readLogin(request, source), call, bounds },
    )
    return 'refused' in result
      ? answer(400, { error: result.refused })
      : answer(200, rowsOf(result))
  }

const sourceIdOf = (url: string): string => /^sql:\/\/([^/?#]*)/.exec(url)?.[1] ?? ''

async function run(
  { engine }: Pick<SourceSendNeeds, 'engine'>,
  {
    source,
    login,
    call,
    bounds,
  }: {
    readonly source: SourceOfCall
    readonly login: SqlLogin | undefined
    readonly call: SqlCall
    readonly bounds: SendBounds
  },
): Promise<SqlResult> {
  const stopping = new AbortController()
  const stop = (problem: Problem) => stopping.abort(problem)
  bounds.stops.add(stop)
  try {
    return await engine.run(engineTarget(source, source.id), login, {
      call,
      bounds: {
        timeoutMs: Math.min(source.timeoutSeconds * 1000, bounds.deadlineMs),
        rowsMax: source.rowsMax,
        // The envelope around the rows has to fit as well.
        bytesMax: Math.min(source.bytesMax, Math.max(0, bounds.responseBytesMax - envelopeBytes)),
        signal: stopping.signal,
      },
    })
  } finally {
    bounds.stops.delete(stop)
  }
}

const envelopeBytes = 16 * 1024

function readCall({ method, body }: ArmedCall): SqlCall {
  const payload = readPayload(body)
  if (payload.run !== 'statement') {
    const { run: kind, ...rest } = payload
    return { kind, ...rest } as SqlCall
  }
  const { statement, parameters, types } = payload
  if (types.length !== parameters.length) throw unreadable()
  return {
    ...{ kind: 'statement', statement },
    parameters: parameters.map((value, at) => bind(value, types[at] ?? '')),
    // What was decided on as a read stays one.
    writes: method === 'POST',
  }
}

function readPayload(body: Uint8Array | undefined): SqlPayload {
  try {
    return SqlPayload.parse(JSON.parse(Buffer.from(body ?? []).toString('utf8')))
  } catch {
    throw unreadable()
  }
}

/** A rule of a policy may have changed the body on its way. */
const unreadable = () =>
  new Problem('invalid-arguments', 'The call is no statement with its values any more.', {
    next: 'An owner looks at the rules of the policy that change bodies.',
  })

/** A value with the type that its parameter has: `integer`, `integer[]`. */
function bind(value: unknown, written: string): SqlBoundValue {
  const [, type, list] = /^(string|integer|float|boolean)(\[\])?$/.exec(written) ?? []
  if (type === undefined) throw unreadable()
  if (list === undefined) {
    if (!isScalar(value)) throw unreadable()
    return { type: type as SqlScalarType, value }
  }
  if (value === null) return { type: 'array', items: type as SqlScalarType, value }
  if (!Array.isArray(value) || !value.every(isScalar)) throw unreadable()
  return { type: 'array', items: type as SqlScalarType, value }
}

const isScalar = (value: unknown): value is SqlScalar =>
  value === null || ['string', 'number', 'boolean'].includes(typeof value)

/** The tools that an owner has switched off are not run, whatever was frozen before. */
function refusalOf({ query, schemaTools }: SourceOfCall, { kind }: SqlCall) {
  if (kind === 'query' && !query) {
    return { code: 'not-offered', message: 'This source takes no queries of your own.' }
  }
  if ((kind === 'list_tables' || kind === 'describe_table') && !schemaTools) {
    return { code: 'not-offered', message: 'This source does not show its tables.' }
  }
  return undefined
}

/** The connection’s credential comes as any comes: in the header (RFC 7617). Without one, the name alone signs in. */
function readLogin(
  { headers }: ArmedCall,
  { login }: Pick<SourceOfCall, 'login'>,
): SqlLogin | undefined {
  const header = headers.find(([name]) => name.toLowerCase() === 'authorization')?.[1]
  const encoded = /^Basic ([A-Za-z0-9+/]+={0,2})$/.exec(header ?? '')?.[1]
  if (encoded === undefined) return login === null ? undefined : { user: login, password: '' }
  const pair = Buffer.from(encoded, 'base64').toString('utf8')
  const colon = pair.indexOf(':')
  return { user: pair.slice(0, colon), password: pair.slice(colon + 1) }
}

const rowsOf = ({
  columns,
  rows,
  rowCount,
  truncated,
}: Exclude<SqlResult, { refused: unknown }>) => ({
  ...{ columns, rows, rowCount },
  ...(truncated && { truncated }),
})

function answer(status: number, value: unknown): SourceAnswer {
  const bytes = Buffer.from(JSON.stringify(value), 'utf8')
  return {
    status,
    headers: [['content-type', 'application/json']],
    body: (async function* () {
      yield bytes
    })(),
  }
}
