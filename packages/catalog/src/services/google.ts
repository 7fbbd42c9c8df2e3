import type { Vendor } from '../schema.ts'
import { googleFileServices } from './google-files.ts'
import { googleMailServices } from './google-mail.ts'
import { googleOtherServices } from './google-other.ts'

/** What the names of Google's scopes begin with: https://developers.google.com/identity/protocols/oauth2/scopes */
const scope = 'https://www.googleapis.com/auth'

/** https://developers.google.com/identity/protocols/oauth2/web-server */
export const google: Vendor = {
  provider: {
    id: 'google',
    name: 'Google',
    documentation: 'https://developers.google.com/workspace',
    // Google offers device codes too, but for few scopes and none of those below.
    oauth: {
      issuer: 'https://accounts.google.com',
      authorizationEndpoint: 'https://accounts.google.com/o/oauth2/v2/auth',
      tokenEndpoint: 'https://oauth2.googleapis.com/token',
      revocationEndpoint: 'https://oauth2.googleapis.com/revoke',
      clientAuthentication: 'client_secret_post',
      authorizationParameters: {
        access_type: 'offline',
        // A refresh token comes only with a consent.
        prompt: 'consent',
        include_granted_scopes: 'true',
      },
      // What Google calls `email` once it is granted.
      baseScopes: ['openid', `${scope}/userinfo.email`],
      scopes: {
        openid: 'know which account it is',
        [`${scope}/userinfo.email`]: 'see the account’s address',
        [`${scope}/gmail.readonly`]: 'read all mail and settings',
        [`${scope}/gmail.compose`]: 'write drafts and send mail',
        [`${scope}/gmail.modify`]: 'read, write, send, label and trash mail',
        [`${scope}/calendar.readonly`]: 'read all calendars',
        [`${scope}/calendar.events`]: 'read and change the events of all calendars',
        [`${scope}/contacts.readonly`]: 'read all contacts',
        [`${scope}/contacts`]: 'read, change and delete all contacts',
        [`${scope}/tasks.readonly`]: 'read all tasks',
        [`${scope}/tasks`]: 'read, change and delete all tasks',
        [`${scope}/drive.readonly`]: 'read all files',
        [`${scope}/drive.file`]: 'make files, and read and change those that it made',
        [`${scope}/drive`]: 'read, change, share and delete all files',
        [`${scope}/documents.readonly`]: 'read all documents',
        [`${scope}/documents`]: 'read, make and change all documents',
        [`${scope}/spreadsheets.readonly`]: 'read all spreadsheets',
        [`${scope}/spreadsheets`]: 'read, make and change all spreadsheets',
        [`${scope}/youtube.readonly`]: 'see the YouTube account',
      },
      scopeIncludes: {
        [`${scope}/gmail.modify`]: [`${scope}/gmail.readonly`, `${scope}/gmail.compose`],
        [`${scope}/contacts`]: [`${scope}/contacts.readonly`],
        [`${scope}/tasks`]: [`${scope}/tasks.readonly`],
        [`${scope}/drive`]: [`${scope}/drive.readonly`, `${scope}/drive.file`],
        [`${scope}/documents`]: [`${scope}/documents.readonly`],
        [`${scope}/spreadsheets`]: [`${scope}/spreadsheets.readonly`],
      },
      refreshTokens: 'lasting',
      revokesWholeAccount: true,
      // Six months. Of an app whose audience is “External, Testing”: seven days, used or not.
      idleDays: 180,
      registration: {
        url: 'https://console.cloud.google.com/auth/clients',
        steps: [
          'Choose a project, and turn on the APIs that you mean to use: APIs & Services, Library.',
          'Fill in Branding and Audience. While the app is in Testing, only its test users can connect, for seven days each time.',
          'Clients, Create client, Web application: add the redirect URI shown here.',
          'Copy the client ID and the client secret.',
        ],
      },
      documentation: 'https://developers.google.com/identity/protocols/oauth2/web-server',
    },
  },
  services: [...googleMailServices, ...googleFileServices, ...googleOtherServices],
}
