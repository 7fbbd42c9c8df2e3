import type { Vendor } from '../schema.ts'

const origin = 'https://api.hubapi.com'
const kinds = ['contacts', 'companies', 'deals']

/** https://developers.hubspot.com */
export const hubspot: Vendor = {
  provider: {
    id: 'hubspot',
    name: 'HubSpot',
    documentation: 'https://developers.hubspot.com/docs',
    oauth: {
      authorizationEndpoint: 'https://app.hubspot.com/oauth/authorize',
      tokenEndpoint: 'https://api.hubapi.com/oauth/2026-03/token',
      revocationEndpoint: 'https://api.hubapi.com/oauth/2026-03/token/revoke',
      clientAuthentication: 'client_secret_post',
      baseScopes: ['oauth'],
      scopes: {
        oauth: 'see which HubSpot account it is',
        'crm.objects.contacts.read': 'read contacts',
        'crm.objects.contacts.write': 'create and change contacts',
        'crm.objects.companies.read': 'read companies',
        'crm.objects.companies.write': 'create and change companies',
        'crm.objects.deals.read': 'read deals',
        'crm.objects.deals.write': 'create and change deals',
      },
      refreshTokens: 'lasting',
      registration: {
        url: 'https://developers.hubspot.com/docs/apps/developer-platform/build-apps/create-an-app',
        steps: [
          'Create an app that authenticates by OAuth.',
          'Add the redirect URI shown here to redirectUrls.',
          'Add the scopes shown here to requiredScopes: each of them has to be asked for.',
          'Copy the client id and client secret from Auth.',
        ],
      },
      documentation:
        'https://developers.hubspot.com/docs/api-reference/latest/authentication/manage-oauth-tokens',
    },
  },
  services: [
    {
      id: 'hubspot',
      name: 'HubSpot',
      provider: 'hubspot',
      category: 'business',
      icon: 'hubspot',
      singleton: false,
      origins: [origin],
      credentials: [
        { kind: 'oauth2' },
        {
          kind: 'bearer',
          label: 'Private app access token (pat-…)',
          hint: 'Create a private app with the scopes crm.objects.*.read and .write for what agents need, and copy its token.',
          url: 'https://developers.hubspot.com/docs/apps/legacy-apps/private-apps/overview',
        },
      ],
      probe: { path: '/account-info/v3/details' },
      documentation: 'https://developers.hubspot.com/docs/api-reference/overview',
      actions: [
        {
          id: 'hubspot-read',
          label: 'Read the CRM',
          description: 'Read and search contacts, companies and deals.',
          allow: [
            {
              origin,
              methods: ['GET'],
              paths: kinds.flatMap((kind) => [
                `/crm/v3/objects/${kind}`,
                `/crm/v3/objects/${kind}/*`,
              ]),
            },
            {
              origin,
              methods: ['POST'],
              paths: kinds.map((kind) => `/crm/v3/objects/${kind}/search`),
            },
          ],
          approval: 'never',
          scopes: kinds.map((kind) => `crm.objects.${kind}.read`),
        },
        {
          id: 'hubspot-write',
          label: 'Write to the CRM',
          description:
            'Create and change contacts, companies and deals; an owner is asked each time.',
          allow: [
            { origin, methods: ['POST'], paths: kinds.map((kind) => `/crm/v3/objects/${kind}`) },
            { origin, methods: ['PATCH'], paths: kinds.map((kind) => `/crm/v3/objects/${kind}/*`) },
          ],
          approval: 'writes',
          scopes: kinds.map((kind) => `crm.objects.${kind}.write`),
        },
      ],
    },
  ],
}
