import type { Vendor } from '../schema.ts'

const origin = 'https://api.github.com'
const repo = '/repos/*/*'

/** https://docs.github.com/en/apps/oauth-apps/building-oauth-apps/authorizing-oauth-apps */
export const github: Vendor = {
  provider: {
    id: 'github',
    name: 'GitHub',
    documentation: 'https://docs.github.com/en/rest',
    oauth: {
      authorizationEndpoint: 'https://github.com/login/oauth/authorize',
      tokenEndpoint: 'https://github.com/login/oauth/access_token',
      deviceAuthorizationEndpoint: 'https://github.com/login/device/code',
      clientAuthentication: 'client_secret_post',
      scopes: {
        // OAuth apps have no scope that only reads private repositories.
        repo: 'read and change all repositories, public and private',
        'read:user': 'read the account’s profile',
        workflow: 'change the workflow files of GitHub Actions',
        gist: 'make and change gists',
        notifications: 'read notifications and mark them as read',
      },
      refreshTokens: 'none',
      registration: {
        url: 'https://github.com/settings/developers',
        steps: [
          'OAuth apps, New OAuth app: give the redirect URI shown here as the authorization callback URL.',
          'Copy the client ID, and generate a client secret.',
          'For device codes: turn on Enable Device Flow.',
        ],
      },
      documentation:
        'https://docs.github.com/en/apps/oauth-apps/building-oauth-apps/authorizing-oauth-apps',
    },
  },
  services: [
    {
      id: 'github',
      name: 'GitHub',
      provider: 'github',
      category: 'development',
      icon: 'github',
      singleton: false,
      origins: [origin],
      requestHeaders: ['x-github-api-version'],
      credentials: [
        {
          kind: 'bearer',
          label: 'Personal access token',
          hint: 'Settings, Developer settings, Personal access tokens. A fine-grained one can be limited to repositories and to reading.',
          url: 'https://github.com/settings/personal-access-tokens',
        },
        { kind: 'oauth2' },
      ],
      probe: { path: '/user' },
      documentation: 'https://docs.github.com/en/rest',
      actions: [
        {
          id: 'github-read',
          label: 'Read repositories',
          description: 'Search, and read code, history, issues, pull requests, releases and runs.',
          allow: [
            {
              origin,
              methods: ['GET'],
              paths: [
                '/user',
                '/user/repos',
                '/user/orgs',
                '/orgs/*/repos',
                '/users/*/repos',
                '/search/*',
                repo,
                `${repo}/readme`,
                `${repo}/contents/**`,
                `${repo}/branches`,
                `${repo}/branches/**`,
                `${repo}/commits`,
                `${repo}/commits/**`,
                `${repo}/compare/**`,
                `${repo}/git/**`,
                `${repo}/tags`,
                `${repo}/labels`,
                `${repo}/milestones`,
                `${repo}/issues`,
                `${repo}/issues/**`,
                `${repo}/pulls`,
                `${repo}/pulls/**`,
                `${repo}/releases`,
                `${repo}/releases/**`,
                `${repo}/actions/workflows`,
                `${repo}/actions/runs`,
                `${repo}/actions/runs/**`,
              ],
            },
          ],
          approval: 'never',
          scopes: ['repo', 'read:user'],
        },
        {
          id: 'github-issues',
          label: 'Write issues',
          description: 'Open and change issues and comment on them; an owner is asked each time.',
          allow: [
            {
              origin,
              methods: ['POST', 'PATCH'],
              paths: [
                `${repo}/issues`,
                `${repo}/issues/*`,
                `${repo}/issues/*/comments`,
                `${repo}/issues/comments/*`,
                `${repo}/issues/*/labels`,
              ],
            },
          ],
          approval: 'writes',
          scopes: ['repo'],
        },
        {
          id: 'github-pulls',
          label: 'Write pull requests',
          description:
            'Open, change, review and comment on pull requests, without merging them; an owner is asked each time.',
          allow: [
            {
              origin,
              methods: ['POST'],
              paths: [
                `${repo}/pulls`,
                `${repo}/pulls/*/comments`,
                `${repo}/pulls/*/comments/*/replies`,
                `${repo}/pulls/*/reviews`,
                `${repo}/pulls/*/requested_reviewers`,
              ],
            },
            { origin, methods: ['PATCH'], paths: [`${repo}/pulls/*`] },
          ],
          approval: 'writes',
          scopes: ['repo'],
        },
        {
          id: 'github-merge',
          label: 'Merge pull requests',
          description: 'Merge pull requests; an owner is asked each time.',
          allow: [{ origin, methods: ['PUT'], paths: [`${repo}/pulls/*/merge`] }],
          approval: 'always',
          scopes: ['repo'],
        },
        {
          id: 'github-code',
          label: 'Write code',
          description:
            'Make branches and commits, and change and delete files; an owner is asked each time.',
          allow: [
            { origin, methods: ['PUT', 'DELETE'], paths: [`${repo}/contents/**`] },
            {
              origin,
              methods: ['POST'],
              paths: [
                `${repo}/git/blobs`,
                `${repo}/git/trees`,
                `${repo}/git/commits`,
                `${repo}/git/refs`,
              ],
            },
            { origin, methods: ['PATCH'], paths: [`${repo}/git/refs/**`] },
          ],
          approval: 'writes',
          scopes: ['repo', 'workflow'],
        },
        {
          id: 'github-notifications',
          label: 'Read notifications',
          description: 'Read notifications.',
          allow: [
            { origin, methods: ['GET'], paths: ['/notifications', '/notifications/threads/*'] },
          ],
          approval: 'never',
          scopes: ['notifications'],
        },
        {
          id: 'github-gists',
          label: 'Write gists',
          description: 'Make and change gists; an owner is asked each time.',
          allow: [
            { origin, methods: ['POST'], paths: ['/gists'] },
            { origin, methods: ['PATCH'], paths: ['/gists/*'] },
          ],
          approval: 'writes',
          scopes: ['gist'],
        },
      ],
    },
  ],
}
