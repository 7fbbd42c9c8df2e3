import type { ModelEndpoint, ModelMeter, UsageShape } from '@sallyport/catalog'
import type { ModelPrice, ModelUsage } from '@sallyport/contracts'
import {
  type CompiledPathPattern,
  compilePathPattern,
  matchesPath,
  splitPath,
} from '../policy/path-pattern.ts'
import { allPrices, costOf, createPrices, type FindPrice } from './model-prices.ts'
import { memberAt, modelName, readUsage } from './read-usage.ts'

/** What of a request is looked at. */
export interface MeteredRequest {
  readonly method: string
  readonly path: string
  readonly body?: Uint8Array
}

/** A request to a language model. */
export interface ModelUse {
  /** What it may take: its input by its length, its output by what it asks for. Millionths of a dollar. */
  estimate(own: readonly ModelPrice[]): ModelEstimate
  /** What an answer says that it took; undefined where it says nothing. */
  read(body: unknown, own: readonly ModelPrice[]): ModelUsage | undefined
}

export interface ModelEstimate {
  readonly tokens: number
  readonly usdMicros: number
  /** What it asks for by itself is that much: its input is guessed, and not in it. */
  readonly askedTokens: number
  readonly askedMicros: number
}

/**
 * Finds how a request to a service is counted; undefined where it costs no tokens, and where nothing is known of the service
 * and there is no budget for it.
 */
export type FindModelUse = (
  service: string,
  request: MeteredRequest,
  hasBudget: boolean,
) => ModelUse | undefined

/** Bytes of a request for a token: few enough for any language, so the guess is rather too high. */
const bytesPerToken = 3
/** What an answer takes where the request does not say. */
const outputTokensDefault = 4_096
const outputTokensMax = 1e9
const timesMax = 1_000

interface Meter {
  readonly endpoints: readonly CountedEndpoint[]
  readonly findPrice: FindPrice
  readonly any: AnyEndpoint
}

interface CountedEndpoint {
  readonly endpoint: ModelEndpoint
  readonly paths: readonly CompiledPathPattern[]
}

type AnyEndpoint = Omit<Extract<ModelEndpoint, { counts: 'tokens' }>, 'paths' | 'counts'>

/**
 * Knows how requests are counted. At a service of models every write counts that is not known to cost nothing. At any other
 * service every write counts in whichever of the known ways its answer is in: whoever has a budget there speaks to a model.
 */
export function createModelUse(meters: readonly ModelMeter[]): FindModelUse {
  const ofAll = createPrices(allPrices(meters))
  const ways = meters.flatMap(({ endpoints }) =>
    endpoints.flatMap((endpoint) => (endpoint.counts === 'tokens' ? [endpoint] : [])),
  )
  const any: AnyEndpoint = {
    model: 'model',
    outputMax: [...new Set(ways.flatMap(({ outputMax }) => outputMax))],
    times: [...new Set(ways.flatMap(({ times }) => times))],
    usage: distinct(ways.flatMap(({ usage }) => usage)),
  }
  const byService = new Map<string, Meter>(
    meters.map(({ service, endpoints, prices }) => [
      service,
      {
        endpoints: endpoints.map((endpoint) => ({
          endpoint,
          paths: endpoint.paths.map(compilePathPattern),
        })),
        findPrice: prices.length === 0 ? ofAll : createPrices(prices),
        any,
      },
    ]),
  )
  const elsewhere: Meter = { endpoints: [], findPrice: ofAll, any }
  return (service, request, hasBudget) => {
    if (request.method === 'GET' || request.method === 'HEAD') return undefined
    const meter = byService.get(service) ?? (hasBudget ? elsewhere : undefined)
    if (meter === undefined) return undefined
    const path = splitPath(request.path)
    const found = meter.endpoints.find(({ paths }) =>
      paths.some((pattern) => matchesPath(pattern, path)),
    )
    if (found?.endpoint.counts === 'nothing') return undefined
    return useOf(request, found?.endpoint ?? meter.any, meter.findPrice)
  }
}

function useOf(request: MeteredRequest, endpoint: AnyEndpoint, findPrice: FindPrice): ModelUse {
  const bytes = request.body?.byteLength ?? 0
  // Not before it is needed: where there is no budget, most answers name the model themselves.
  let known: AskedOf | undefined
  const ask = () => {
    known ??= askedOf(request, endpoint)
    return known
  }
  return {
    estimate(own) {
      const asked = ask()
      const input = Math.ceil(bytes / bytesPerToken)
      const price = findPrice(asked.model, own, input)
      const perToken = Math.max(price.input, price.cacheWrite)
      const costMicros = Math.ceil(input * perToken + asked.output * price.output)
      return {
        tokens: input + asked.output,
        usdMicros: costMicros,
        askedTokens: asked.isGuess ? 0 : asked.output,
        askedMicros: asked.isGuess ? 0 : Math.ceil(asked.output * price.output),
      }
    },
    read(body, own) {
      const counted = readUsage(body, endpoint.usage)
      if (counted === undefined) return undefined
      const { input, cachedInput, cacheWrite, output } = counted
      const model = counted.model ?? ask().model
      const inputTokens = input + cachedInput + cacheWrite
      return {
        inputTokens,
        outputTokens: output,
        usdMicros: costOf(counted, findPrice(model, own, inputTokens)),
        ...(model !== undefined && { model }),
      }
    },
  }
}

interface AskedOf {
  readonly model: string | undefined
  readonly output: number
  readonly isGuess: boolean
}

function askedOf({ path, body }: MeteredRequest, endpoint: AnyEndpoint): AskedOf {
  const json = tryParse(body)
  const model =
    typeof endpoint.model === 'string'
      ? modelName(memberAt(json, endpoint.model))
      : modelInPath(path, endpoint.model)
  if (endpoint.outputMax.length === 0) return { model, output: 0, isGuess: true }
  const numbers = (names: readonly string[], max: number) =>
    names.flatMap((name) => {
      const value = memberAt(json, name)
      return typeof value === 'number' && value >= 1 ? Math.min(Math.ceil(value), max) : []
    })
  const bounds = numbers(endpoint.outputMax, outputTokensMax)
  const times = Math.max(1, ...numbers(endpoint.times, timesMax))
  const each = bounds.length === 0 ? outputTokensDefault : Math.max(...bounds)
  return { model, output: each * times, isGuess: bounds.length === 0 }
}

function modelInPath(path: string, { after, before }: { after: string; before: string }) {
  const from = path.indexOf(after)
  const to = path.lastIndexOf(before)
  if (from < 0 || to < from + after.length) return undefined
  return modelName(path.slice(from + after.length, to).replaceAll(/%3a/gi, ':'))
}

function tryParse(body: Uint8Array | undefined): unknown {
  if (body === undefined) return undefined
  try {
    return JSON.parse(Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString('utf8'))
  } catch {
    return undefined // A form or a file: it is counted by its length.
  }
}

/** Each once; those that know of no output last, since what knows more fits better. */
function distinct(shapes: readonly UsageShape[]): UsageShape[] {
  const once = [...new Map(shapes.map((shape) => [JSON.stringify(shape), shape])).values()]
  return once.sort((a, b) => Number(a.output.length === 0) - Number(b.output.length === 0))
}
