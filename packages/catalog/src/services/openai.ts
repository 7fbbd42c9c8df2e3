import type { Vendor } from '../schema.ts'

const origin = 'https://api.openai.com'

/** https://platform.openai.com/docs */
export const openai: Vendor = {
  provider: { id: 'openai', name: 'OpenAI', documentation: 'https://platform.openai.com/docs' },
  services: [
    {
      id: 'openai',
      name: 'OpenAI',
      provider: 'openai',
      category: 'ai',
      icon: 'openai',
      singleton: true,
      origins: [origin],
      credentials: [
        {
          kind: 'bearer',
          label: 'API key',
          hint: 'Platform → API keys; a restricted key is enough.',
          url: 'https://platform.openai.com/api-keys',
        },
      ],
      documentation: 'https://platform.openai.com/docs/api-reference',
      actions: [
        {
          id: 'openai-generate',
          label: 'Ask models',
          description: 'List models, ask them, and make embeddings.',
          allow: [
            { origin, methods: ['GET'], paths: ['/v1/models', '/v1/models/*'] },
            {
              origin,
              methods: ['POST'],
              paths: ['/v1/responses', '/v1/chat/completions', '/v1/embeddings'],
            },
          ],
          approval: 'never',
        },
      ],
    },
  ],
}
