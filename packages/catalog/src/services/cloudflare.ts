import type { Vendor } from '../schema.ts'

const origin = 'https://api.cloudflare.com'

/** https://developers.cloudflare.com/api */
export const cloudflare: Vendor = {
  provider: {
    id: 'cloudflare',
    name: 'Cloudflare',
    documentation: 'https://developers.cloudflare.com/api/',
  },
  services: [
    {
      id: 'cloudflare',
      name: 'Cloudflare',
      provider: 'cloudflare',
      category: 'infrastructure',
      icon: 'cloudflare',
      singleton: false,
      origins: [origin],
      credentials: [
        {
          kind: 'bearer',
          label: 'API token',
          hint: 'Create a token of your user, with Zone and DNS permissions for the zones that agents need.',
          url: 'https://dash.cloudflare.com/profile/api-tokens',
        },
      ],
      probe: { path: '/client/v4/user/tokens/verify' },
      documentation: 'https://developers.cloudflare.com/api/',
      actions: [
        {
          id: 'cloudflare-read',
          label: 'Read zones',
          description: 'Read zones and their DNS records.',
          allow: [
            {
              origin,
              methods: ['GET'],
              paths: [
                '/client/v4/user/tokens/verify',
                '/client/v4/zones',
                '/client/v4/zones/*',
                '/client/v4/zones/*/dns_records',
                '/client/v4/zones/*/dns_records/*',
              ],
            },
          ],
          approval: 'never',
        },
        {
          id: 'cloudflare-dns',
          label: 'Change DNS',
          description: 'Create, change and delete DNS records; an owner is asked each time.',
          allow: [
            { origin, methods: ['POST'], paths: ['/client/v4/zones/*/dns_records'] },
            {
              origin,
              methods: ['PUT', 'PATCH', 'DELETE'],
              paths: ['/client/v4/zones/*/dns_records/*'],
            },
          ],
          approval: 'always',
        },
        {
          id: 'cloudflare-purge',
          label: 'Purge caches',
          description: 'Purge what is cached of a zone; an owner is asked each time.',
          allow: [{ origin, methods: ['POST'], paths: ['/client/v4/zones/*/purge_cache'] }],
          approval: 'writes',
        },
      ],
    },
  ],
}
