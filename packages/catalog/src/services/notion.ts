import type { Vendor } from '../schema.ts'

const origin = 'https://api.notion.com'

/** https://developers.notion.com */
export const notion: Vendor = {
  provider: {
    id: 'notion',
    name: 'Notion',
    documentation: 'https://developers.notion.com',
    // There are no scopes: a connection has capabilities, and people choose the pages. The answer of the token endpoint
    // may hold "refresh_token": null. Its revocation takes JSON, not a form, and is no RFC 7009.
    oauth: {
      authorizationEndpoint: 'https://api.notion.com/v1/oauth/authorize',
      tokenEndpoint: 'https://api.notion.com/v1/oauth/token',
      clientAuthentication: 'client_secret_basic',
      authorizationParameters: { owner: 'user' },
      scopes: {},
      refreshTokens: 'rotating',
      registration: {
        url: 'https://www.notion.so/profile/integrations',
        steps: [
          'Make a new public integration.',
          'Choose what it may do under Capabilities: read, update and insert content, comments.',
          'Add the redirect URI shown here under OAuth Domain & URIs.',
          'Copy the OAuth client id and client secret.',
        ],
      },
      documentation: 'https://developers.notion.com/guides/get-started/authorization',
    },
  },
  services: [
    {
      id: 'notion',
      name: 'Notion',
      provider: 'notion',
      category: 'files-and-documents',
      icon: 'notion',
      singleton: false,
      origins: [origin],
      requestHeaders: ['notion-version'],
      credentials: [
        {
          kind: 'bearer',
          label: 'Integration secret',
          hint: 'Make an internal integration and copy its secret; then connect it to pages under ••• → Connections.',
          url: 'https://www.notion.so/profile/integrations',
        },
        { kind: 'oauth2' },
      ],
      // No probe: without the header Notion-Version every answer is 400.
      documentation: 'https://developers.notion.com/reference/intro',
      actions: [
        {
          id: 'notion-read',
          label: 'Read pages',
          description: 'Search, and read pages, databases, blocks and comments.',
          allow: [
            {
              origin,
              methods: ['GET'],
              paths: [
                '/v1/pages/*',
                '/v1/pages/*/properties/*',
                '/v1/databases/*',
                '/v1/data_sources/*',
                '/v1/blocks/*',
                '/v1/blocks/*/children',
                '/v1/comments',
                '/v1/users/me',
              ],
            },
            {
              origin,
              methods: ['POST'],
              paths: ['/v1/search', '/v1/databases/*/query', '/v1/data_sources/*/query'],
            },
          ],
          approval: 'never',
        },
        {
          id: 'notion-write',
          label: 'Write pages',
          description: 'Create and change pages and blocks; an owner is asked each time.',
          allow: [
            { origin, methods: ['POST'], paths: ['/v1/pages'] },
            {
              origin,
              methods: ['PATCH'],
              paths: ['/v1/pages/*', '/v1/blocks/*', '/v1/blocks/*/children'],
            },
          ],
          approval: 'writes',
        },
        {
          id: 'notion-comment',
          label: 'Comment',
          description: 'Comment on pages and blocks; an owner is asked each time.',
          allow: [{ origin, methods: ['POST'], paths: ['/v1/comments'] }],
          approval: 'always',
        },
      ],
    },
  ],
}
