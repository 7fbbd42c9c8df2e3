import type { ModelMeterInput } from './model-meter.ts'
import { geminiUsage } from './usage-shapes.ts'

const asOf = '2025-11-20'
const inPath = (method: string) => ({ after: '/models/', before: `:${method}` })
const generating = {
  counts: 'tokens',
  outputMax: ['generationConfig.maxOutputTokens', 'generation_config.max_output_tokens'],
  times: ['generationConfig.candidateCount', 'generation_config.candidate_count'],
  usage: [geminiUsage],
} as const

/** https://ai.google.dev/gemini-api/docs/pricing; of sound where there are two prices of input. */
export const geminiMeter: ModelMeterInput = {
  service: 'google-gemini',
  documentation: 'https://ai.google.dev/api/generate-content',
  pricing: 'https://ai.google.dev/gemini-api/docs/pricing',
  endpoints: [
    { counts: 'nothing', paths: ['/v1beta/models/*:countTokens'] },
    {
      ...generating,
      times: [...generating.times],
      outputMax: [...generating.outputMax],
      usage: [...generating.usage],
      paths: ['/v1beta/models/*:generateContent'],
      model: inPath('generateContent'),
    },
    {
      ...generating,
      times: [...generating.times],
      outputMax: [...generating.outputMax],
      usage: [...generating.usage],
      paths: ['/v1beta/models/*:streamGenerateContent'],
      model: inPath('streamGenerateContent'),
    },
    {
      counts: 'tokens',
      paths: ['/v1beta/models/*:embedContent'],
      model: inPath('embedContent'),
      outputMax: [],
      usage: [{ ...geminiUsage, output: [] }],
    },
    {
      counts: 'tokens',
      paths: ['/v1beta/models/*:batchEmbedContents'],
      model: inPath('batchEmbedContents'),
      outputMax: [],
      usage: [{ ...geminiUsage, output: [] }],
    },
    {
      counts: 'tokens',
      paths: ['/v1beta/interactions'],
      model: 'model',
      outputMax: ['generation_config.max_output_tokens'],
      usage: [
        {
          at: ['usage', 'interaction.usage'],
          input: ['total_input_tokens', 'total_tool_use_tokens'],
          cachedInput: ['total_cached_tokens'],
          output: ['total_output_tokens', 'total_thought_tokens'],
        },
      ],
    },
  ],
  prices: [
    { models: 'gemini-3-pro-image*', input: 2, output: 120, asOf },
    {
      ...{ models: 'gemini-3-pro*', input: 2, cachedInput: 0.2, output: 12, asOf },
      above: { tokens: 200_000, input: 4, cachedInput: 0.4, output: 18 },
    },
    { models: 'gemini-2.5-pro-preview-tts*', input: 1, output: 20, asOf },
    {
      ...{ models: 'gemini-2.5-pro*', input: 1.25, cachedInput: 0.125, output: 10, asOf },
      above: { tokens: 200_000, input: 2.5, cachedInput: 0.25, output: 15 },
    },
    { models: 'gemini-2.5-flash-lite*', input: 0.3, cachedInput: 0.03, output: 0.4, asOf },
    { models: 'gemini-2.5-flash-image*', input: 0.3, output: 30, asOf },
    { models: 'gemini-2.5-flash-preview-tts*', input: 0.5, output: 10, asOf },
    { models: 'gemini-2.5-flash*', input: 1, cachedInput: 0.1, output: 2.5, asOf },
    { models: 'gemini-2.0-flash-lite*', input: 0.075, output: 0.3, asOf },
    { models: 'gemini-2.0-flash*', input: 0.7, cachedInput: 0.175, output: 0.4, asOf },
    { models: 'gemini-embedding-001', input: 0.15, output: 0, asOf },
    { models: 'text-embedding-004', input: 0.15, output: 0, asOf },
  ],
}
