import { describe, expect, it } from 'vitest'
import { createCatalog } from '../catalog.ts'
import type { ModelMeterInput } from './model-meter.ts'
import { createModelMeters, modelMeterData } from './model-meters.ts'
import { matchesModel } from './validate-meters.ts'

const { services } = createCatalog()
const openai = modelMeterData.find(({ service }) => service === 'openai') as ModelMeterInput

const faultsWith = (changes: Partial<ModelMeterInput>) => () =>
  createModelMeters(services, [{ ...openai, ...changes }])

describe('what is known of models', () => {
  it('agrees with itself and the catalog', () => {
    expect(createModelMeters(services)).toHaveLength(modelMeterData.length)
  })

  it('covers every service that asks models, and prices each that does not resell', () => {
    const counted = createModelMeters(services)
    const asking = services.filter(({ actions }) =>
      actions.some(({ label }) => label === 'Ask models'),
    )
    for (const { id } of asking) {
      expect(
        counted.find(({ service }) => service === id),
        id,
      ).toBeDefined()
    }
    for (const { service, prices } of counted) {
      if (service !== 'openrouter') expect(prices.length, service).toBeGreaterThan(0)
    }
  })

  it.each<[string, Partial<ModelMeterInput>, string]>([
    ['a service that is none', { service: 'nowhere' }, 'nowhere: there is no such service.'],
    ['a link that is none', { pricing: 'https://x' }, 'pricing is no https link'],
    [
      'a write that is not counted',
      { endpoints: openai.endpoints.slice(1) },
      'an action allows writes to /v1/moderations, which are not counted.',
    ],
    [
      'a path that nobody may write to',
      { endpoints: [...openai.endpoints, { counts: 'nothing', paths: ['/v1/files'] }] },
      'no action allows writes to /v1/files.',
    ],
    [
      'a path that is counted in two ways',
      { endpoints: [...openai.endpoints, { counts: 'nothing', paths: ['/v1/*'] }] },
      '/v1/moderations and /v1/* can be one path.',
    ],
    [
      'a price that is never reached',
      {
        prices: [
          { models: 'gpt-*', input: 1, output: 1, asOf: '2025-01-01' },
          { models: 'gpt-5*', input: 1, output: 1, asOf: '2025-01-01' },
        ],
      },
      'the price of gpt-5* is never reached: gpt-* is first.',
    ],
    [
      'a cache that costs more than none',
      { prices: [{ models: 'a', input: 1, cachedInput: 2, output: 1, asOf: '2025-01-01' }] },
      'what is cached costs more than input with a.',
    ],
    [
      'a price without its day',
      { prices: [{ models: 'a', input: 1, output: 1, asOf: 'lately' }] },
      'openai of the models',
    ],
  ])('names %s', (_, changes, fault) => {
    expect(faultsWith(changes)).toThrow(fault)
  })

  it.each([
    ['gpt-5', 'gpt-5', true],
    ['gpt-5', 'gpt-5-mini', false],
    ['gpt-5-*', 'GPT-5-2025-08-07', true],
    ['*anthropic.claude-sonnet-4*', 'eu.anthropic.claude-sonnet-4-5-v1:0', true],
    ['*', '', true],
    ['a*a', 'a', false],
    ['a*b*c', 'axxbxxc', true],
    ['a*b*c', 'axxcxxb', false],
  ])('finds models by pattern: %s and %s', (pattern, model, expected) => {
    expect(matchesModel(pattern, model)).toBe(expected)
  })
})
