import type { Vendor } from '../schema.ts'

const origin = 'https://api.groq.com'

/** https://console.groq.com/docs/api-reference */
export const groq: Vendor = {
  provider: {
    id: 'groq',
    name: 'Groq',
    documentation: 'https://console.groq.com/docs/api-reference',
  },
  services: [
    {
      id: 'groq',
      name: 'Groq',
      provider: 'groq',
      category: 'ai',
      icon: 'groq',
      singleton: true,
      origins: [origin],
      credentials: [
        {
          kind: 'bearer',
          label: 'API key',
          hint: 'Console, API keys.',
          url: 'https://console.groq.com/keys',
        },
      ],
      probe: { path: '/openai/v1/models' },
      documentation: 'https://console.groq.com/docs/api-reference',
      actions: [
        {
          id: 'groq-generate',
          label: 'Ask models',
          description: 'List models, ask them, and write down what is said.',
          allow: [
            { origin, methods: ['GET'], paths: ['/openai/v1/models', '/openai/v1/models/*'] },
            {
              origin,
              methods: ['POST'],
              paths: ['/openai/v1/chat/completions', '/openai/v1/audio/transcriptions'],
            },
          ],
          approval: 'never',
        },
      ],
    },
  ],
}
