import type { Vendor } from '../schema.ts'

const origin = 'https://api.clickup.com'

/** https://developer.clickup.com. Its OAuth is left out: the token endpoint is documented to read query parameters. */
export const clickup: Vendor = {
  provider: { id: 'clickup', name: 'ClickUp', documentation: 'https://developer.clickup.com' },
  services: [
    {
      id: 'clickup',
      name: 'ClickUp',
      provider: 'clickup',
      category: 'projects',
      icon: 'clickup',
      singleton: false,
      origins: [origin],
      credentials: [
        {
          // The token stands alone there: no scheme before it.
          kind: 'header',
          name: 'Authorization',
          label: 'Personal API token (pk_…)',
          hint: 'Generate it under Settings → Apps → API Token.',
          url: 'https://app.clickup.com/settings/apps',
        },
      ],
      probe: { path: '/api/v2/user' },
      documentation: 'https://developer.clickup.com/reference',
      actions: [
        {
          id: 'clickup-read',
          label: 'Read tasks',
          description: 'Read workspaces, spaces, lists, tasks and comments.',
          allow: [
            {
              origin,
              methods: ['GET'],
              paths: [
                '/api/v2/user',
                '/api/v2/team',
                '/api/v2/team/*/space',
                '/api/v2/team/*/task',
                '/api/v2/space/*/folder',
                '/api/v2/space/*/list',
                '/api/v2/folder/*/list',
                '/api/v2/list/*/task',
                '/api/v2/task/*',
                '/api/v2/task/*/comment',
              ],
            },
          ],
          approval: 'never',
        },
        {
          id: 'clickup-write',
          label: 'Write tasks',
          description: 'Create and change tasks; an owner is asked each time.',
          allow: [
            { origin, methods: ['POST'], paths: ['/api/v2/list/*/task'] },
            { origin, methods: ['PUT'], paths: ['/api/v2/task/*'] },
          ],
          approval: 'writes',
        },
        {
          id: 'clickup-comment',
          label: 'Comment',
          description: 'Comment on tasks; an owner is asked each time.',
          allow: [{ origin, methods: ['POST'], paths: ['/api/v2/task/*/comment'] }],
          approval: 'always',
        },
      ],
    },
  ],
}
