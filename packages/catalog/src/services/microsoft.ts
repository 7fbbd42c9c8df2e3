import type { Vendor } from '../schema.ts'

const graph = 'https://graph.microsoft.com'

/** Microsoft Graph: https://learn.microsoft.com/graph/api/overview */
export const microsoft: Vendor = {
  provider: {
    id: 'microsoft',
    name: 'Microsoft',
    documentation: 'https://learn.microsoft.com/en-us/graph/overview',
    oauth: {
      authorizationEndpoint: 'https://login.microsoftonline.com/{tenant}/oauth2/v2.0/authorize',
      tokenEndpoint: 'https://login.microsoftonline.com/{tenant}/oauth2/v2.0/token',
      deviceAuthorizationEndpoint:
        'https://login.microsoftonline.com/{tenant}/oauth2/v2.0/devicecode',
      parameters: [
        {
          name: 'tenant',
          label: 'Directory (tenant)',
          example: 'contoso.onmicrosoft.com',
          fallback: 'common',
        },
      ],
      clientAuthentication: 'client_secret_post',
      baseScopes: ['openid', 'email', 'offline_access', 'User.Read'],
      scopes: {
        openid: 'know who the account belongs to',
        email: 'see the account’s address',
        offline_access: 'stay connected until it is revoked',
        'User.Read': 'read the account’s profile',
        'Mail.Read': 'read all mail',
        'Mail.Send': 'send mail',
        'Team.ReadBasic.All': 'see the names of teams',
        'Channel.ReadBasic.All': 'see the names of channels',
        'ChannelMessage.Read.All': 'read messages of channels',
        'Chat.Read': 'read chats',
        'ChannelMessage.Send': 'write in channels',
        'ChatMessage.Send': 'write in chats',
      },
      refreshTokens: 'rotating',
      idleDays: 90,
      registration: {
        url: 'https://entra.microsoft.com/#view/Microsoft_AAD_RegisteredApps/ApplicationsListBlade',
        steps: ['Register an app with the redirect URI shown here, of the type Web.'],
      },
      documentation:
        'https://learn.microsoft.com/en-us/entra/identity-platform/v2-oauth2-auth-code-flow',
    },
  },
  services: [
    {
      id: 'microsoft-outlook',
      name: 'Outlook mail',
      provider: 'microsoft',
      category: 'mail-and-calendar',
      icon: 'microsoftoutlook',
      singleton: false,
      origins: [graph],
      credentials: [{ kind: 'oauth2' }],
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
      category: 'chat',
      icon: 'microsoftteams',
      singleton: false,
      origins: [graph],
      credentials: [{ kind: 'oauth2' }],
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
  ],
}
