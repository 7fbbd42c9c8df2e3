import type { Vendor } from '../schema.ts'

const origin = 'https://*.zendesk.com'

/** https://developer.zendesk.com. Tokens are revoked by its API, not as RFC 7009 says. */
export const zendesk: Vendor = {
  provider: {
    id: 'zendesk',
    name: 'Zendesk',
    documentation: 'https://developer.zendesk.com',
    oauth: {
      authorizationEndpoint: 'https://{subdomain}.zendesk.com/oauth/authorizations/new',
      tokenEndpoint: 'https://{subdomain}.zendesk.com/oauth/tokens',
      parameters: [{ name: 'subdomain', label: 'Subdomain at zendesk.com', example: 'acme' }],
      clientAuthentication: 'client_secret_post',
      scopes: {
        read: 'read all that the user may see',
        'tickets:write': 'create, answer and change tickets',
      },
      refreshTokens: 'rotating',
      idleDays: 30,
      registration: {
        url: 'https://support.zendesk.com/hc/en-us/articles/4408845965210',
        steps: [
          'Open Admin Center → Apps and integrations → APIs → OAuth clients, and add a client.',
          'Choose the client kind Confidential.',
          'Add the redirect URI shown here under Redirect URLs, and save.',
          'Copy the identifier as client id, and the secret as client secret.',
        ],
      },
      documentation:
        'https://developer.zendesk.com/api-reference/ticketing/oauth/grant_type_tokens/',
    },
  },
  services: [
    {
      id: 'zendesk',
      name: 'Zendesk',
      provider: 'zendesk',
      category: 'business',
      icon: 'zendesk',
      singleton: false,
      origins: [],
      originPattern: { pattern: origin, example: 'https://acme.zendesk.com' },
      credentials: [
        { kind: 'oauth2' },
        {
          kind: 'basic',
          usernameLabel: 'E-mail address with /token: jane@example.com/token',
          label: 'API token',
          hint: 'Add one in Admin Center → Apps and integrations → APIs → API tokens.',
          url: 'https://support.zendesk.com/hc/en-us/articles/4408889192858',
        },
      ],
      probe: { path: '/api/v2/users/me' },
      documentation: 'https://developer.zendesk.com/api-reference/',
      actions: [
        {
          id: 'zendesk-read',
          label: 'Read tickets',
          description: 'Search, and read tickets, their comments, users and organisations.',
          allow: [
            {
              origin,
              methods: ['GET'],
              paths: [
                '/api/v2/search',
                '/api/v2/tickets',
                '/api/v2/tickets/*',
                '/api/v2/tickets/*/comments',
                '/api/v2/users/*',
                '/api/v2/organizations/*',
              ],
            },
          ],
          approval: 'never',
          scopes: ['read'],
        },
        {
          id: 'zendesk-write',
          label: 'Write tickets',
          description: 'Open, answer and change tickets; an owner is asked each time.',
          allow: [
            { origin, methods: ['POST'], paths: ['/api/v2/tickets'] },
            { origin, methods: ['PUT'], paths: ['/api/v2/tickets/*'] },
          ],
          approval: 'always',
          scopes: ['tickets:write'],
        },
      ],
    },
  ],
}
