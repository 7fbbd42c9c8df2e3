import type { ListPrice, ModelMeterInput } from './model-meter.ts'
import { messagesUsage } from './usage-shapes.ts'

const asOf = '2025-12-01'

/** Writing to the cache for five minutes costs a quarter more than input, reading from it a tenth. */
const claude = (models: string, input: number, output: number): ListPrice => ({
  models,
  input,
  cachedInput: Math.round(input * 1e5) / 1e6,
  cacheWrite: input * 1.25,
  output,
  asOf,
})

/** Of Sonnet 4 and 4.5, which take so much. */
const longPrompt = { tokens: 200_000, input: 6, cachedInput: 0.6, cacheWrite: 7.5, output: 22.5 }

/** Claude by the names that Anthropic, and whoever else sells it, gives it; `around` puts what stands before a name. */
export const claudePrices = (around: (name: string) => string): ListPrice[] => [
  claude(around('claude-opus-4-5*'), 5, 25),
  claude(around('claude-opus-4*'), 15, 75),
  claude(around('claude-3-opus*'), 15, 75),
  { ...claude(around('claude-sonnet-4*'), 3, 15), above: longPrompt },
  claude(around('claude-3-7-sonnet*'), 3, 15),
  claude(around('claude-3-5-sonnet*'), 3, 15),
  claude(around('claude-haiku-4-5*'), 1, 5),
  claude(around('claude-3-5-haiku*'), 0.8, 4),
  claude(around('claude-3-haiku*'), 0.25, 1.25),
]

/** https://platform.claude.com/docs/en/about-claude/pricing */
export const anthropicMeter: ModelMeterInput = {
  service: 'anthropic',
  documentation: 'https://platform.claude.com/docs/en/api/messages',
  pricing: 'https://platform.claude.com/docs/en/about-claude/pricing',
  endpoints: [
    { counts: 'nothing', paths: ['/v1/messages/count_tokens'] },
    {
      counts: 'tokens',
      paths: ['/v1/messages'],
      model: 'model',
      outputMax: ['max_tokens'],
      usage: [messagesUsage],
    },
  ],
  prices: claudePrices((name) => name),
}
