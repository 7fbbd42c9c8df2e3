import type { Vendor } from '../schema.ts'

const origin = 'https://api.openai.com'

/** https://platform.openai.com/docs/api-reference */
export const openai: Vendor = {
  provider: {
    id: 'openai',
    name: 'OpenAI',
    documentation: 'https://platform.openai.com/docs/api-reference',
  },
  services: [
    {
      id: 'openai',
      name: 'OpenAI',
      provider: 'openai',
      category: 'ai',
      icon: 'openai',
      singleton: true,
      origins: [origin],
      responseHeaders: ['x-request-id'],
      credentials: [
        {
          kind: 'bearer',
          label: 'API key',
          hint: 'Platform, API keys. A restricted key of a project of its own is enough.',
          url: 'https://platform.openai.com/api-keys',
        },
      ],
      probe: { path: '/v1/models' },
      documentation: 'https://platform.openai.com/docs/api-reference',
      actions: [
        {
          id: 'openai-generate',
          label: 'Ask models',
          description: 'List models, ask them, moderate texts and make embeddings.',
          allow: [
            { origin, methods: ['GET'], paths: ['/v1/models', '/v1/models/*'] },
            {
              origin,
              methods: ['POST'],
              paths: ['/v1/responses', '/v1/chat/completions', '/v1/embeddings', '/v1/moderations'],
            },
          ],
          approval: 'never',
        },
        {
          id: 'openai-media',
          label: 'Make pictures and speech',
          description: 'Make pictures, speak texts, and write down what is said.',
          allow: [
            {
              origin,
              methods: ['POST'],
              paths: [
                '/v1/images/generations',
                '/v1/images/edits',
                '/v1/audio/speech',
                '/v1/audio/transcriptions',
                '/v1/audio/translations',
              ],
            },
          ],
          approval: 'never',
        },
      ],
    },
  ],
}
