import type { ModelMeterInput } from './model-meter.ts'

// The ways in which several services say what an answer took.

type CountedEndpoint = Extract<ModelMeterInput['endpoints'][number], { counts: 'tokens' }>
export type Shape = CountedEndpoint['usage'][number]

/** Chat completions as OpenAI introduced them; in a stream in the last event, where the request asks for it. */
export const chatUsage: Shape = {
  at: ['usage', 'x_groq.usage'],
  input: ['prompt_tokens'],
  cachedInput: ['prompt_tokens_details.cached_tokens'],
  output: ['completion_tokens'],
}

/** OpenAI's responses; in a stream in `response.completed`. */
export const responsesUsage: Shape = {
  at: ['usage', 'response.usage'],
  input: ['input_tokens'],
  cachedInput: ['input_tokens_details.cached_tokens'],
  output: ['output_tokens'],
}

/** Anthropic's messages; in a stream in `message_start` and, adding up, in `message_delta`. */
export const messagesUsage: Shape = {
  at: ['usage', 'message.usage'],
  input: ['input_tokens'],
  cachedInput: ['cache_read_input_tokens'],
  cacheWrite: ['cache_creation_input_tokens'],
  isCachedApart: true,
  output: ['output_tokens'],
}

/** Gemini; in a stream in every event, adding up. What the model thinks is output. */
export const geminiUsage: Shape = {
  at: ['usageMetadata'],
  input: ['promptTokenCount', 'toolUsePromptTokenCount'],
  cachedInput: ['cachedContentTokenCount'],
  output: ['candidatesTokenCount', 'thoughtsTokenCount'],
}

/** Bedrock’s Converse, and Nova in its own words. */
export const converseUsage: Shape = {
  at: ['usage', 'metadata.usage'],
  input: ['inputTokens'],
  cachedInput: ['cacheReadInputTokens'],
  cacheWrite: ['cacheWriteInputTokens'],
  isCachedApart: true,
  output: ['outputTokens'],
}

/** Bedrock’s own count, in the last message of each stream. */
export const bedrockMetrics: Shape = {
  at: ['amazon-bedrock-invocationMetrics'],
  input: ['inputTokenCount'],
  cachedInput: ['cacheReadInputTokenCount'],
  cacheWrite: ['cacheWriteInputTokenCount'],
  isCachedApart: true,
  output: ['outputTokenCount'],
}

/** Whatever bounds the output of a chat completion. */
export const chatOutputMax = ['max_completion_tokens', 'max_tokens']
