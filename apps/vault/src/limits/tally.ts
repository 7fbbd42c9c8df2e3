import type { ModelUsage } from '@sallyport/contracts'
import type { ModelUse } from './model-use.ts'
import { type PlannedLimits, type PlannedWindow, toolWindows } from './plan-limits.ts'

/** What one request takes of one limit; what the audit room's reservation is a list of. */
export interface WindowTaking {
  readonly name: string
  readonly limit: number
  readonly windowMs: number
  readonly weight?: number | undefined
  readonly isEstimate?: true
  readonly weightMin?: number | undefined
  readonly mayExceedAlone?: boolean
}

/** What a request took of the limits that it only had an estimate for. */
export interface Settlement {
  readonly policyId: string
  readonly windows: readonly (Pick<WindowTaking, 'name' | 'limit' | 'windowMs'> & {
    readonly weight: number | undefined
  })[]
}

/** Keeps count of one request that was granted, from its sending to its outcome. */
export interface Tally {
  /** Bytes of the answer that it was given at most. */
  readonly responseBytesMax: number | undefined
  /** The bytes of the answer have to be counted as they come. */
  readonly countsBytes: boolean
  /** It is about to be sent: until then it took nothing. */
  sending(): void
  received(bytes: number): void
  /** The body of the answer, parsed or as text, before anything of it is taken away for the agent. */
  inspect(body: unknown): void
  /** Once: what to record and to settle. */
  close(ending: TalliedEnding): {
    readonly usage?: ModelUsage | undefined
    readonly settlement?: Settlement | undefined
  }
}

/** How the request ended: the upstream's status, or that nothing is known to have come to it. */
export interface TalliedEnding {
  readonly status?: number | undefined
  /** It never came to the upstream. */
  readonly isUnsent: boolean
}

/** What a request takes of limits, and what counts it afterwards. */
export interface Taking {
  readonly windows: readonly WindowTaking[]
  readonly concurrent: number | undefined
  /** For the granted request. `held`: what its estimates were given. */
  tally(held: Readonly<Record<string, number>> | undefined): Tally | undefined
}

/** What of a request limits count. */
export interface CountedRequest {
  readonly policyId: string
  readonly method: string
  readonly bodyBytes: number
  /** The number of the allow entry that decided. */
  readonly entryAt: number | undefined
  /** Of a call of a tool: which one, and the number of the grant by which the agent has it. */
  readonly tool?: { readonly toolId: string; readonly grantAt: number } | undefined
}

/** Bytes of a decoded answer where the policy names no smaller bound; as the sending has it. */
const responseBytesDefault = 10 * 1024 * 1024

/** Says what a request takes. Undefined where nothing counts it. Pure. */
export function takeOf(
  planned: PlannedLimits,
  request: CountedRequest,
  use: ModelUse | undefined,
): Taking | undefined {
  if (planned.isNone && use === undefined) return undefined
  const { responseBytes, requestBytes } = planned
  const entry = request.entryAt === undefined ? [] : (planned.entries[request.entryAt] ?? [])
  const certain: WindowTaking[] = [
    ...planned.requests,
    ...(planned.perMethod.get(request.method) ?? []),
    ...entry,
    ...(request.tool === undefined ? [] : toolWindows(planned, request.tool)),
    ...(requestBytes === undefined || request.bodyBytes === 0
      ? []
      : [{ ...requestBytes, weight: request.bodyBytes }]),
  ]
  const estimated: WindowTaking[] = [
    ...(responseBytes === undefined ? [] : [takeBytes(responseBytes, planned)]),
    ...(use === undefined ? [] : takeBudget(planned, use)),
  ]
  return {
    windows: [...certain, ...estimated],
    concurrent: planned.concurrent,
    tally: (held) =>
      estimated.length === 0 && use === undefined
        ? undefined
        : createTally({ planned, policyId: request.policyId, estimated, use, held }),
  }
}

/** The answer is given what is left, up to what one may have, and is cut off there: so it never takes more. */
function takeBytes(window: PlannedWindow, { responseBytesMax }: PlannedLimits): WindowTaking {
  const weight = Math.max(1, Math.min(responseBytesMax ?? responseBytesDefault, window.limit))
  return { ...windowOf(window), weight, isEstimate: true, weightMin: 1 }
}

function takeBudget({ budget, prices }: PlannedLimits, use: ModelUse): WindowTaking[] {
  if (budget.length === 0) return []
  const estimate = use.estimate(prices)
  return budget.map((window) => {
    const [weight, asked] =
      window.unit === 'tokens'
        ? [estimate.tokens, estimate.askedTokens]
        : [estimate.usdMicros, estimate.askedMicros]
    return {
      ...windowOf(window),
      weight: Math.max(1, weight),
      isEstimate: true,
      // What is guessed must not be out of reach for ever; what is asked for by itself may be.
      mayExceedAlone: asked <= window.limit,
    }
  })
}

const windowOf = ({ name, limit, windowMs }: PlannedWindow) => ({ name, limit, windowMs })

/** A gateway says these where it has no answer: the model behind it may have written one. */
const gatewayStatuses: ReadonlySet<number> = new Set([408, 499, 502, 504, 520, 524])

const isRefusal = (status: number) => status >= 400 && !gatewayStatuses.has(status)

interface Tallied {
  readonly planned: PlannedLimits
  readonly policyId: string
  readonly estimated: readonly WindowTaking[]
  readonly use: ModelUse | undefined
  readonly held: Readonly<Record<string, number>> | undefined
}

function createTally({ planned, policyId, estimated, use, held }: Tallied): Tally {
  const { responseBytes, prices } = planned
  let isSent = false
  let bytes = 0
  let usage: ModelUsage | undefined
  let guessed: ReturnType<ModelUse['guess']> | undefined
  const hasBudget = planned.budget.length > 0
  const weightOf = ({ name }: WindowTaking, ending: TalliedEnding): number | undefined => {
    if (!isSent || ending.isUnsent) return 0
    if (name === responseBytes?.name) return bytes
    if (usage !== undefined) {
      return name.startsWith('tokens')
        ? usage.inputTokens + usage.outputTokens
        : (usage.usdMicros ?? 0)
    }
    // Who is refused by the provider pays nothing. Whatever else says nothing took what was held, or what it wrote if more.
    if (ending.status !== undefined && isRefusal(ending.status)) return 0
    const written = name.startsWith('tokens') ? guessed?.tokens : guessed?.usdMicros
    return written !== undefined && written > (held?.[name] ?? 0) ? written : undefined
  }
  return {
    responseBytesMax: responseBytes === undefined ? undefined : held?.[responseBytes.name],
    countsBytes: responseBytes !== undefined,
    sending() {
      isSent = true
    },
    received(more) {
      bytes += more
    },
    inspect(body) {
      usage = use?.read(body, prices) ?? usage
      if (usage === undefined && hasBudget) guessed = use?.guess(body, prices)
    },
    close(ending) {
      const windows = estimated.map((taking) => ({
        name: taking.name,
        limit: taking.limit,
        windowMs: taking.windowMs,
        weight: weightOf(taking, ending),
      }))
      return { usage, settlement: windows.length === 0 ? undefined : { policyId, windows } }
    },
  }
}
