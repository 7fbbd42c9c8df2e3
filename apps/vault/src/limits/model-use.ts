import type { ModelEndpoint, ModelMeter, UsageShape } from '@sallyport/catalog'
import type { ModelPrice, ModelUsage } from '@sallyport/contracts'
import {
  type CompiledPathPattern,
  compilePathPattern,
  matchesPath,
  splitPath,
} from '../policy/path-pattern.ts'
import {
  type AskedOutput,
  type AskingWays,
  type MeteredRequest,
  readAskedOutput,
} from './asked-output.ts'
import { guessOutput } from './guess-output.ts'
import { allPrices, costOf, createPrices, type FindPrice } from './model-prices.ts'
import { readModel, readUsage } from './read-usage.ts'

/** A request to a language model. */
export interface ModelUse {
  /** What it may take: its input by its length, its output by what it asks for. Millionths of a dollar. */
  estimate(own: readonly ModelPrice[]): ModelEstimate
  /** What an answer says that it took; undefined where it says nothing. */
  read(body: unknown, own: readonly ModelPrice[]): ModelUsage | undefined
  /** What an answer that does not say it took at least, by what it wrote. */
  guess(body: unknown, own: readonly ModelPrice[]): Pick<ModelEstimate, 'tokens' | 'usdMicros'>
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

interface Meter {
  readonly endpoints: readonly CountedEndpoint[]
  readonly findPrice: FindPrice
  readonly any: AnyEndpoint
}

interface CountedEndpoint {
  readonly endpoint: ModelEndpoint
  readonly paths: readonly CompiledPathPattern[]
}

type AnyEndpoint = AskingWays & Pick<Extract<ModelEndpoint, { counts: 'tokens' }>, 'usage'>

/**
 * Knows how requests are counted. At a service of models every write counts that is not known to cost nothing. At any other
 * service every write counts in whichever of the known ways its answer is in: whoever has a budget there speaks to a model.
 * The meters are read with the first write.
 */
export function createModelUse(readMeters: () => readonly ModelMeter[]): FindModelUse {
  let known: KnownMeters | undefined
  return (service, request, hasBudget) => {
    if (request.method === 'GET' || request.method === 'HEAD') return undefined
    known ??= knowMeters(readMeters())
    const meter = known.byService.get(service) ?? (hasBudget ? known.elsewhere : undefined)
    if (meter === undefined) return undefined
    const path = splitPath(request.path)
    const found = meter.endpoints.find(({ paths }) =>
      paths.some((pattern) => matchesPath(pattern, path)),
    )
    if (found?.endpoint.counts === 'nothing') return undefined
    return useOf(request, found?.endpoint ?? meter.any, meter.findPrice)
  }
}

interface KnownMeters {
  readonly byService: ReadonlyMap<string, Meter>
  readonly elsewhere: Meter
}

function knowMeters(meters: readonly ModelMeter[]): KnownMeters {
  const ofAll = createPrices(allPrices(meters))
  const ways = meters.flatMap(({ endpoints }) =>
    endpoints.flatMap((endpoint) => (endpoint.counts === 'tokens' ? [endpoint] : [])),
  )
  const any: AnyEndpoint = {
    model: 'model',
    outputMax: [...new Set(ways.flatMap(({ outputMax }) => outputMax))],
    times: [...new Set([...ways.flatMap(({ times }) => times), 'best_of'])],
    unseen: [...new Set(ways.flatMap(({ unseen }) => unseen))],
    isUnknown: true,
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
  return { byService, elsewhere: { endpoints: [], findPrice: ofAll, any } }
}

function useOf(request: MeteredRequest, endpoint: AnyEndpoint, findPrice: FindPrice): ModelUse {
  const bytes = request.body?.byteLength ?? 0
  // Not before it is needed: where there is no budget, most answers name the model themselves.
  let known: AskedOutput | undefined
  const ask = () => {
    known ??= readAskedOutput(request, endpoint)
    return known
  }
  const input = Math.ceil(bytes / bytesPerToken)
  const cost = (output: number, own: readonly ModelPrice[], model = ask().model) => {
    const price = findPrice(model, own, input)
    const written = Math.ceil(output * price.output)
    return { all: Math.ceil(input * Math.max(price.input, price.cacheWrite)) + written, written }
  }
  return {
    estimate(own) {
      const { output, isGuess } = ask()
      const { all, written } = cost(output, own)
      return {
        tokens: input + output,
        usdMicros: all,
        askedTokens: isGuess ? 0 : output,
        askedMicros: isGuess ? 0 : written,
      }
    },
    guess(body, own) {
      const output = guessOutput(body)
      return { tokens: input + output, usdMicros: cost(output, own, readModel(body)).all }
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

/** Each once; those that know of no output last, since what knows more fits better. */
function distinct(shapes: readonly UsageShape[]): UsageShape[] {
  const once = [...new Map(shapes.map((shape) => [JSON.stringify(shape), shape])).values()]
  return once.sort((a, b) => Number(a.output.length === 0) - Number(b.output.length === 0))
}
