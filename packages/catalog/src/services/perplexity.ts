import type { Vendor } from '../schema.ts'

const origin = 'https://api.perplexity.ai'

/** https://docs.perplexity.ai */
export const perplexity: Vendor = {
  provider: {
    id: 'perplexity',
    name: 'Perplexity',
    documentation: 'https://docs.perplexity.ai',
  },
  services: [
    {
      id: 'perplexity',
      name: 'Perplexity',
      provider: 'perplexity',
      category: 'ai',
      icon: 'perplexity',
      singleton: true,
      origins: [origin],
      credentials: [
        {
          kind: 'bearer',
          label: 'API key',
          hint: 'Account, API, API keys.',
          url: 'https://www.perplexity.ai/account/api/keys',
        },
      ],
      documentation: 'https://docs.perplexity.ai',
      actions: [
        {
          id: 'perplexity-ask',
          label: 'Ask and search',
          description: 'Ask models that search the web, and search it.',
          allow: [{ origin, methods: ['POST'], paths: ['/chat/completions', '/search'] }],
          approval: 'never',
        },
      ],
    },
  ],
}
