import { z } from 'zod'
import type { Service } from '../schema.ts'
import { anthropicMeter } from './anthropic.ts'
import { bedrockMeter } from './aws-bedrock.ts'
import { deepseekMeter, groqMeter, openrouterMeter, perplexityMeter } from './compatible.ts'
import { geminiMeter } from './google-gemini.ts'
import { mistralMeter } from './mistral.ts'
import { ModelMeter, type ModelMeterInput } from './model-meter.ts'
import { openaiMeter } from './openai.ts'
import { faultsOfMeters } from './validate-meters.ts'

/** What is known of services of language models, in the order of the alphabet. */
export const modelMeterData: readonly ModelMeterInput[] = [
  anthropicMeter,
  bedrockMeter,
  deepseekMeter,
  geminiMeter,
  groqMeter,
  mistralMeter,
  openaiMeter,
  openrouterMeter,
  perplexityMeter,
]

/**
 * Gives the data its shape and holds it against the catalog's services; throws an Error that says all that is wrong where
 * it contradicts itself.
 */
export function createModelMeters(
  services: readonly Service[],
  data: readonly ModelMeterInput[] = modelMeterData,
): readonly ModelMeter[] {
  const meters = data.map((meter) => {
    const parsed = ModelMeter.safeParse(meter)
    if (parsed.success) return parsed.data
    throw new Error(`${meter.service} of the models: ${z.prettifyError(parsed.error)}`)
  })
  const faults = faultsOfMeters(meters, services)
  if (faults.length > 0) throw new Error(`The models contradict themselves. ${faults.join(' ')}`)
  return meters
}
