import type { Vendor } from '../schema.ts'

const origin = 'https://api.airtable.com'

/** https://airtable.com/developers/web/api */
export const airtable: Vendor = {
  provider: {
    id: 'airtable',
    name: 'Airtable',
    documentation: 'https://airtable.com/developers/web/api/introduction',
    oauth: {
      authorizationEndpoint: 'https://airtable.com/oauth2/v1/authorize',
      tokenEndpoint: 'https://airtable.com/oauth2/v1/token',
      clientAuthentication: 'client_secret_basic',
      scopes: {
        'schema.bases:read': 'see bases, their tables and fields',
        'data.records:read': 'read records',
        'data.records:write': 'create, change and delete records',
      },
      refreshTokens: 'rotating',
      idleDays: 60,
      registration: {
        url: 'https://airtable.com/create/oauth',
        steps: [
          'Register a new OAuth integration with the redirect URI shown here.',
          'Choose the scopes shown here.',
          'Generate a client secret, and copy it with the client id.',
        ],
      },
      documentation: 'https://airtable.com/developers/web/api/oauth-reference',
    },
  },
  services: [
    {
      id: 'airtable',
      name: 'Airtable',
      provider: 'airtable',
      category: 'files-and-documents',
      icon: 'airtable',
      singleton: false,
      origins: [origin],
      credentials: [
        { kind: 'oauth2' },
        {
          kind: 'bearer',
          label: 'Personal access token',
          hint: 'Create one with the scopes schema.bases:read, data.records:read and data.records:write, for the bases it may use.',
          url: 'https://airtable.com/create/tokens',
        },
      ],
      probe: { path: '/v0/meta/whoami' },
      documentation: 'https://airtable.com/developers/web/api/introduction',
      actions: [
        {
          id: 'airtable-read',
          label: 'Read records',
          description: 'List bases and tables, and read and filter records.',
          allow: [
            {
              origin,
              methods: ['GET'],
              paths: [
                '/v0/meta/whoami',
                '/v0/meta/bases',
                '/v0/meta/bases/*/tables',
                '/v0/app*/*',
                '/v0/app*/*/rec*',
              ],
            },
            { origin, methods: ['POST'], paths: ['/v0/app*/*/listRecords'] },
          ],
          approval: 'never',
          scopes: ['schema.bases:read', 'data.records:read'],
        },
        {
          id: 'airtable-write',
          label: 'Write records',
          description: 'Create and change records; an owner is asked each time.',
          allow: [
            { origin, methods: ['POST', 'PATCH'], paths: ['/v0/app*/*'] },
            { origin, methods: ['PATCH'], paths: ['/v0/app*/*/rec*'] },
          ],
          approval: 'writes',
          scopes: ['data.records:write'],
        },
        {
          id: 'airtable-delete',
          label: 'Delete records',
          description: 'Delete records; an owner is asked each time.',
          allow: [{ origin, methods: ['DELETE'], paths: ['/v0/app*/*', '/v0/app*/*/rec*'] }],
          approval: 'always',
          scopes: ['data.records:write'],
        },
      ],
    },
  ],
}
