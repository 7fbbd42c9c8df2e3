import type { Vendor } from '../schema.ts'

const graph = 'https://graph.microsoft.com'
const me = '/v1.0/me'

const common = {
  provider: 'microsoft',
  category: 'mail-and-calendar',
  singleton: false,
  origins: [graph],
  credentials: [{ kind: 'oauth2' }],
  probe: { path: `${me}?$select=id` },
} satisfies Partial<Vendor['services'][number]>

/** Outlook: mail, calendar and contacts. */
export const microsoftMailServices: Vendor['services'] = [
  {
    ...common,
    id: 'microsoft-outlook',
    name: 'Outlook mail',
    icon: 'microsoftoutlook',
    documentation: 'https://learn.microsoft.com/en-us/graph/api/resources/mail-api-overview',
    actions: [
      {
        id: 'outlook-read',
        label: 'Read mail',
        description: 'Read and search messages, attachments and folders.',
        allow: [
          {
            origin: graph,
            methods: ['GET'],
            paths: [
              `${me}/messages`,
              `${me}/messages/*`,
              `${me}/messages/*/attachments`,
              `${me}/messages/*/attachments/*`,
              `${me}/messages/*/attachments/*/$value`,
              `${me}/mailFolders`,
              `${me}/mailFolders/*`,
              `${me}/mailFolders/*/childFolders`,
              `${me}/mailFolders/*/messages`,
              `${me}/mailFolders/*/messages/*`,
            ],
          },
        ],
        approval: 'never',
        scopes: ['Mail.Read'],
      },
      {
        id: 'outlook-draft',
        label: 'Write drafts',
        description:
          'Write and change drafts and answers, without sending them; an owner is asked each time.',
        allow: [
          {
            origin: graph,
            methods: ['POST'],
            paths: [
              `${me}/messages`,
              `${me}/messages/*/createReply`,
              `${me}/messages/*/createReplyAll`,
              `${me}/messages/*/createForward`,
              `${me}/messages/*/attachments`,
            ],
          },
          { origin: graph, methods: ['PATCH'], paths: [`${me}/messages/*`] },
        ],
        approval: 'writes',
        scopes: ['Mail.ReadWrite'],
      },
      {
        id: 'outlook-send',
        label: 'Send mail',
        description: 'Send, answer and forward messages; an owner is asked each time.',
        allow: [
          {
            origin: graph,
            methods: ['POST'],
            paths: [
              `${me}/sendMail`,
              `${me}/messages/*/send`,
              `${me}/messages/*/reply`,
              `${me}/messages/*/replyAll`,
              `${me}/messages/*/forward`,
            ],
          },
        ],
        approval: 'always',
        scopes: ['Mail.Send'],
      },
      {
        id: 'outlook-organize',
        label: 'Move and delete mail',
        description: 'Mark, move, copy and delete messages; an owner is asked each time.',
        allow: [
          { origin: graph, methods: ['PATCH', 'DELETE'], paths: [`${me}/messages/*`] },
          {
            origin: graph,
            methods: ['POST'],
            paths: [`${me}/messages/*/move`, `${me}/messages/*/copy`, `${me}/mailFolders`],
          },
        ],
        approval: 'writes',
        scopes: ['Mail.ReadWrite'],
      },
    ],
  },
  {
    ...common,
    id: 'microsoft-outlook-calendar',
    name: 'Outlook calendar',
    icon: 'microsoftoutlook',
    documentation: 'https://learn.microsoft.com/en-us/graph/api/resources/calendar-overview',
    actions: [
      {
        id: 'outlook-calendar-read',
        label: 'Read calendars',
        description: 'Read calendars and their events, and when people are busy.',
        allow: [
          {
            origin: graph,
            methods: ['GET'],
            paths: [
              `${me}/calendar`,
              `${me}/calendar/events`,
              `${me}/calendar/calendarView`,
              `${me}/calendars`,
              `${me}/calendars/*`,
              `${me}/calendars/*/events`,
              `${me}/calendars/*/calendarView`,
              `${me}/calendarView`,
              `${me}/events`,
              `${me}/events/*`,
              `${me}/events/*/instances`,
            ],
          },
          { origin: graph, methods: ['POST'], paths: [`${me}/calendar/getSchedule`] },
        ],
        approval: 'never',
        scopes: ['Calendars.Read'],
      },
      {
        id: 'outlook-calendar-manage',
        label: 'Change events',
        description:
          'Create, change and delete events, and invite people; an owner is asked each time.',
        allow: [
          {
            origin: graph,
            methods: ['POST'],
            paths: [`${me}/events`, `${me}/calendar/events`, `${me}/calendars/*/events`],
          },
          { origin: graph, methods: ['PATCH', 'DELETE'], paths: [`${me}/events/*`] },
        ],
        approval: 'writes',
        scopes: ['Calendars.ReadWrite'],
      },
      {
        id: 'outlook-calendar-respond',
        label: 'Answer invitations',
        description:
          'Accept and decline invitations, and cancel one’s own meetings; an owner is asked each time.',
        allow: [
          {
            origin: graph,
            methods: ['POST'],
            paths: [
              `${me}/events/*/accept`,
              `${me}/events/*/tentativelyAccept`,
              `${me}/events/*/decline`,
              `${me}/events/*/cancel`,
            ],
          },
        ],
        approval: 'always',
        scopes: ['Calendars.ReadWrite'],
      },
    ],
  },
  {
    ...common,
    id: 'microsoft-outlook-contacts',
    name: 'Outlook contacts',
    icon: 'microsoftoutlook',
    documentation: 'https://learn.microsoft.com/en-us/graph/api/resources/contact',
    actions: [
      {
        id: 'outlook-contacts-read',
        label: 'Read contacts',
        description: 'Read and search contacts and their folders.',
        allow: [
          {
            origin: graph,
            methods: ['GET'],
            paths: [
              `${me}/contacts`,
              `${me}/contacts/*`,
              `${me}/contactFolders`,
              `${me}/contactFolders/*`,
              `${me}/contactFolders/*/contacts`,
            ],
          },
        ],
        approval: 'never',
        scopes: ['Contacts.Read'],
      },
      {
        id: 'outlook-contacts-manage',
        label: 'Change contacts',
        description: 'Add, change and delete contacts; an owner is asked each time.',
        allow: [
          {
            origin: graph,
            methods: ['POST'],
            paths: [`${me}/contacts`, `${me}/contactFolders/*/contacts`],
          },
          { origin: graph, methods: ['PATCH', 'DELETE'], paths: [`${me}/contacts/*`] },
        ],
        approval: 'writes',
        scopes: ['Contacts.ReadWrite'],
      },
    ],
  },
]
