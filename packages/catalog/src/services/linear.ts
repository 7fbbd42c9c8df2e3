import type { Vendor } from '../schema.ts'

const origin = 'https://api.linear.app'

/** https://linear.app/developers/oauth-2-0-authentication */
export const linear: Vendor = {
  provider: {
    id: 'linear',
    name: 'Linear',
    documentation: 'https://linear.app/developers',
    oauth: {
      authorizationEndpoint: 'https://linear.app/oauth/authorize',
      tokenEndpoint: 'https://api.linear.app/oauth/token',
      revocationEndpoint: 'https://api.linear.app/oauth/revoke',
      clientAuthentication: 'client_secret_post',
      scopeSeparator: ',',
      authorizationParameters: { prompt: 'consent' },
      scopes: {
        read: 'read the workspace',
        write: 'make, change and delete what the account can',
      },
      refreshTokens: 'rotating',
      registration: {
        url: 'https://linear.app/settings/api/applications/new',
        steps: [
          'New OAuth application: give the redirect URI shown here as a callback URL.',
          'Copy the client ID and the client secret.',
        ],
      },
      documentation: 'https://linear.app/developers/oauth-2-0-authentication',
    },
  },
  services: [
    {
      id: 'linear',
      name: 'Linear',
      provider: 'linear',
      category: 'projects',
      icon: 'linear',
      singleton: false,
      origins: [origin],
      credentials: [
        { kind: 'oauth2' },
        {
          kind: 'header',
          name: 'authorization',
          label: 'Personal API key',
          hint: 'Settings, Account, Security & access. A key can be limited to reading and to teams.',
          url: 'https://linear.app/settings/account/security',
        },
      ],
      documentation: 'https://linear.app/developers/graphql',
      actions: [
        {
          // One path for reading and for writing: no pattern can tell them apart.
          id: 'linear-graphql',
          label: 'Ask and change by GraphQL',
          description:
            'Read and change issues, projects and comments, by one path for both; an owner is asked each time.',
          allow: [{ origin, methods: ['POST'], paths: ['/graphql'] }],
          approval: 'always',
          scopes: ['read', 'write'],
        },
      ],
    },
  ],
}
