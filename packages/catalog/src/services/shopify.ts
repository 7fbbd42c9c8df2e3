import type { Vendor } from '../schema.ts'

const origin = 'https://*.myshopify.com'
const kinds = ['products', 'orders', 'customers']

/** https://shopify.dev. Its OAuth is left out: the token endpoint answers without token_type, and scopes come with commas. */
export const shopify: Vendor = {
  provider: { id: 'shopify', name: 'Shopify', documentation: 'https://shopify.dev/docs/api' },
  services: [
    {
      id: 'shopify',
      name: 'Shopify',
      provider: 'shopify',
      category: 'business',
      icon: 'shopify',
      singleton: false,
      origins: [],
      originPattern: { pattern: origin, example: 'https://acme.myshopify.com' },
      responseHeaders: ['x-shopify-shop-api-call-limit'],
      credentials: [
        {
          kind: 'header',
          name: 'X-Shopify-Access-Token',
          label: 'Admin API access token (shpat_…)',
          hint: 'Take it from a custom app under Settings → Apps → Develop apps; apps of the Dev Dashboard that use client credentials get tokens for a day only.',
          url: 'https://shopify.dev/docs/apps/build/authentication-authorization/legacy/admin-custom-apps',
        },
      ],
      probe: { path: '/admin/api/2026-07/shop.json' },
      documentation: 'https://shopify.dev/docs/api/admin',
      actions: [
        {
          id: 'shopify-read',
          label: 'Read the shop',
          description: 'Read products, orders and customers.',
          allow: [
            {
              origin,
              methods: ['GET'],
              paths: [
                '/admin/api/*/shop.json',
                ...kinds.flatMap((kind) => [
                  `/admin/api/*/${kind}.json`,
                  `/admin/api/*/${kind}/*.json`,
                ]),
              ],
            },
          ],
          approval: 'never',
        },
        {
          id: 'shopify-write',
          label: 'Write products and customers',
          description: 'Create and change products and customers; an owner is asked each time.',
          allow: [
            {
              origin,
              methods: ['POST'],
              paths: ['/admin/api/*/products.json', '/admin/api/*/customers.json'],
            },
            {
              origin,
              methods: ['PUT'],
              paths: ['/admin/api/*/products/*.json', '/admin/api/*/customers/*.json'],
            },
          ],
          approval: 'writes',
        },
        {
          id: 'shopify-graphql',
          label: 'Run GraphQL',
          description:
            'Read or change anything the token may, by GraphQL; an owner is asked each time.',
          allow: [{ origin, methods: ['POST'], paths: ['/admin/api/*/graphql.json'] }],
          approval: 'always',
        },
      ],
    },
  ],
}
