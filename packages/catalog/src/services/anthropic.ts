import type { Vendor } from '../schema.ts'

const origin = 'https://api.anthropic.com'

/** https://docs.anthropic.com */
export const anthropic: Vendor = {
  provider: { id: 'anthropic', name: 'Anthropic', documentation: 'https://docs.anthropic.com' },
  services: [
    {
      id: 'anthropic',
      name: 'Anthropic',
      provider: 'anthropic',
      category: 'ai',
      icon: 'anthropic',
      singleton: true,
      origins: [origin],
      requestHeaders: ['anthropic-version', 'anthropic-beta'],
      credentials: [
        {
          kind: 'header',
          name: 'x-api-key',
          label: 'API key',
          hint: 'Console → API keys.',
          url: 'https://console.anthropic.com/settings/keys',
        },
      ],
      documentation: 'https://docs.anthropic.com/en/api',
      actions: [
        {
          id: 'anthropic-generate',
          label: 'Ask models',
          description: 'List models, ask them and count tokens.',
          allow: [
            { origin, methods: ['GET'], paths: ['/v1/models', '/v1/models/*'] },
            {
              origin,
              methods: ['POST'],
              paths: ['/v1/messages', '/v1/messages/count_tokens'],
            },
          ],
          approval: 'never',
        },
      ],
    },
  ],
}
