import type { Vendor } from '../schema.ts'

const origin = 'https://api.zoom.us'

/** https://developers.zoom.us. Server-to-server apps are left out: their grant type, account_credentials, is Zoom’s own. */
export const zoom: Vendor = {
  provider: {
    id: 'zoom',
    name: 'Zoom',
    documentation: 'https://developers.zoom.us/docs/api/',
    oauth: {
      authorizationEndpoint: 'https://zoom.us/oauth/authorize',
      tokenEndpoint: 'https://zoom.us/oauth/token',
      revocationEndpoint: 'https://zoom.us/oauth/revoke',
      clientAuthentication: 'client_secret_basic',
      baseScopes: ['user:read:user'],
      scopes: {
        'user:read:user': 'see one’s own profile',
        'meeting:read:list_meetings': 'list one’s own meetings',
        'meeting:read:meeting': 'see the details of one’s own meetings',
        'meeting:write:meeting': 'schedule meetings',
        'meeting:update:meeting': 'change one’s own meetings',
        'meeting:delete:meeting': 'delete one’s own meetings',
        'cloud_recording:read:list_user_recordings': 'list one’s own cloud recordings',
        'cloud_recording:read:list_recording_files': 'see the files of one’s own cloud recordings',
      },
      refreshTokens: 'rotating',
      idleDays: 90,
      registration: {
        url: 'https://marketplace.zoom.us/user/build',
        steps: [
          'Choose Build App → General app, managed by users.',
          'Add the redirect URI shown here under Basic Information, as the OAuth redirect URL.',
          'Add the scopes shown here under Scopes.',
          'Copy the client id and client secret from Basic Information.',
        ],
      },
      documentation: 'https://developers.zoom.us/docs/integrations/oauth/',
    },
  },
  services: [
    {
      id: 'zoom',
      name: 'Zoom',
      provider: 'zoom',
      category: 'mail-and-calendar',
      icon: 'zoom',
      singleton: false,
      origins: [origin],
      credentials: [{ kind: 'oauth2' }],
      probe: { path: '/v2/users/me' },
      documentation: 'https://developers.zoom.us/docs/api/meetings/',
      actions: [
        {
          id: 'zoom-read',
          label: 'Read meetings',
          description: 'List one’s own meetings and read their details.',
          allow: [
            {
              origin,
              methods: ['GET'],
              paths: ['/v2/users/me', '/v2/users/me/meetings', '/v2/meetings/*'],
            },
          ],
          approval: 'never',
          scopes: ['meeting:read:list_meetings', 'meeting:read:meeting'],
        },
        {
          id: 'zoom-recordings',
          label: 'Read recordings',
          description: 'List one’s own cloud recordings and their files.',
          allow: [
            {
              origin,
              methods: ['GET'],
              paths: ['/v2/users/me/recordings', '/v2/meetings/*/recordings'],
            },
          ],
          approval: 'never',
          scopes: [
            'cloud_recording:read:list_user_recordings',
            'cloud_recording:read:list_recording_files',
          ],
        },
        {
          id: 'zoom-schedule',
          label: 'Schedule meetings',
          description: 'Schedule, change and delete meetings; an owner is asked each time.',
          allow: [
            { origin, methods: ['POST'], paths: ['/v2/users/me/meetings'] },
            { origin, methods: ['PATCH', 'DELETE'], paths: ['/v2/meetings/*'] },
          ],
          approval: 'writes',
          scopes: ['meeting:write:meeting', 'meeting:update:meeting', 'meeting:delete:meeting'],
        },
      ],
    },
  ],
}
