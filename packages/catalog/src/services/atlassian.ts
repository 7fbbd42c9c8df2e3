import type { z } from 'zod'
import type { CredentialSlot, Vendor } from '../schema.ts'

const origin = 'https://api.atlassian.com'
/** The site’s cloud id stands after it. */
const jira = '/ex/jira/*/rest/api/3'
const wiki = '/ex/confluence/*/wiki'
const resources = '/oauth/token/accessible-resources'

const credentials: z.input<typeof CredentialSlot>[] = [
  { kind: 'oauth2' },
  {
    kind: 'basic',
    usernameLabel: 'E-mail address of the account',
    label: 'API token with scopes',
    hint: 'Create API token with scopes, for Jira or for Confluence. Tokens without scopes do not work here.',
    url: 'https://id.atlassian.com/manage-profile/security/api-tokens',
  },
]

/** https://developer.atlassian.com/cloud/jira/platform/oauth-2-3lo-apps/ */
export const atlassian: Vendor = {
  provider: {
    id: 'atlassian',
    name: 'Atlassian',
    documentation: 'https://developer.atlassian.com/cloud/',
    oauth: {
      authorizationEndpoint: 'https://auth.atlassian.com/authorize',
      tokenEndpoint: 'https://auth.atlassian.com/oauth/token',
      clientAuthentication: 'client_secret_post',
      authorizationParameters: { audience: 'api.atlassian.com', prompt: 'consent' },
      baseScopes: ['offline_access'],
      scopes: {
        offline_access: 'stay connected until it is revoked',
        'read:jira-user': 'see the people of Jira',
        'read:jira-work': 'read projects, issues and comments',
        'write:jira-work': 'make and change issues and comments',
        'search:confluence': 'search Confluence',
        'read:space:confluence': 'see spaces',
        'read:page:confluence': 'read pages',
        'write:page:confluence': 'make and change pages',
        'write:comment:confluence': 'comment on pages',
      },
      refreshTokens: 'rotating',
      // And a year after the account was connected, used or not.
      idleDays: 90,
      registration: {
        url: 'https://developer.atlassian.com/console/myapps/',
        steps: [
          'Create, OAuth 2.0 integration.',
          'Authorization: give the redirect URI shown here as the callback URL.',
          'Permissions: add the Jira API or the Confluence API with the scopes that you mean to use.',
          'Settings: copy the client ID and the secret.',
        ],
      },
      documentation: 'https://developer.atlassian.com/cloud/jira/platform/oauth-2-3lo-apps/',
    },
  },
  services: [
    {
      id: 'jira',
      name: 'Jira',
      provider: 'atlassian',
      category: 'projects',
      icon: 'jira',
      singleton: false,
      origins: [origin],
      credentials,
      documentation: 'https://developer.atlassian.com/cloud/jira/platform/rest/v3/intro/',
      actions: [
        {
          id: 'jira-read',
          label: 'Read issues',
          description: 'Search and read issues, their comments and history, projects and people.',
          allow: [
            {
              origin,
              methods: ['GET'],
              paths: [
                resources,
                `${jira}/myself`,
                `${jira}/search/jql`,
                `${jira}/issue/*`,
                `${jira}/issue/*/comment`,
                `${jira}/issue/*/changelog`,
                `${jira}/issue/*/transitions`,
                `${jira}/issue/*/worklog`,
                `${jira}/project/search`,
                `${jira}/project/*`,
                `${jira}/project/*/statuses`,
                `${jira}/field`,
                `${jira}/user/search`,
              ],
            },
            { origin, methods: ['POST'], paths: [`${jira}/search/jql`] },
          ],
          approval: 'never',
          scopes: ['read:jira-work', 'read:jira-user'],
        },
        {
          id: 'jira-write',
          label: 'Write issues',
          description:
            'Open and change issues, and move them through their workflow; an owner is asked each time.',
          allow: [
            {
              origin,
              methods: ['POST'],
              paths: [`${jira}/issue`, `${jira}/issue/*/transitions`, `${jira}/issueLink`],
            },
            {
              origin,
              methods: ['PUT'],
              paths: [`${jira}/issue/*`, `${jira}/issue/*/assignee`],
            },
          ],
          approval: 'writes',
          scopes: ['write:jira-work'],
        },
        {
          id: 'jira-comment',
          label: 'Comment on issues',
          description: 'Comment on issues and log work; an owner is asked each time.',
          allow: [
            {
              origin,
              methods: ['POST'],
              paths: [`${jira}/issue/*/comment`, `${jira}/issue/*/worklog`],
            },
            { origin, methods: ['PUT'], paths: [`${jira}/issue/*/comment/*`] },
          ],
          approval: 'writes',
          scopes: ['write:jira-work'],
        },
        {
          id: 'jira-delete',
          label: 'Delete issues',
          description: 'Delete issues and comments for good; an owner is asked each time.',
          allow: [
            {
              origin,
              methods: ['DELETE'],
              paths: [`${jira}/issue/*`, `${jira}/issue/*/comment/*`],
            },
          ],
          approval: 'always',
          scopes: ['write:jira-work'],
        },
      ],
    },
    {
      id: 'confluence',
      name: 'Confluence',
      provider: 'atlassian',
      category: 'files-and-documents',
      icon: 'confluence',
      singleton: false,
      origins: [origin],
      credentials,
      documentation: 'https://developer.atlassian.com/cloud/confluence/rest/v2/intro/',
      actions: [
        {
          id: 'confluence-read',
          label: 'Read pages',
          description: 'Search, and read spaces and pages.',
          allow: [
            {
              origin,
              methods: ['GET'],
              paths: [
                `${wiki}/rest/api/search`,
                `${wiki}/api/v2/spaces`,
                `${wiki}/api/v2/spaces/*`,
                `${wiki}/api/v2/spaces/*/pages`,
                `${wiki}/api/v2/pages`,
                `${wiki}/api/v2/pages/*`,
                `${wiki}/api/v2/pages/*/children`,
              ],
            },
          ],
          approval: 'never',
          scopes: ['search:confluence', 'read:space:confluence', 'read:page:confluence'],
        },
        {
          id: 'confluence-write',
          label: 'Write pages',
          description: 'Make and change pages; an owner is asked each time.',
          allow: [
            { origin, methods: ['POST'], paths: [`${wiki}/api/v2/pages`] },
            { origin, methods: ['PUT'], paths: [`${wiki}/api/v2/pages/*`] },
          ],
          approval: 'writes',
          scopes: ['write:page:confluence'],
        },
        {
          id: 'confluence-comment',
          label: 'Comment on pages',
          description: 'Comment on pages; an owner is asked each time.',
          allow: [
            {
              origin,
              methods: ['POST'],
              paths: [`${wiki}/api/v2/footer-comments`, `${wiki}/api/v2/inline-comments`],
            },
          ],
          approval: 'writes',
          scopes: ['write:comment:confluence'],
        },
      ],
    },
  ],
}
