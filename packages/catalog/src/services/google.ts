import type { z } from 'zod'
import type { Service } from '../schema.ts'

const gmail = 'https://gmail.googleapis.com'
const apis = 'https://www.googleapis.com'

/** Google: https://developers.google.com/workspace */
export const googleServices: z.input<typeof Service>[] = [
  {
    id: 'google-gmail',
    name: 'Gmail',
    provider: 'google',
    icon: 'gmail',
    singleton: false,
    origins: [gmail],
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
    icon: 'googlecalendar',
    singleton: false,
    origins: [apis],
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
    icon: 'googledrive',
    singleton: false,
    origins: [apis],
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
]
