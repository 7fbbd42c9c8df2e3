import type { Vendor } from '../schema.ts'

const origin = 'https://gitlab.com'
const api = '/api/v4'
/** A project: by its number, or by its path with %2F for each slash, up to two groups deep. */
const projects = ['*', '*%2F*', '*%2F*%2F*'].map((name) => `${api}/projects/${name}`)
const ofProjects = (...paths: string[]) =>
  projects.flatMap((project) => paths.map((path) => `${project}${path}`))

/** https://docs.gitlab.com/api/oauth2/ */
export const gitlab: Vendor = {
  provider: {
    id: 'gitlab',
    name: 'GitLab',
    documentation: 'https://docs.gitlab.com/api/rest/',
    oauth: {
      issuer: 'https://gitlab.com',
      authorizationEndpoint: 'https://gitlab.com/oauth/authorize',
      tokenEndpoint: 'https://gitlab.com/oauth/token',
      revocationEndpoint: 'https://gitlab.com/oauth/revoke',
      deviceAuthorizationEndpoint: 'https://gitlab.com/oauth/authorize_device',
      clientAuthentication: 'client_secret_post',
      baseScopes: ['openid'],
      scopes: {
        openid: 'know which account it is',
        read_api: 'read everything that the account can read',
        api: 'read and change everything that the account can',
      },
      refreshTokens: 'rotating',
      registration: {
        url: 'https://gitlab.com/-/user_settings/applications',
        steps: [
          'Add new application: give the redirect URI shown here and keep Confidential ticked.',
          'Tick openid and the scopes that you mean to use: read_api to read, api to change.',
          'Copy the application ID and the secret.',
        ],
      },
      documentation: 'https://docs.gitlab.com/api/oauth2/',
    },
  },
  services: [
    {
      id: 'gitlab',
      name: 'GitLab',
      provider: 'gitlab',
      category: 'development',
      icon: 'gitlab',
      singleton: false,
      origins: [origin],
      responseHeaders: ['x-next-page', 'x-total', 'x-total-pages'],
      allowEncodedSlash: true,
      credentials: [
        { kind: 'oauth2' },
        {
          kind: 'bearer',
          label: 'Access token',
          hint: 'Preferences, Access tokens; or one of a project or a group. read_api is enough to read.',
          url: 'https://gitlab.com/-/user_settings/personal_access_tokens',
        },
      ],
      probe: { path: `${api}/user` },
      documentation: 'https://docs.gitlab.com/api/rest/',
      actions: [
        {
          id: 'gitlab-read',
          label: 'Read projects',
          description: 'Search, and read code, history, issues, merge requests and pipelines.',
          allow: [
            {
              origin,
              methods: ['GET'],
              paths: [
                `${api}/user`,
                `${api}/projects`,
                `${api}/groups`,
                `${api}/groups/*`,
                `${api}/groups/*/projects`,
                `${api}/issues`,
                `${api}/merge_requests`,
                `${api}/search`,
                ...ofProjects(
                  '',
                  '/repository/**',
                  '/issues',
                  '/issues/**',
                  '/merge_requests',
                  '/merge_requests/**',
                  '/pipelines',
                  '/pipelines/**',
                  '/jobs/*',
                  '/jobs/*/trace',
                  '/search',
                ),
              ],
            },
          ],
          approval: 'never',
          scopes: ['read_api'],
        },
        {
          id: 'gitlab-issues',
          label: 'Write issues',
          description: 'Open and change issues and comment on them; an owner is asked each time.',
          allow: [
            {
              origin,
              methods: ['POST'],
              paths: ofProjects('/issues', '/issues/*/notes', '/issues/*/discussions'),
            },
            { origin, methods: ['PUT'], paths: ofProjects('/issues/*', '/issues/*/notes/*') },
          ],
          approval: 'writes',
          scopes: ['api'],
        },
        {
          id: 'gitlab-merge-requests',
          label: 'Write merge requests',
          description:
            'Open, change and comment on merge requests, without merging them; an owner is asked each time.',
          allow: [
            {
              origin,
              methods: ['POST'],
              paths: ofProjects(
                '/merge_requests',
                '/merge_requests/*/notes',
                '/merge_requests/*/discussions',
              ),
            },
            { origin, methods: ['PUT'], paths: ofProjects('/merge_requests/*') },
          ],
          approval: 'writes',
          scopes: ['api'],
        },
        {
          id: 'gitlab-merge',
          label: 'Merge',
          description: 'Merge merge requests; an owner is asked each time.',
          allow: [{ origin, methods: ['PUT'], paths: ofProjects('/merge_requests/*/merge') }],
          approval: 'always',
          scopes: ['api'],
        },
        {
          id: 'gitlab-code',
          label: 'Write code',
          description: 'Make branches and commits; an owner is asked each time.',
          allow: [
            {
              origin,
              methods: ['POST'],
              paths: ofProjects('/repository/branches', '/repository/commits'),
            },
          ],
          approval: 'writes',
          scopes: ['api'],
        },
      ],
    },
  ],
}
