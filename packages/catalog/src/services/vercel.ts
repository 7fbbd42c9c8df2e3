import type { Vendor } from '../schema.ts'

const origin = 'https://api.vercel.com'

/** https://vercel.com/docs/rest-api. Each path has a version of its own, which changes: hence `v*`. */
export const vercel: Vendor = {
  provider: { id: 'vercel', name: 'Vercel', documentation: 'https://vercel.com/docs/rest-api' },
  services: [
    {
      id: 'vercel',
      name: 'Vercel',
      provider: 'vercel',
      category: 'infrastructure',
      icon: 'vercel',
      singleton: false,
      origins: [origin],
      credentials: [
        {
          kind: 'bearer',
          label: 'Access token',
          hint: 'Create a token for the team that agents need, with a day on which it ends.',
          url: 'https://vercel.com/account/settings/tokens',
        },
      ],
      probe: { path: '/v2/user' },
      documentation: 'https://vercel.com/docs/rest-api',
      actions: [
        {
          id: 'vercel-read',
          label: 'Read deployments',
          description: 'Read projects, domains, deployments and their build logs.',
          allow: [
            {
              origin,
              methods: ['GET'],
              paths: [
                '/v*/user',
                '/v*/teams',
                '/v*/projects',
                '/v*/projects/*',
                '/v*/projects/*/domains',
                '/v*/deployments',
                '/v*/deployments/*',
                '/v*/deployments/*/events',
              ],
            },
          ],
          approval: 'never',
        },
        {
          id: 'vercel-deploy',
          label: 'Deploy',
          description: 'Start and cancel deployments; an owner is asked each time.',
          allow: [
            { origin, methods: ['POST'], paths: ['/v*/deployments'] },
            { origin, methods: ['PATCH'], paths: ['/v*/deployments/*/cancel'] },
          ],
          approval: 'always',
        },
      ],
    },
  ],
}
