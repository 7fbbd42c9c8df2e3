import type { Vendor } from '../schema.ts'
import { microsoftMailServices } from './microsoft-mail.ts'
import { microsoftWorkServices } from './microsoft-work.ts'

const login = 'https://login.microsoftonline.com/{tenant}/oauth2/v2.0'

/** Microsoft Graph, for accounts at work, at school and of one’s own: https://learn.microsoft.com/en-us/graph/permissions-reference */
export const microsoft: Vendor = {
  provider: {
    id: 'microsoft',
    name: 'Microsoft',
    documentation: 'https://learn.microsoft.com/en-us/graph/overview',
    oauth: {
      authorizationEndpoint: `${login}/authorize`,
      tokenEndpoint: `${login}/token`,
      deviceAuthorizationEndpoint: `${login}/devicecode`,
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
        openid: 'know which account it is',
        email: 'see the account’s address',
        offline_access: 'stay connected until it is revoked',
        'User.Read': 'read the account’s profile',
        'Mail.Read': 'read all mail',
        'Mail.ReadWrite': 'read, write, move and delete all mail, without sending it',
        'Mail.Send': 'send mail',
        'Calendars.Read': 'read all calendars',
        'Calendars.ReadWrite': 'read, change and delete the events of all calendars',
        'Contacts.Read': 'read all contacts',
        'Contacts.ReadWrite': 'read, change and delete all contacts',
        'Tasks.Read': 'read all tasks',
        'Tasks.ReadWrite': 'read, change and delete all tasks',
        'Files.Read': 'read all files',
        'Files.ReadWrite': 'read, change, share and delete all files',
        'Team.ReadBasic.All': 'see the names of teams',
        'Channel.ReadBasic.All': 'see the names of channels',
        'ChannelMessage.Read.All': 'read the messages of channels, with an administrator’s consent',
        'Chat.Read': 'read chats',
        'ChannelMessage.Send': 'write in channels',
        'ChatMessage.Send': 'write in chats',
      },
      scopePrefix: 'https://graph.microsoft.com/',
      scopeIncludes: {
        'Mail.ReadWrite': ['Mail.Read'],
        'Calendars.ReadWrite': ['Calendars.Read'],
        'Contacts.ReadWrite': ['Contacts.Read'],
        'Tasks.ReadWrite': ['Tasks.Read'],
        'Files.ReadWrite': ['Files.Read'],
      },
      refreshTokens: 'rotating',
      idleDays: 90,
      registration: {
        url: 'https://entra.microsoft.com/#view/Microsoft_AAD_RegisteredApps/ApplicationsListBlade',
        steps: [
          'App registrations, New registration: choose whose accounts may sign in, and add the redirect URI shown here, of the platform Web.',
          'API permissions, Microsoft Graph, Delegated permissions: add the scopes that you mean to use. Some need an administrator’s consent.',
          'Certificates & secrets, New client secret: copy its value, not its ID. The client ID is on the overview page.',
          'For device codes: Authentication, Allow public client flows.',
        ],
      },
      documentation:
        'https://learn.microsoft.com/en-us/entra/identity-platform/v2-oauth2-auth-code-flow',
    },
  },
  services: [...microsoftMailServices, ...microsoftWorkServices],
}
