import type { Vendor } from '../schema.ts'

const origin = 'https://api.github.com'

/** https://docs.github.com/rest */
export const github: Vendor = {
  provider: { id: 'github', name: 'GitHub', documentation: 'https://docs.github.com/rest' },
  services: [
    {
      id: 'github',
      name: 'GitHub',
      provider: 'github',
      category: 'development',
      icon: 'github',
      singleton: false,
      origins: [origin],
      requestHeaders: ['x-github-api-version'],
      credentials: [
        {
          kind: 'bearer',
          label: 'Personal access token',
          hint: 'Settings → Developer settings → Personal access tokens; a fine-grained one can be limited to repositories.',
          url: 'https://github.com/settings/personal-access-tokens',
        },
      ],
      documentation: 'https://docs.github.com/rest',
      actions: [
        {
          id: 'github-read',
          label: 'Read repositories',
          description: 'Read repositories, issues, pull requests and one’s own profile.',
          allow: [
            {
              origin,
              methods: ['GET'],
              paths: ['/user', '/user/repos', '/repos/*/*', '/repos/*/*/**', '/search/*'],
            },
          ],
          approval: 'never',
        },
        {
          id: 'github-issues',
          label: 'Write issues',
          description: 'Open and change issues and comment on them; an owner is asked each time.',
          allow: [
            {
              origin,
              methods: ['POST', 'PATCH'],
              paths: [
                '/repos/*/*/issues',
                '/repos/*/*/issues/*',
                '/repos/*/*/issues/*/comments',
                '/repos/*/*/issues/comments/*',
              ],
            },
          ],
          approval: 'writes',
        },
      ],
    },
  ],
}
