import { claudePrices } from './anthropic.ts'
import type { ModelMeterInput } from './model-meter.ts'
import { bedrockMetrics, chatUsage, converseUsage, messagesUsage } from './usage-shapes.ts'

const asOf = '2025-11-01'

const inPath = (before: string) => ({ after: '/model/', before })

/** https://aws.amazon.com/bedrock/pricing. */
export const bedrockMeter: ModelMeterInput = {
  service: 'aws-bedrock',
  documentation:
    'https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_Converse.html',
  pricing: 'https://aws.amazon.com/bedrock/pricing/',
  endpoints: [
    {
      counts: 'tokens',
      paths: ['/model/*/converse'],
      model: inPath('/converse'),
      outputMax: ['inferenceConfig.maxTokens'],
      usage: [converseUsage],
    },
    {
      counts: 'tokens',
      paths: ['/model/*/converse-stream'],
      model: inPath('/converse-stream'),
      outputMax: ['inferenceConfig.maxTokens'],
      usage: [converseUsage],
    },
    {
      counts: 'tokens',
      paths: ['/model/*/invoke'],
      model: inPath('/invoke'),
      outputMax: ['max_tokens', 'max_gen_len', 'inferenceConfig.maxTokens'],
      usage: [messagesUsage, converseUsage, chatUsage],
    },
    {
      counts: 'tokens',
      paths: ['/model/*/invoke-with-response-stream'],
      model: inPath('/invoke-with-response-stream'),
      outputMax: ['max_tokens', 'max_gen_len', 'inferenceConfig.maxTokens'],
      usage: [messagesUsage, converseUsage, bedrockMetrics],
    },
  ],
  prices: [
    ...claudePrices((name) => `*anthropic.${name}`),
    { models: '*amazon.nova-micro*', input: 0.035, cachedInput: 0.00875, output: 0.14, asOf },
    { models: '*amazon.nova-lite*', input: 0.06, cachedInput: 0.015, output: 0.24, asOf },
    { models: '*amazon.nova-pro*', input: 0.8, cachedInput: 0.2, output: 3.2, asOf },
    { models: '*amazon.nova-premier*', input: 2.5, cachedInput: 0.625, output: 12.5, asOf },
    { models: '*meta.llama3-3-70b*', input: 0.72, output: 0.72, asOf },
  ],
}
