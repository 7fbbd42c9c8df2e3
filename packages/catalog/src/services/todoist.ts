import type { Vendor } from '../schema.ts'

const origin = 'https://api.todoist.com'

/** https://developer.todoist.com. Its revocation wants HTTP Basic, unlike its token endpoint, and is left out. */
export const todoist: Vendor = {
  provider: {
    id: 'todoist',
    name: 'Todoist',
    documentation: 'https://developer.todoist.com',
    oauth: {
      authorizationEndpoint: 'https://app.todoist.com/oauth/authorize',
      tokenEndpoint: 'https://api.todoist.com/oauth/access_token',
      clientAuthentication: 'client_secret_post',
      scopeSeparator: ',',
      scopes: {
        'data:read': 'read tasks, projects, labels and comments',
        'data:read_write': 'read and change tasks, projects, labels and comments',
      },
      // Apps of older date get access tokens that do not end, and no refresh token.
      refreshTokens: 'rotating',
      registration: {
        url: 'https://app.todoist.com/app/settings/integrations/app-management',
        steps: [
          'Create a new app.',
          'Add the redirect URI shown here as the OAuth redirect URL.',
          'Copy the client id and client secret.',
        ],
      },
      documentation: 'https://developer.todoist.com/api/v1/#tag/Authorization',
    },
  },
  services: [
    {
      id: 'todoist',
      name: 'Todoist',
      provider: 'todoist',
      category: 'projects',
      icon: 'todoist',
      singleton: false,
      origins: [origin],
      credentials: [
        { kind: 'oauth2' },
        {
          kind: 'bearer',
          label: 'API token',
          hint: 'Copy it under Settings → Integrations → Developer.',
          url: 'https://app.todoist.com/app/settings/integrations/developer',
        },
      ],
      probe: { path: '/api/v1/user' },
      documentation: 'https://developer.todoist.com/api/v1/',
      actions: [
        {
          id: 'todoist-read',
          label: 'Read tasks',
          description: 'Read and filter tasks, and read projects, sections, labels and comments.',
          allow: [
            {
              origin,
              methods: ['GET'],
              paths: [
                '/api/v1/user',
                '/api/v1/tasks',
                '/api/v1/tasks/*',
                '/api/v1/projects',
                '/api/v1/projects/*',
                '/api/v1/sections',
                '/api/v1/labels',
                '/api/v1/comments',
              ],
            },
          ],
          approval: 'never',
          scopes: ['data:read'],
        },
        {
          id: 'todoist-write',
          label: 'Write tasks',
          description: 'Create, change and complete tasks; an owner is asked each time.',
          allow: [
            {
              origin,
              methods: ['POST'],
              paths: [
                '/api/v1/tasks',
                '/api/v1/tasks/*',
                '/api/v1/tasks/*/close',
                '/api/v1/tasks/*/reopen',
              ],
            },
          ],
          approval: 'writes',
          scopes: ['data:read_write'],
        },
      ],
    },
  ],
}
