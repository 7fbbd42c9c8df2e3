import { type ListPrice, type ModelMeter, matchesModel } from '@sallyport/catalog'
import type { ModelPrice } from '@sallyport/contracts'
import { microsPerUsd } from './plan-limits.ts'
import type { CountedTokens } from './read-usage.ts'

/** US dollars for a million tokens; so many millionths of a dollar for one. */
export interface TokenPrice {
  readonly input: number
  readonly cachedInput: number
  readonly cacheWrite: number
  readonly output: number
}

/** Finds what a model costs: the owner's own price, else the list price, else the dearest that the service has. */
export type FindPrice = (
  model: string | undefined,
  own: readonly ModelPrice[],
  inputTokens: number,
) => TokenPrice

/** Prices of one service; where it has none of its own since it resells, those of all. */
export function createPrices(listed: readonly ListPrice[]): FindPrice {
  const dearest = {
    input: Math.max(...listed.map(({ input }) => input)),
    cachedInput: Math.max(...listed.map(({ input }) => input)),
    cacheWrite: Math.max(...listed.map(({ input, cacheWrite = input }) => cacheWrite)),
    output: Math.max(...listed.map(({ output }) => output)),
  }
  return (model, own, inputTokens) => {
    const names = model === undefined ? [] : [model, model.slice(model.lastIndexOf('/') + 1)]
    for (const name of names) {
      const given = own.find(({ models }) => matchesModel(models, name))
      if (given !== undefined) {
        const { inputUsd: input, outputUsd: output, cachedInputUsd: cachedInput = input } = given
        return { input, output, cachedInput, cacheWrite: input }
      }
    }
    for (const name of names) {
      const found = listed.find(({ models }) => matchesModel(models, name))
      if (found !== undefined) {
        const { above } = found
        const isLong = above !== undefined && inputTokens > above.tokens
        const { input, output, cachedInput = input, cacheWrite = input } = isLong ? above : found
        return { input, output, cachedInput, cacheWrite }
      }
    }
    return dearest
  }
}

/** The prices of every meter, in one list. */
export const allPrices = (meters: readonly ModelMeter[]): ListPrice[] =>
  meters.flatMap(({ prices }) => prices)

/** What tokens cost, in whole millionths of a dollar, never less than it is. */
export function costOf(tokens: CountedTokens, price: TokenPrice): number {
  const { input, cachedInput, cacheWrite, output, costUsd } = tokens
  if (costUsd !== undefined) return Math.ceil(costUsd * microsPerUsd)
  return Math.ceil(
    // Sums of decimal fractions come out a trace too great: that is not rounded up to a whole millionth.
    input * price.input +
      cachedInput * price.cachedInput +
      cacheWrite * price.cacheWrite +
      output * price.output -
      1e-6,
  )
}
