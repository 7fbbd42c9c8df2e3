import type { Vendor } from '../schema.ts'

const origin = 'https://api.anthropic.com'

/** https://platform.claude.com/docs/en/api/overview */
export const anthropic: Vendor = {
  provider: {
    id: 'anthropic',
    name: 'Anthropic',
    documentation: 'https://platform.claude.com/docs/en/api/overview',
  },
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
      responseHeaders: ['request-id'],
      credentials: [
        {
          kind: 'header',
          name: 'x-api-key',
          label: 'API key',
          hint: 'Console, API keys. A key of a workspace of its own can be limited in what it spends.',
          url: 'https://platform.claude.com/settings/keys',
        },
      ],
      // No probe: every request wants the header anthropic-version.
      documentation: 'https://platform.claude.com/docs/en/api/overview',
      actions: [
        {
          id: 'anthropic-generate',
          label: 'Ask models',
          description: 'List models, ask them and count tokens.',
          allow: [
            { origin, methods: ['GET'], paths: ['/v1/models', '/v1/models/*'] },
            { origin, methods: ['POST'], paths: ['/v1/messages', '/v1/messages/count_tokens'] },
          ],
          approval: 'never',
        },
      ],
    },
  ],
}
