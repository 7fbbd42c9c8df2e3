import type { Vendor } from '../schema.ts'

const api = 'https://api.box.com'
const upload = 'https://upload.box.com'

/** https://developer.box.com */
export const box: Vendor = {
  provider: {
    id: 'box',
    name: 'Box',
    documentation: 'https://developer.box.com',
    oauth: {
      authorizationEndpoint: 'https://account.box.com/api/oauth2/authorize',
      tokenEndpoint: 'https://api.box.com/oauth2/token',
      revocationEndpoint: 'https://api.box.com/oauth2/revoke',
      clientAuthentication: 'client_secret_post',
      scopes: {
        root_readonly: 'read all files and folders',
        root_readwrite: 'read and change all files and folders',
      },
      refreshTokens: 'rotating',
      idleDays: 60,
      registration: {
        url: 'https://app.box.com/developers/console',
        steps: [
          'Create a custom app with user authentication (OAuth 2.0).',
          'Add the redirect URI shown here under Configuration.',
          'Tick the application scopes to read, and to write, all files and folders.',
          'Copy the client id and client secret.',
        ],
      },
      documentation: 'https://developer.box.com/guides/authentication/oauth2/',
    },
  },
  services: [
    {
      id: 'box',
      name: 'Box',
      provider: 'box',
      category: 'files-and-documents',
      icon: 'box',
      singleton: false,
      origins: [api, upload],
      credentials: [{ kind: 'oauth2' }],
      probe: { path: '/2.0/users/me' },
      documentation: 'https://developer.box.com/reference/',
      actions: [
        {
          id: 'box-read',
          label: 'Read files',
          description:
            'Search, list folders, and read what files are; /content answers with a link to the bytes.',
          allow: [
            {
              origin: api,
              methods: ['GET'],
              paths: [
                '/2.0/users/me',
                '/2.0/search',
                '/2.0/folders/*',
                '/2.0/folders/*/items',
                '/2.0/files/*',
                '/2.0/files/*/content',
              ],
            },
          ],
          approval: 'never',
          scopes: ['root_readonly'],
        },
        {
          id: 'box-write',
          label: 'Write files',
          description:
            'Upload, rename and move files, and create folders; an owner is asked each time.',
          allow: [
            {
              origin: upload,
              methods: ['POST'],
              paths: ['/api/2.0/files/content', '/api/2.0/files/*/content'],
            },
            { origin: api, methods: ['POST'], paths: ['/2.0/folders'] },
            { origin: api, methods: ['PUT'], paths: ['/2.0/files/*', '/2.0/folders/*'] },
          ],
          approval: 'writes',
          scopes: ['root_readwrite'],
        },
        {
          id: 'box-delete',
          label: 'Delete files',
          description: 'Move files and folders to the trash; an owner is asked each time.',
          allow: [{ origin: api, methods: ['DELETE'], paths: ['/2.0/files/*', '/2.0/folders/*'] }],
          approval: 'always',
          scopes: ['root_readwrite'],
        },
      ],
    },
  ],
}
