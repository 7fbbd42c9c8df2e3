import type { Vendor } from '../schema.ts'

const origin = 'https://*.my.salesforce.com'

/** https://developer.salesforce.com. Its access tokens come without expires_in: they end with the session. */
export const salesforce: Vendor = {
  provider: {
    id: 'salesforce',
    name: 'Salesforce',
    documentation: 'https://developer.salesforce.com/docs',
    oauth: {
      authorizationEndpoint: 'https://{domain}.salesforce.com/services/oauth2/authorize',
      tokenEndpoint: 'https://{domain}.salesforce.com/services/oauth2/token',
      revocationEndpoint: 'https://{domain}.salesforce.com/services/oauth2/revoke',
      parameters: [
        {
          name: 'domain',
          label: 'What stands before .salesforce.com where you sign in',
          example: 'acme.my',
          fallback: 'login',
        },
      ],
      clientAuthentication: 'client_secret_post',
      baseScopes: ['refresh_token'],
      scopes: {
        refresh_token: 'stay connected',
        api: 'use the API with all that the user may do',
      },
      refreshTokens: 'rotating',
      registration: {
        url: 'https://help.salesforce.com/s/articleView?id=xcloud.create_a_local_external_client_app.htm',
        steps: [
          'Create an external client app in Setup → External Client App Manager, and enable OAuth.',
          'Add the redirect URI shown here as callback URL.',
          'Add the scopes shown here: api and refresh_token.',
          'Copy the consumer key as client id, and the consumer secret as client secret.',
        ],
      },
      documentation:
        'https://help.salesforce.com/s/articleView?id=xcloud.remoteaccess_oauth_web_server_flow.htm',
    },
  },
  services: [
    {
      id: 'salesforce',
      name: 'Salesforce',
      provider: 'salesforce',
      category: 'business',
      icon: 'salesforce',
      singleton: false,
      origins: [],
      originPattern: { pattern: origin, example: 'https://acme.my.salesforce.com' },
      credentials: [{ kind: 'oauth2' }],
      probe: { path: '/services/data/v62.0/limits' },
      documentation: 'https://developer.salesforce.com/docs/atlas.en-us.api_rest.meta/api_rest/',
      actions: [
        {
          id: 'salesforce-read',
          label: 'Read records',
          description: 'Query and search (SOQL, SOSL), and read records and what they are made of.',
          allow: [
            {
              origin,
              methods: ['GET'],
              paths: [
                '/services/data',
                '/services/data/*/limits',
                '/services/data/*/query',
                '/services/data/*/query/*',
                '/services/data/*/search',
                '/services/data/*/sobjects',
                '/services/data/*/sobjects/*',
                '/services/data/*/sobjects/*/*',
              ],
            },
          ],
          approval: 'never',
          scopes: ['api'],
        },
        {
          id: 'salesforce-write',
          label: 'Write records',
          description: 'Create and change records; an owner is asked each time.',
          allow: [
            { origin, methods: ['POST'], paths: ['/services/data/*/sobjects/*'] },
            { origin, methods: ['PATCH'], paths: ['/services/data/*/sobjects/*/*'] },
          ],
          approval: 'writes',
          scopes: ['api'],
        },
        {
          id: 'salesforce-delete',
          label: 'Delete records',
          description: 'Delete records; an owner is asked each time.',
          allow: [{ origin, methods: ['DELETE'], paths: ['/services/data/*/sobjects/*/*'] }],
          approval: 'always',
          scopes: ['api'],
        },
      ],
    },
  ],
}
