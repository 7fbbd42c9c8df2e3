import type { Vendor } from '../schema.ts'

const origin = 'https://openrouter.ai'

/** https://openrouter.ai/docs/api-reference/overview */
export const openrouter: Vendor = {
  provider: {
    id: 'openrouter',
    name: 'OpenRouter',
    documentation: 'https://openrouter.ai/docs/api-reference/overview',
  },
  services: [
    {
      id: 'openrouter',
      name: 'OpenRouter',
      provider: 'openrouter',
      category: 'ai',
      icon: 'openrouter',
      singleton: true,
      origins: [origin],
      requestHeaders: ['http-referer', 'x-title'],
      credentials: [
        {
          kind: 'bearer',
          label: 'API key',
          hint: 'Settings, Keys. A key can be limited in what it spends.',
          url: 'https://openrouter.ai/settings/keys',
        },
      ],
      probe: { path: '/api/v1/key' },
      documentation: 'https://openrouter.ai/docs/api-reference/overview',
      actions: [
        {
          id: 'openrouter-generate',
          label: 'Ask models',
          description: 'List models, ask them, and see what the key has left to spend.',
          allow: [
            { origin, methods: ['GET'], paths: ['/api/v1/models', '/api/v1/key'] },
            {
              origin,
              methods: ['POST'],
              paths: ['/api/v1/chat/completions', '/api/v1/embeddings'],
            },
          ],
          approval: 'never',
        },
      ],
    },
  ],
}
