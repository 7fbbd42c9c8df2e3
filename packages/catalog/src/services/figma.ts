import type { Vendor } from '../schema.ts'

const origin = 'https://api.figma.com'

/** https://developers.figma.com. Its OAuth is left out: tokens are refreshed at an endpoint of its own, /v1/oauth/refresh. */
export const figma: Vendor = {
  provider: {
    id: 'figma',
    name: 'Figma',
    documentation: 'https://developers.figma.com/docs/rest-api/',
  },
  services: [
    {
      id: 'figma',
      name: 'Figma',
      provider: 'figma',
      category: 'files-and-documents',
      icon: 'figma',
      singleton: false,
      origins: [origin],
      credentials: [
        {
          kind: 'header',
          name: 'X-Figma-Token',
          label: 'Personal access token',
          hint: 'Generate it under Settings → Security, with the scopes current_user:read, file_content:read, file_metadata:read, file_comments:read and file_comments:write.',
          url: 'https://developers.figma.com/docs/rest-api/personal-access-tokens/',
        },
      ],
      probe: { path: '/v1/me' },
      documentation: 'https://developers.figma.com/docs/rest-api/',
      actions: [
        {
          id: 'figma-read',
          label: 'Read files',
          description: 'Read files, their layers, pictures of them and their comments.',
          allow: [
            {
              origin,
              methods: ['GET'],
              paths: [
                '/v1/me',
                '/v1/files/*',
                '/v1/files/*/nodes',
                '/v1/files/*/meta',
                '/v1/files/*/images',
                '/v1/files/*/comments',
                '/v1/images/*',
              ],
            },
          ],
          approval: 'never',
        },
        {
          id: 'figma-comment',
          label: 'Comment',
          description: 'Comment on files; an owner is asked each time.',
          allow: [{ origin, methods: ['POST'], paths: ['/v1/files/*/comments'] }],
          approval: 'always',
        },
      ],
    },
  ],
}
