import type { Vendor } from '../schema.ts'

const origin = 'https://app.asana.com'

/** https://developers.asana.com */
export const asana: Vendor = {
  provider: {
    id: 'asana',
    name: 'Asana',
    documentation: 'https://developers.asana.com',
    oauth: {
      authorizationEndpoint: 'https://app.asana.com/-/oauth_authorize',
      tokenEndpoint: 'https://app.asana.com/-/oauth_token',
      revocationEndpoint: 'https://app.asana.com/-/oauth_revoke',
      clientAuthentication: 'client_secret_post',
      baseScopes: ['users:read'],
      scopes: {
        'users:read': 'see people’s profiles',
        'workspaces:read': 'list workspaces',
        'projects:read': 'read projects',
        'tasks:read': 'read and search tasks',
        'tasks:write': 'create and change tasks',
        'stories:read': 'read comments',
        'stories:write': 'comment on tasks',
      },
      refreshTokens: 'lasting',
      registration: {
        url: 'https://app.asana.com/0/my-apps',
        steps: [
          'Create a new app.',
          'Add the redirect URI shown here under OAuth.',
          'Choose the scopes shown here under OAuth → Permission scopes.',
          'Under Manage distribution choose which workspaces may use it.',
          'Copy the client id and client secret.',
        ],
      },
      documentation: 'https://developers.asana.com/docs/oauth',
    },
  },
  services: [
    {
      id: 'asana',
      name: 'Asana',
      provider: 'asana',
      category: 'projects',
      icon: 'asana',
      singleton: false,
      origins: [origin],
      credentials: [
        { kind: 'oauth2' },
        {
          kind: 'bearer',
          label: 'Personal access token',
          hint: 'Create one in the developer console, under Personal access tokens.',
          url: 'https://app.asana.com/0/my-apps',
        },
      ],
      probe: { path: '/api/1.0/users/me' },
      documentation: 'https://developers.asana.com/reference/rest-api-reference',
      actions: [
        {
          id: 'asana-read',
          label: 'Read tasks',
          description: 'Read workspaces, projects, tasks and comments, and search tasks.',
          allow: [
            {
              origin,
              methods: ['GET'],
              paths: [
                '/api/1.0/users/me',
                '/api/1.0/workspaces',
                '/api/1.0/workspaces/*/projects',
                '/api/1.0/workspaces/*/tasks/search',
                '/api/1.0/projects',
                '/api/1.0/projects/*',
                '/api/1.0/projects/*/tasks',
                '/api/1.0/tasks',
                '/api/1.0/tasks/*',
                '/api/1.0/tasks/*/subtasks',
                '/api/1.0/tasks/*/stories',
              ],
            },
          ],
          approval: 'never',
          scopes: ['workspaces:read', 'projects:read', 'tasks:read', 'stories:read'],
        },
        {
          id: 'asana-write',
          label: 'Write tasks',
          description: 'Create and change tasks; an owner is asked each time.',
          allow: [
            { origin, methods: ['POST'], paths: ['/api/1.0/tasks', '/api/1.0/tasks/*/subtasks'] },
            { origin, methods: ['PUT'], paths: ['/api/1.0/tasks/*'] },
          ],
          approval: 'writes',
          scopes: ['tasks:write'],
        },
        {
          id: 'asana-comment',
          label: 'Comment',
          description: 'Comment on tasks; an owner is asked each time.',
          allow: [{ origin, methods: ['POST'], paths: ['/api/1.0/tasks/*/stories'] }],
          approval: 'always',
          scopes: ['stories:write'],
        },
      ],
    },
  ],
}
