import type { Vendor } from '../schema.ts'

const origin = 'https://api.deepseek.com'

/** https://api-docs.deepseek.com */
export const deepseek: Vendor = {
  provider: { id: 'deepseek', name: 'DeepSeek', documentation: 'https://api-docs.deepseek.com' },
  services: [
    {
      id: 'deepseek',
      name: 'DeepSeek',
      provider: 'deepseek',
      category: 'ai',
      icon: 'deepseek',
      singleton: true,
      origins: [origin],
      credentials: [
        {
          kind: 'bearer',
          label: 'API key',
          hint: 'Platform, API keys.',
          url: 'https://platform.deepseek.com/api_keys',
        },
      ],
      probe: { path: '/models' },
      documentation: 'https://api-docs.deepseek.com',
      actions: [
        {
          id: 'deepseek-generate',
          label: 'Ask models',
          description: 'List models, ask them, and see the balance.',
          allow: [
            { origin, methods: ['GET'], paths: ['/models', '/user/balance'] },
            { origin, methods: ['POST'], paths: ['/chat/completions'] },
          ],
          approval: 'never',
        },
      ],
    },
  ],
}
