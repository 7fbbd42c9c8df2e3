import type { ModelMeterInput } from './model-meter.ts'
import { chatUsage } from './usage-shapes.ts'

const asOf = '2025-11-01'

/** https://mistral.ai/pricing */
export const mistralMeter: ModelMeterInput = {
  service: 'mistral',
  documentation: 'https://docs.mistral.ai/api',
  pricing: 'https://mistral.ai/pricing',
  endpoints: [
    {
      counts: 'tokens',
      paths: ['/v1/chat/completions', '/v1/fim/completions'],
      model: 'model',
      outputMax: ['max_tokens'],
      times: ['n'],
      usage: [chatUsage],
    },
    {
      counts: 'tokens',
      paths: ['/v1/embeddings', '/v1/moderations'],
      model: 'model',
      outputMax: [],
      usage: [{ at: ['usage'], input: ['prompt_tokens'], output: [] }],
    },
    // Pages are what is charged there; what stands here is what the request may take, since no tokens are answered.
    {
      counts: 'tokens',
      paths: ['/v1/ocr'],
      model: 'model',
      outputMax: ['max_tokens'],
      usage: [chatUsage],
    },
  ],
  prices: [
    { models: 'mistral-large*', input: 2, output: 6, asOf },
    { models: 'pixtral-large*', input: 2, output: 6, asOf },
    { models: 'mistral-medium*', input: 0.4, output: 2, asOf },
    { models: 'magistral-medium*', input: 2, output: 5, asOf },
    { models: 'magistral-small*', input: 0.5, output: 1.5, asOf },
    { models: 'devstral-medium*', input: 0.4, output: 2, asOf },
    { models: 'devstral-small*', input: 0.1, output: 0.3, asOf },
    { models: 'mistral-small*', input: 0.1, output: 0.3, asOf },
    { models: 'mistral-embed*', input: 0.1, output: 0, asOf },
    { models: 'mistral-moderation*', input: 0.1, output: 0, asOf },
    { models: 'codestral-embed*', input: 0.15, output: 0, asOf },
    { models: 'codestral*', input: 0.3, output: 0.9, asOf },
    { models: 'ministral-8b*', input: 0.1, output: 0.1, asOf },
    { models: 'ministral-3b*', input: 0.04, output: 0.04, asOf },
    { models: 'pixtral-12b*', input: 0.15, output: 0.15, asOf },
    { models: 'open-mistral-nemo*', input: 0.15, output: 0.15, asOf },
  ],
}
