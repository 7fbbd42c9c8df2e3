import type { Vendor } from '../schema.ts'

const origin = 'https://api.mistral.ai'

/** https://docs.mistral.ai/api */
export const mistral: Vendor = {
  provider: { id: 'mistral', name: 'Mistral AI', documentation: 'https://docs.mistral.ai/api' },
  services: [
    {
      id: 'mistral',
      name: 'Mistral',
      provider: 'mistral',
      category: 'ai',
      icon: 'mistralai',
      singleton: true,
      origins: [origin],
      credentials: [
        {
          kind: 'bearer',
          label: 'API key',
          hint: 'Console, API keys.',
          url: 'https://console.mistral.ai/api-keys',
        },
      ],
      probe: { path: '/v1/models' },
      documentation: 'https://docs.mistral.ai/api',
      actions: [
        {
          id: 'mistral-generate',
          label: 'Ask models',
          description: 'List models, ask them, read documents and make embeddings.',
          allow: [
            { origin, methods: ['GET'], paths: ['/v1/models', '/v1/models/*'] },
            {
              origin,
              methods: ['POST'],
              paths: [
                '/v1/chat/completions',
                '/v1/fim/completions',
                '/v1/embeddings',
                '/v1/moderations',
                '/v1/ocr',
              ],
            },
          ],
          approval: 'never',
        },
      ],
    },
  ],
}
