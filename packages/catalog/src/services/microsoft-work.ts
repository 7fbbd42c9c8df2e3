import type { Vendor } from '../schema.ts'

const graph = 'https://graph.microsoft.com'
const me = '/v1.0/me'
const drive = `${me}/drive`
const channel = '/v1.0/teams/*/channels/*'

const common = {
  provider: 'microsoft',
  singleton: false,
  origins: [graph],
  credentials: [{ kind: 'oauth2' }],
  probe: { path: `${me}?$select=id` },
} satisfies Partial<Vendor['services'][number]>

/** Files, tasks and teams. */
export const microsoftWorkServices: Vendor['services'] = [
  {
    ...common,
    id: 'microsoft-onedrive',
    name: 'OneDrive',
    category: 'files-and-documents',
    icon: 'microsoftonedrive',
    documentation: 'https://learn.microsoft.com/en-us/graph/api/resources/onedrive',
    actions: [
      {
        id: 'onedrive-read',
        label: 'Read files',
        description: 'Search for files, list folders and read what the files say.',
        allow: [
          {
            origin: graph,
            methods: ['GET'],
            paths: [
              drive,
              `${drive}/root`,
              `${drive}/root/children`,
              `${drive}/root/search(q=*)`,
              `${drive}/root:/**`,
              `${drive}/items/*`,
              `${drive}/items/*/children`,
              `${drive}/items/*/content`,
              `${drive}/items/*/versions`,
              `${drive}/items/*/permissions`,
            ],
          },
        ],
        approval: 'never',
        scopes: ['Files.Read'],
      },
      {
        id: 'onedrive-write',
        label: 'Change files',
        description:
          'Upload, rename, move, copy and delete files, and make folders; an owner is asked each time.',
        allow: [
          {
            origin: graph,
            methods: ['PUT'],
            paths: [`${drive}/root:/**`, `${drive}/items/*/content`],
          },
          {
            origin: graph,
            methods: ['POST'],
            paths: [`${drive}/root/children`, `${drive}/items/*/children`, `${drive}/items/*/copy`],
          },
          { origin: graph, methods: ['PATCH', 'DELETE'], paths: [`${drive}/items/*`] },
        ],
        approval: 'writes',
        scopes: ['Files.ReadWrite'],
      },
      {
        id: 'onedrive-share',
        label: 'Share files',
        description:
          'Make links to files, invite people and take access from them; an owner is asked each time.',
        allow: [
          {
            origin: graph,
            methods: ['POST'],
            paths: [`${drive}/items/*/createLink`, `${drive}/items/*/invite`],
          },
          { origin: graph, methods: ['DELETE'], paths: [`${drive}/items/*/permissions/*`] },
        ],
        approval: 'always',
        scopes: ['Files.ReadWrite'],
      },
    ],
  },
  {
    ...common,
    id: 'microsoft-todo',
    name: 'Microsoft To Do',
    category: 'projects',
    icon: 'microsofttodo',
    documentation: 'https://learn.microsoft.com/en-us/graph/api/resources/todo-overview',
    actions: [
      {
        id: 'todo-read',
        label: 'Read tasks',
        description: 'Read lists and their tasks.',
        allow: [
          {
            origin: graph,
            methods: ['GET'],
            paths: [
              `${me}/todo/lists`,
              `${me}/todo/lists/*`,
              `${me}/todo/lists/*/tasks`,
              `${me}/todo/lists/*/tasks/*`,
            ],
          },
        ],
        approval: 'never',
        scopes: ['Tasks.Read'],
      },
      {
        id: 'todo-manage',
        label: 'Change tasks',
        description: 'Add, change, complete and delete tasks; an owner is asked each time.',
        allow: [
          {
            origin: graph,
            methods: ['POST'],
            paths: [`${me}/todo/lists`, `${me}/todo/lists/*/tasks`],
          },
          { origin: graph, methods: ['PATCH', 'DELETE'], paths: [`${me}/todo/lists/*/tasks/*`] },
        ],
        approval: 'writes',
        scopes: ['Tasks.ReadWrite'],
      },
    ],
  },
  {
    ...common,
    id: 'microsoft-teams',
    name: 'Teams',
    category: 'chat',
    icon: 'microsoftteams',
    documentation: 'https://learn.microsoft.com/en-us/graph/api/resources/teams-api-overview',
    actions: [
      {
        id: 'teams-read',
        label: 'Read chats',
        description: 'List teams, channels and chats, and read the messages of chats.',
        allow: [
          {
            origin: graph,
            methods: ['GET'],
            paths: [
              `${me}/joinedTeams`,
              '/v1.0/teams/*',
              '/v1.0/teams/*/channels',
              channel,
              `${me}/chats`,
              '/v1.0/chats/*',
              '/v1.0/chats/*/messages',
              '/v1.0/chats/*/messages/*',
            ],
          },
        ],
        approval: 'never',
        scopes: ['Team.ReadBasic.All', 'Channel.ReadBasic.All', 'Chat.Read'],
      },
      {
        id: 'teams-read-channels',
        label: 'Read channels',
        description: 'Read the messages of channels. An administrator has to consent to it.',
        allow: [
          {
            origin: graph,
            methods: ['GET'],
            paths: [
              `${channel}/messages`,
              `${channel}/messages/*`,
              `${channel}/messages/*/replies`,
              `${channel}/messages/*/replies/*`,
            ],
          },
        ],
        approval: 'never',
        scopes: ['ChannelMessage.Read.All'],
      },
      {
        id: 'teams-manage',
        label: 'Write in chats and channels',
        description: 'Send messages in chats and channels; an owner is asked each time.',
        allow: [
          {
            origin: graph,
            methods: ['POST'],
            paths: [
              '/v1.0/chats/*/messages',
              `${channel}/messages`,
              `${channel}/messages/*/replies`,
            ],
          },
        ],
        approval: 'always',
        scopes: ['ChatMessage.Send', 'ChannelMessage.Send'],
      },
    ],
  },
]
