import type { Vendor } from '../schema.ts'

const origin = 'https://api.elevenlabs.io'

/** https://elevenlabs.io/docs/api-reference/introduction */
export const elevenlabs: Vendor = {
  provider: {
    id: 'elevenlabs',
    name: 'ElevenLabs',
    documentation: 'https://elevenlabs.io/docs/api-reference/introduction',
  },
  services: [
    {
      id: 'elevenlabs',
      name: 'ElevenLabs',
      provider: 'elevenlabs',
      category: 'ai',
      icon: 'elevenlabs',
      singleton: true,
      origins: [origin],
      credentials: [
        {
          kind: 'header',
          name: 'xi-api-key',
          label: 'API key',
          hint: 'Developers, API keys. A key can be limited to some endpoints and in what it spends.',
          url: 'https://elevenlabs.io/app/settings/api-keys',
        },
      ],
      probe: { path: '/v1/models' },
      documentation: 'https://elevenlabs.io/docs/api-reference/introduction',
      actions: [
        {
          id: 'elevenlabs-speak',
          label: 'Speak and listen',
          description: 'List voices and models, speak texts, and write down what is said.',
          allow: [
            { origin, methods: ['GET'], paths: ['/v1/models', '/v2/voices', '/v1/voices/*'] },
            {
              origin,
              methods: ['POST'],
              paths: ['/v1/text-to-speech/*', '/v1/text-to-speech/*/stream', '/v1/speech-to-text'],
            },
          ],
          approval: 'never',
        },
      ],
    },
  ],
}
