import type { Vendor } from '../schema.ts'

const origin = 'https://api.search.brave.com'

/** https://api-dashboard.search.brave.com/documentation. No probe: each request counts as a search. */
export const brave: Vendor = {
  provider: {
    id: 'brave',
    name: 'Brave',
    documentation: 'https://api-dashboard.search.brave.com/documentation',
  },
  services: [
    {
      id: 'brave',
      name: 'Brave Search',
      provider: 'brave',
      category: 'other',
      icon: 'brave',
      singleton: true,
      origins: [origin],
      credentials: [
        {
          kind: 'header',
          name: 'X-Subscription-Token',
          label: 'API key',
          hint: 'Subscribe to a plan, then add a key.',
          url: 'https://api-dashboard.search.brave.com/app/keys',
        },
      ],
      documentation: 'https://api-dashboard.search.brave.com/documentation',
      actions: [
        {
          id: 'brave-search',
          label: 'Search the web',
          description: 'Search the web, news, pictures and videos.',
          allow: [
            {
              origin,
              methods: ['GET'],
              paths: [
                '/res/v1/web/search',
                '/res/v1/news/search',
                '/res/v1/images/search',
                '/res/v1/videos/search',
              ],
            },
          ],
          approval: 'never',
        },
      ],
    },
  ],
}
