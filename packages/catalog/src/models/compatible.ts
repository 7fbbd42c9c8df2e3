import type { ModelMeterInput } from './model-meter.ts'
import { chatOutputMax, chatUsage } from './usage-shapes.ts'

// Services that answer chat completions as OpenAI does.

const chat = (path: string, usage = chatUsage, outputMax = chatOutputMax) => ({
  counts: 'tokens' as const,
  paths: [path],
  model: 'model',
  outputMax,
  times: ['n'],
  usage: [usage],
})

/** https://api-docs.deepseek.com/quick_start/pricing */
export const deepseekMeter: ModelMeterInput = {
  service: 'deepseek',
  documentation: 'https://api-docs.deepseek.com/api/create-chat-completion',
  pricing: 'https://api-docs.deepseek.com/quick_start/pricing',
  endpoints: [
    chat('/chat/completions', { ...chatUsage, cachedInput: ['prompt_cache_hit_tokens'] }, [
      'max_tokens',
    ]),
  ],
  prices: [
    { models: 'deepseek-*', input: 0.28, cachedInput: 0.028, output: 0.42, asOf: '2025-10-01' },
  ],
}

const ofGroq = '2025-10-15'

/** https://groq.com/pricing */
export const groqMeter: ModelMeterInput = {
  service: 'groq',
  documentation: 'https://console.groq.com/docs/api-reference',
  pricing: 'https://groq.com/pricing',
  endpoints: [
    chat('/openai/v1/chat/completions'),
    // Seconds of speech are what is charged there: no tokens are answered, so the estimate counts.
    {
      counts: 'tokens',
      paths: ['/openai/v1/audio/transcriptions'],
      model: 'model',
      outputMax: [],
      usage: [chatUsage],
    },
  ],
  prices: [
    { models: 'llama-3.3-70b-*', input: 0.59, output: 0.79, asOf: ofGroq },
    { models: 'llama-3.1-8b-*', input: 0.05, output: 0.08, asOf: ofGroq },
    { models: 'meta-llama/llama-4-maverick*', input: 0.2, output: 0.6, asOf: ofGroq },
    { models: 'meta-llama/llama-4-scout*', input: 0.11, output: 0.34, asOf: ofGroq },
    { models: 'meta-llama/llama-guard-4*', input: 0.2, output: 0.2, asOf: ofGroq },
    { models: 'openai/gpt-oss-120b', input: 0.15, cachedInput: 0.075, output: 0.75, asOf: ofGroq },
    { models: 'openai/gpt-oss-20b', input: 0.1, output: 0.5, asOf: ofGroq },
    { models: 'moonshotai/kimi-k2-*', input: 1, cachedInput: 0.5, output: 3, asOf: ofGroq },
    { models: 'qwen/qwen3-32b', input: 0.29, output: 0.59, asOf: ofGroq },
  ],
}

/** https://openrouter.ai/docs/use-cases/usage-accounting: each answer says what it cost. */
export const openrouterMeter: ModelMeterInput = {
  service: 'openrouter',
  documentation: 'https://openrouter.ai/docs/use-cases/usage-accounting',
  pricing: 'https://openrouter.ai/models',
  endpoints: [
    chat('/api/v1/chat/completions', { ...chatUsage, costUsd: ['cost'] }),
    {
      counts: 'tokens',
      paths: ['/api/v1/embeddings'],
      model: 'model',
      outputMax: [],
      usage: [{ at: ['usage'], input: ['prompt_tokens'], output: [], costUsd: ['cost'] }],
    },
  ],
  prices: [],
}

const ofPerplexity = '2025-10-15'

/** https://docs.perplexity.ai/getting-started/pricing: each answer says what it cost, its search included. */
export const perplexityMeter: ModelMeterInput = {
  service: 'perplexity',
  documentation: 'https://docs.perplexity.ai/api-reference/chat-completions-post',
  pricing: 'https://docs.perplexity.ai/getting-started/pricing',
  endpoints: [
    chat('/chat/completions', { ...chatUsage, costUsd: ['cost.total_cost'] }, ['max_tokens']),
    // Charged by the search: no tokens are answered, so the estimate counts.
    { counts: 'tokens', paths: ['/search'], model: 'model', outputMax: [], usage: [chatUsage] },
  ],
  prices: [
    { models: 'sonar-deep-research*', input: 2, output: 8, asOf: ofPerplexity },
    { models: 'sonar-reasoning-pro*', input: 2, output: 8, asOf: ofPerplexity },
    { models: 'sonar-reasoning*', input: 1, output: 5, asOf: ofPerplexity },
    { models: 'sonar-pro*', input: 3, output: 15, asOf: ofPerplexity },
    { models: 'sonar', input: 1, output: 1, asOf: ofPerplexity },
  ],
}
