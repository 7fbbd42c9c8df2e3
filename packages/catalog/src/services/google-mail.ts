import type { Vendor } from '../schema.ts'
import { googleCredentials } from './google-service-account.ts'

const gmail = 'https://gmail.googleapis.com'
const apis = 'https://www.googleapis.com'
const people = 'https://people.googleapis.com'
const tasks = 'https://tasks.googleapis.com'
const me = '/gmail/v1/users/me'
const scope = 'https://www.googleapis.com/auth'

/** Mail, calendar, contacts and tasks. */
export const googleMailServices: Vendor['services'] = [
  {
    id: 'google-gmail',
    name: 'Gmail',
    provider: 'google',
    category: 'mail-and-calendar',
    icon: 'gmail',
    singleton: false,
    origins: [gmail],
    credentials: googleCredentials,
    probe: { path: `${me}/profile` },
    documentation: 'https://developers.google.com/workspace/gmail/api/reference/rest',
    actions: [
      {
        id: 'gmail-read',
        label: 'Read mail',
        description: 'Read and search messages, threads, attachments and labels.',
        allow: [
          {
            origin: gmail,
            methods: ['GET'],
            paths: [
              `${me}/profile`,
              `${me}/messages`,
              `${me}/messages/*`,
              `${me}/messages/*/attachments/*`,
              `${me}/threads`,
              `${me}/threads/*`,
              `${me}/labels`,
              `${me}/labels/*`,
              `${me}/history`,
            ],
          },
        ],
        approval: 'never',
        scopes: [`${scope}/gmail.readonly`],
      },
      {
        id: 'gmail-draft',
        label: 'Write drafts',
        description:
          'Write, change and read drafts, without sending them; an owner is asked each time.',
        allow: [
          { origin: gmail, methods: ['GET', 'POST'], paths: [`${me}/drafts`] },
          { origin: gmail, methods: ['GET', 'PUT'], paths: [`${me}/drafts/*`] },
        ],
        approval: 'writes',
        scopes: [`${scope}/gmail.compose`],
      },
      {
        id: 'gmail-send',
        label: 'Send mail',
        description: 'Send messages; an owner is asked each time.',
        allow: [
          {
            origin: gmail,
            methods: ['POST'],
            paths: [`${me}/messages/send`, `${me}/drafts/send`],
          },
        ],
        approval: 'always',
        // drafts.send is not among what gmail.send covers.
        scopes: [`${scope}/gmail.compose`],
      },
      {
        id: 'gmail-organize',
        label: 'Label and trash mail',
        description:
          'Put labels on mail, take them off, archive, mark as read, move to the trash and back; an owner is asked each time.',
        allow: [
          {
            origin: gmail,
            methods: ['POST'],
            paths: [
              `${me}/messages/*/modify`,
              `${me}/messages/*/trash`,
              `${me}/messages/*/untrash`,
              `${me}/messages/batchModify`,
              `${me}/threads/*/modify`,
              `${me}/threads/*/trash`,
              `${me}/threads/*/untrash`,
              `${me}/labels`,
            ],
          },
        ],
        approval: 'writes',
        scopes: [`${scope}/gmail.modify`],
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
    credentials: googleCredentials,
    probe: { path: '/calendar/v3/calendars/primary/events?maxResults=1' },
    documentation: 'https://developers.google.com/workspace/calendar/api/v3/reference',
    actions: [
      {
        id: 'calendar-read',
        label: 'Read calendars',
        description: 'Read calendars and their events, and when people are busy.',
        allow: [
          {
            origin: apis,
            methods: ['GET'],
            paths: [
              '/calendar/v3/users/me/calendarList',
              '/calendar/v3/users/me/calendarList/*',
              '/calendar/v3/calendars/*',
              '/calendar/v3/calendars/*/events',
              '/calendar/v3/calendars/*/events/*',
              '/calendar/v3/calendars/*/events/*/instances',
            ],
          },
          { origin: apis, methods: ['POST'], paths: ['/calendar/v3/freeBusy'] },
        ],
        approval: 'never',
        scopes: [`${scope}/calendar.readonly`],
      },
      {
        id: 'calendar-manage',
        label: 'Change events',
        description:
          'Create, change, move and delete events, and invite people; an owner is asked each time.',
        allow: [
          {
            origin: apis,
            methods: ['POST'],
            paths: [
              '/calendar/v3/calendars/*/events',
              '/calendar/v3/calendars/*/events/quickAdd',
              '/calendar/v3/calendars/*/events/*/move',
            ],
          },
          {
            origin: apis,
            methods: ['PUT', 'PATCH', 'DELETE'],
            paths: ['/calendar/v3/calendars/*/events/*'],
          },
        ],
        approval: 'writes',
        scopes: [`${scope}/calendar.events`],
      },
    ],
  },
  {
    id: 'google-contacts',
    name: 'Google Contacts',
    provider: 'google',
    category: 'mail-and-calendar',
    icon: 'google',
    singleton: false,
    origins: [people],
    credentials: googleCredentials,
    probe: { path: '/v1/people/me/connections?personFields=names&pageSize=1' },
    documentation: 'https://developers.google.com/people/api/rest',
    actions: [
      {
        id: 'contacts-read',
        label: 'Read contacts',
        description: 'Read and search contacts and their groups.',
        allow: [
          {
            origin: people,
            methods: ['GET'],
            paths: [
              '/v1/people/*',
              '/v1/people/me/connections',
              '/v1/people:searchContacts',
              '/v1/people:batchGet',
              '/v1/contactGroups',
              '/v1/contactGroups/*',
            ],
          },
        ],
        approval: 'never',
        scopes: [`${scope}/contacts.readonly`],
      },
      {
        id: 'contacts-manage',
        label: 'Change contacts',
        description: 'Add, change and delete contacts; an owner is asked each time.',
        allow: [
          { origin: people, methods: ['POST'], paths: ['/v1/people:createContact'] },
          { origin: people, methods: ['PATCH'], paths: ['/v1/people/*:updateContact'] },
          { origin: people, methods: ['DELETE'], paths: ['/v1/people/*:deleteContact'] },
        ],
        approval: 'writes',
        scopes: [`${scope}/contacts`],
      },
    ],
  },
  {
    id: 'google-tasks',
    name: 'Google Tasks',
    provider: 'google',
    category: 'projects',
    icon: 'googletasks',
    singleton: false,
    origins: [tasks],
    credentials: googleCredentials,
    probe: { path: '/tasks/v1/users/@me/lists?maxResults=1' },
    documentation: 'https://developers.google.com/workspace/tasks/reference/rest',
    actions: [
      {
        id: 'tasks-read',
        label: 'Read tasks',
        description: 'Read lists and their tasks.',
        allow: [
          {
            origin: tasks,
            methods: ['GET'],
            paths: [
              '/tasks/v1/users/@me/lists',
              '/tasks/v1/users/@me/lists/*',
              '/tasks/v1/lists/*/tasks',
              '/tasks/v1/lists/*/tasks/*',
            ],
          },
        ],
        approval: 'never',
        scopes: [`${scope}/tasks.readonly`],
      },
      {
        id: 'tasks-manage',
        label: 'Change tasks',
        description: 'Add, change, complete, move and delete tasks; an owner is asked each time.',
        allow: [
          {
            origin: tasks,
            methods: ['POST'],
            paths: ['/tasks/v1/lists/*/tasks', '/tasks/v1/lists/*/tasks/*/move'],
          },
          {
            origin: tasks,
            methods: ['PUT', 'PATCH', 'DELETE'],
            paths: ['/tasks/v1/lists/*/tasks/*'],
          },
        ],
        approval: 'writes',
        scopes: [`${scope}/tasks`],
      },
    ],
  },
]
