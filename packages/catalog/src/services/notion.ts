import type { Vendor } from '../schema.ts'

const origin = 'https://api.notion.com'

/** https://developers.notion.com */
export const notion: Vendor = {
  provider: { id: 'notion', name: 'Notion', documentation: 'https://developers.notion.com' },
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
          hint: 'The secret of an internal integration.',
          url: 'https://www.notion.so/profile/integrations',
        },
      ],
      documentation: 'https://developers.notion.com/reference/intro',
      actions: [
        {
          id: 'notion-read',
          label: 'Read pages',
          description: 'Search, and read pages, databases and blocks.',
          allow: [
            {
              origin,
              methods: ['GET'],
              paths: ['/v1/pages/*', '/v1/databases/*', '/v1/blocks/*', '/v1/blocks/*/children'],
            },
            { origin, methods: ['POST'], paths: ['/v1/search', '/v1/databases/*/query'] },
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
      ],
    },
  ],
}
