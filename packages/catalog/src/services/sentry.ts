import type { Vendor } from '../schema.ts'

const origin = 'https://sentry.io'
const organization = '/api/0/organizations/*'

/** https://docs.sentry.io/api/auth/ */
export const sentry: Vendor = {
  provider: {
    id: 'sentry',
    name: 'Sentry',
    documentation: 'https://docs.sentry.io/api/',
    oauth: {
      issuer: 'https://sentry.io',
      authorizationEndpoint: 'https://sentry.io/oauth/authorize/',
      tokenEndpoint: 'https://sentry.io/oauth/token/',
      clientAuthentication: 'client_secret_post',
      scopes: {
        'org:read': 'see organizations',
        'project:read': 'see projects',
        'event:read': 'read issues and events',
        'event:write': 'change and assign issues',
      },
      refreshTokens: 'rotating',
      registration: {
        url: 'https://sentry.io/settings/account/api/applications/',
        steps: [
          'Create new application, and give the redirect URI shown here.',
          'Copy the client ID and the client secret.',
        ],
      },
      documentation: 'https://docs.sentry.io/api/auth/',
    },
  },
  services: [
    {
      id: 'sentry',
      name: 'Sentry',
      provider: 'sentry',
      category: 'development',
      icon: 'sentry',
      singleton: false,
      origins: [origin],
      credentials: [
        {
          kind: 'bearer',
          label: 'Auth token',
          hint: 'The token of an internal integration, or a personal one: Settings, Personal tokens. It shows its scopes.',
          url: 'https://docs.sentry.io/api/auth/',
        },
        { kind: 'oauth2' },
      ],
      probe: { path: '/api/0/organizations/' },
      documentation: 'https://docs.sentry.io/api/',
      actions: [
        {
          id: 'sentry-read',
          label: 'Read issues',
          description: 'Search and read issues, events, projects and releases.',
          allow: [
            {
              origin,
              methods: ['GET'],
              paths: [
                '/api/0/organizations/',
                `${organization}/`,
                `${organization}/projects/`,
                `${organization}/issues/`,
                `${organization}/issues/*/`,
                `${organization}/issues/*/events/`,
                `${organization}/issues/*/events/*/`,
                `${organization}/events/`,
                `${organization}/releases/`,
                '/api/0/projects/*/*/',
                '/api/0/projects/*/*/events/',
                '/api/0/projects/*/*/events/*/',
              ],
            },
          ],
          approval: 'never',
          scopes: ['org:read', 'project:read', 'event:read'],
        },
        {
          id: 'sentry-triage',
          label: 'Change issues',
          description: 'Resolve, ignore and assign issues; an owner is asked each time.',
          allow: [
            {
              origin,
              methods: ['PUT'],
              paths: [`${organization}/issues/*/`, '/api/0/projects/*/*/issues/'],
            },
          ],
          approval: 'writes',
          scopes: ['event:write'],
        },
      ],
    },
  ],
}
