import type { Vendor } from '../schema.ts'

const origin = 'https://api.tavily.com'

/** https://docs.tavily.com */
export const tavily: Vendor = {
  provider: { id: 'tavily', name: 'Tavily', documentation: 'https://docs.tavily.com' },
  services: [
    {
      id: 'tavily',
      name: 'Tavily',
      provider: 'tavily',
      category: 'other',
      icon: 'tavily',
      singleton: true,
      origins: [origin],
      credentials: [
        {
          kind: 'bearer',
          label: 'API key (tvly-…)',
          hint: 'Create a key on the overview page.',
          url: 'https://app.tavily.com/home',
        },
      ],
      probe: { path: '/usage' },
      documentation: 'https://docs.tavily.com/documentation/api-reference/introduction',
      actions: [
        {
          id: 'tavily-search',
          label: 'Search the web',
          description: 'Search the web, and read what pages say.',
          allow: [
            { origin, methods: ['GET'], paths: ['/usage'] },
            { origin, methods: ['POST'], paths: ['/search', '/extract'] },
          ],
          approval: 'never',
        },
        {
          id: 'tavily-crawl',
          label: 'Crawl sites',
          description: 'Map and crawl whole sites, which costs more; an owner is asked each time.',
          allow: [{ origin, methods: ['POST'], paths: ['/map', '/crawl'] }],
          approval: 'writes',
        },
      ],
    },
  ],
}
