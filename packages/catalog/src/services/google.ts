import type { Vendor } from '../schema.ts'

const gmail = 'https://gmail.googleapis.com'
const apis = 'https://www.googleapis.com'

/** Google: https://developers.google.com/workspace */
export const google: Vendor = {
  provider: {
    id: 'google',
    name: 'Google',
    documentation: 'https://developers.google.com/workspace',
    oauth: {
      issuer: 'https://accounts.google.com',
      authorizationEndpoint: 'https://accounts.google.com/o/oauth2/v2/auth',
      tokenEndpoint: 'https://oauth2.googleapis.com/token',
      revocationEndpoint: 'https://oauth2.googleapis.com/revoke',
      clientAuthentication: 'client_secret_post',
      authorizationParameters: {
        access_type: 'offline',
        prompt: 'consent',
        include_granted_scopes: 'true',
      },
      baseScopes: ['openid', 'email'],
      scopes: {
        openid: 'know who the account belongs to',
        email: 'see the account’s address',
        'https://www.googleapis.com/auth/gmail.readonly': 'read all mail and settings',
        'https://www.googleapis.com/auth/gmail.compose': 'write drafts and send mail',
        'https://www.googleapis.com/auth/calendar.readonly': 'read all calendars',
        'https://www.googleapis.com/auth/calendar.events':
          'read and change events of all calendars',
        'https://www.googleapis.com/auth/drive.readonly': 'read all files',
      },
      refreshTokens: 'lasting',
      idleDays: 180,
      registration: {
        url: 'https://console.cloud.google.com/auth/clients',
        steps: ['Create a client of the type Web application with the redirect URI shown here.'],
      },
      documentation: 'https://developers.google.com/identity/protocols/oauth2/web-server',
    },
  },
  services: [
    {
      id: 'google-gmail',
      name: 'Gmail',
      provider: 'google',
      category: 'mail-and-calendar',
      icon: 'gmail',
      singleton: false,
      origins: [gmail],
      credentials: [{ kind: 'oauth2' }],
      documentation: 'https://developers.google.com/workspace/gmail/api/reference/rest',
      actions: [
        {
          id: 'gmail-read',
          label: 'Read mail',
          description: 'Read and search messages, threads and labels.',
          allow: [
            {
              origin: gmail,
              methods: ['GET'],
              paths: [
                '/gmail/v1/users/me/profile',
                '/gmail/v1/users/me/messages',
                '/gmail/v1/users/me/messages/**',
                '/gmail/v1/users/me/threads',
                '/gmail/v1/users/me/threads/**',
                '/gmail/v1/users/me/labels',
                '/gmail/v1/users/me/labels/*',
              ],
            },
          ],
          approval: 'never',
          scopes: ['https://www.googleapis.com/auth/gmail.readonly'],
        },
        {
          id: 'gmail-send',
          label: 'Send mail',
          description: 'Send messages; an owner is asked each time.',
          allow: [
            {
              origin: gmail,
              methods: ['POST'],
              paths: ['/gmail/v1/users/me/messages/send', '/gmail/v1/users/me/drafts/send'],
            },
          ],
          approval: 'always',
          // drafts.send is not among what gmail.send covers.
          scopes: ['https://www.googleapis.com/auth/gmail.compose'],
        },
      ],
    },
    {
      id: 'google-calendar',
      name: 'Google Calendar',
      provider: 'google',
      category: 'mail-and-calendar',
      icon: 'googlecalendar',
      singleton: false,
      origins: [apis],
      credentials: [{ kind: 'oauth2' }],
      documentation: 'https://developers.google.com/workspace/calendar/api/v3/reference',
      actions: [
        {
          id: 'calendar-read',
          label: 'Read calendars',
          description: 'Read calendars and their events.',
          allow: [
            {
              origin: apis,
              methods: ['GET'],
              paths: [
                '/calendar/v3/users/me/calendarList',
                '/calendar/v3/calendars/*',
                '/calendar/v3/calendars/*/events',
                '/calendar/v3/calendars/*/events/*',
              ],
            },
          ],
          approval: 'never',
          scopes: ['https://www.googleapis.com/auth/calendar.readonly'],
        },
        {
          id: 'calendar-manage',
          label: 'Change events',
          description: 'Create, change and delete events; an owner is asked each time.',
          allow: [
            {
              origin: apis,
              methods: ['POST', 'PUT', 'PATCH', 'DELETE'],
              paths: ['/calendar/v3/calendars/*/events', '/calendar/v3/calendars/*/events/*'],
            },
          ],
          approval: 'writes',
          scopes: ['https://www.googleapis.com/auth/calendar.events'],
        },
      ],
    },
    {
      id: 'google-drive',
      name: 'Google Drive',
      provider: 'google',
      category: 'files-and-documents',
      icon: 'googledrive',
      singleton: false,
      origins: [apis],
      credentials: [{ kind: 'oauth2' }],
      documentation: 'https://developers.google.com/workspace/drive/api/reference/rest/v3',
      actions: [
        {
          id: 'drive-read',
          label: 'Read files',
          description: 'Search for files, read what they say and where they lie.',
          allow: [
            { origin: apis, methods: ['GET'], paths: ['/drive/v3/files', '/drive/v3/files/**'] },
          ],
          approval: 'never',
          scopes: ['https://www.googleapis.com/auth/drive.readonly'],
        },
      ],
    },
  ],
}
