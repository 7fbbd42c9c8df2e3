import type { z } from 'zod'
import type { Service } from '../schema.ts'

const graph = 'https://graph.microsoft.com'

/** Microsoft Graph: https://learn.microsoft.com/graph/api/overview */
export const microsoftServices: z.input<typeof Service>[] = [
  {
    id: 'microsoft-outlook',
    name: 'Outlook mail',
    provider: 'microsoft',
    icon: 'microsoftoutlook',
    singleton: false,
    origins: [graph],
    documentation: 'https://learn.microsoft.com/graph/api/resources/mail-api-overview',
    actions: [
      {
        id: 'outlook-read',
        label: 'Read mail',
        description: 'Read and search messages and folders.',
        allow: [
          {
            origin: graph,
            methods: ['GET'],
            paths: [
              '/v1.0/me/messages',
              '/v1.0/me/messages/**',
              '/v1.0/me/mailFolders',
              '/v1.0/me/mailFolders/**',
            ],
          },
        ],
        approval: 'never',
        scopes: ['Mail.Read'],
      },
      {
        id: 'outlook-send',
        label: 'Send mail',
        description: 'Send messages; an owner is asked each time.',
        allow: [{ origin: graph, methods: ['POST'], paths: ['/v1.0/me/sendMail'] }],
        approval: 'always',
        scopes: ['Mail.Send'],
      },
    ],
  },
  {
    id: 'microsoft-teams',
    name: 'Teams',
    provider: 'microsoft',
    icon: 'microsoftteams',
    singleton: false,
    origins: [graph],
    documentation: 'https://learn.microsoft.com/graph/api/resources/teams-api-overview',
    actions: [
      {
        id: 'teams-read',
        label: 'Read teams and chats',
        description: 'Read teams, channels, chats and their messages.',
        allow: [
          {
            origin: graph,
            methods: ['GET'],
            paths: ['/v1.0/me/joinedTeams', '/v1.0/teams/**', '/v1.0/me/chats', '/v1.0/chats/**'],
          },
        ],
        approval: 'never',
        scopes: [
          'Team.ReadBasic.All',
          'Channel.ReadBasic.All',
          'ChannelMessage.Read.All',
          'Chat.Read',
        ],
      },
      {
        id: 'teams-manage',
        label: 'Write in teams and chats',
        description: 'Send messages in channels and chats; an owner is asked each time.',
        allow: [
          {
            origin: graph,
            methods: ['POST'],
            paths: [
              '/v1.0/chats/*/messages',
              '/v1.0/teams/*/channels/*/messages',
              '/v1.0/teams/*/channels/*/messages/*/replies',
            ],
          },
        ],
        approval: 'writes',
        scopes: ['ChannelMessage.Send', 'ChatMessage.Send'],
      },
    ],
  },
]
