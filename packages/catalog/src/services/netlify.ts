import type { Vendor } from '../schema.ts'

const origin = 'https://api.netlify.com'

/** https://docs.netlify.com/api-and-cli-guides */
export const netlify: Vendor = {
  provider: {
    id: 'netlify',
    name: 'Netlify',
    documentation: 'https://docs.netlify.com/api-and-cli-guides/api-guides/get-started-with-api/',
  },
  services: [
    {
      id: 'netlify',
      name: 'Netlify',
      provider: 'netlify',
      category: 'infrastructure',
      icon: 'netlify',
      singleton: false,
      origins: [origin],
      credentials: [
        {
          kind: 'bearer',
          label: 'Personal access token',
          hint: 'Create one under User settings → Applications.',
          url: 'https://app.netlify.com/user/applications',
        },
      ],
      probe: { path: '/api/v1/user' },
      documentation: 'https://open-api.netlify.com',
      actions: [
        {
          id: 'netlify-read',
          label: 'Read deploys',
          description: 'Read sites and their deploys.',
          allow: [
            {
              origin,
              methods: ['GET'],
              paths: [
                '/api/v1/user',
                '/api/v1/sites',
                '/api/v1/sites/*',
                '/api/v1/sites/*/deploys',
                '/api/v1/deploys/*',
              ],
            },
          ],
          approval: 'never',
        },
        {
          id: 'netlify-deploy',
          label: 'Deploy',
          description:
            'Build a site anew, or go back to an earlier deploy; an owner is asked each time.',
          allow: [
            {
              origin,
              methods: ['POST'],
              paths: ['/api/v1/sites/*/builds', '/api/v1/sites/*/deploys/*/restore'],
            },
          ],
          approval: 'always',
        },
      ],
    },
  ],
}
