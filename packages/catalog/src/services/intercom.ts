import type { Vendor } from '../schema.ts'

const origins = [
  'https://api.intercom.io',
  'https://api.eu.intercom.io',
  'https://api.au.intercom.io',
]

/** https://developers.intercom.com. Its OAuth is left out: that its token endpoint answers by the standard is not documented. */
export const intercom: Vendor = {
  provider: {
    id: 'intercom',
    name: 'Intercom',
    documentation: 'https://developers.intercom.com/docs',
  },
  services: [
    {
      id: 'intercom',
      name: 'Intercom',
      provider: 'intercom',
      category: 'business',
      icon: 'intercom',
      singleton: false,
      origins,
      requestHeaders: ['intercom-version'],
      credentials: [
        {
          kind: 'bearer',
          label: 'Access token',
          hint: 'Make an app in the Developer Hub and copy its token from Configure → Authentication.',
          url: 'https://app.intercom.com/a/apps/_/developer-hub',
        },
      ],
      probe: { path: '/me' },
      documentation: 'https://developers.intercom.com/docs/references/rest-api/api.intercom.io/',
      actions: [
        {
          id: 'intercom-read',
          label: 'Read conversations',
          description: 'Read and search conversations and contacts.',
          allow: origins.flatMap((origin) => [
            {
              origin,
              methods: ['GET'],
              paths: ['/me', '/conversations', '/conversations/*', '/contacts', '/contacts/*'],
            },
            { origin, methods: ['POST'], paths: ['/conversations/search', '/contacts/search'] },
          ]),
          approval: 'never',
        },
        {
          id: 'intercom-reply',
          label: 'Answer conversations',
          description: 'Answer people in conversations; an owner is asked each time.',
          allow: origins.map((origin) => ({
            origin,
            methods: ['POST'],
            paths: ['/conversations/*/reply'],
          })),
          approval: 'always',
        },
      ],
    },
  ],
}
