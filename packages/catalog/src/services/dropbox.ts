import type { Vendor } from '../schema.ts'

const api = 'https://api.dropboxapi.com'
const content = 'https://content.dropboxapi.com'

/** https://www.dropbox.com/developers. Every call is a POST, reads too: so there is no probe. Revocation is no RFC 7009. */
export const dropbox: Vendor = {
  provider: {
    id: 'dropbox',
    name: 'Dropbox',
    documentation: 'https://www.dropbox.com/developers/documentation',
    oauth: {
      authorizationEndpoint: 'https://www.dropbox.com/oauth2/authorize',
      tokenEndpoint: 'https://api.dropboxapi.com/oauth2/token',
      clientAuthentication: 'client_secret_basic',
      authorizationParameters: { token_access_type: 'offline' },
      baseScopes: ['account_info.read'],
      scopes: {
        'account_info.read': 'see name and address of the account',
        'files.metadata.read': 'list and search files and folders',
        'files.content.read': 'read files',
        'files.content.write': 'create, change, move and delete files and folders',
        'sharing.write': 'share files and folders',
      },
      refreshTokens: 'lasting',
      registration: {
        url: 'https://www.dropbox.com/developers/apps',
        steps: [
          'Create an app with scoped access, to its own folder or to all of Dropbox.',
          'Tick the scopes shown here under Permissions, and submit.',
          'Add the redirect URI shown here under Settings → OAuth 2.',
          'Copy the app key as client id, and the app secret as client secret.',
        ],
      },
      documentation: 'https://developers.dropbox.com/oauth-guide',
    },
  },
  services: [
    {
      id: 'dropbox',
      name: 'Dropbox',
      provider: 'dropbox',
      category: 'files-and-documents',
      icon: 'dropbox',
      singleton: false,
      origins: [api, content],
      requestHeaders: ['dropbox-api-arg'],
      responseHeaders: ['dropbox-api-result'],
      credentials: [{ kind: 'oauth2' }],
      documentation: 'https://www.dropbox.com/developers/documentation/http/documentation',
      actions: [
        {
          id: 'dropbox-read',
          label: 'Read files',
          description: 'List and search files and folders, and download files.',
          allow: [
            {
              origin: api,
              methods: ['POST'],
              paths: [
                '/2/users/get_current_account',
                '/2/files/list_folder',
                '/2/files/list_folder/continue',
                '/2/files/get_metadata',
                '/2/files/search_v2',
                '/2/files/search/continue_v2',
              ],
            },
            { origin: content, methods: ['POST'], paths: ['/2/files/download', '/2/files/export'] },
          ],
          approval: 'never',
          scopes: ['files.metadata.read', 'files.content.read'],
        },
        {
          id: 'dropbox-write',
          label: 'Write files',
          description:
            'Upload, copy and move files, and create folders; an owner is asked each time.',
          allow: [
            { origin: content, methods: ['POST'], paths: ['/2/files/upload'] },
            {
              origin: api,
              methods: ['POST'],
              paths: ['/2/files/create_folder_v2', '/2/files/copy_v2', '/2/files/move_v2'],
            },
          ],
          approval: 'writes',
          scopes: ['files.content.write'],
        },
        {
          id: 'dropbox-delete',
          label: 'Delete files',
          description: 'Delete files and folders; an owner is asked each time.',
          allow: [{ origin: api, methods: ['POST'], paths: ['/2/files/delete_v2'] }],
          approval: 'always',
          scopes: ['files.content.write'],
        },
        {
          id: 'dropbox-share',
          label: 'Share files',
          description: 'Make links that anybody may open; an owner is asked each time.',
          allow: [
            {
              origin: api,
              methods: ['POST'],
              paths: ['/2/sharing/create_shared_link_with_settings'],
            },
          ],
          approval: 'always',
          scopes: ['sharing.write'],
        },
      ],
    },
  ],
}
