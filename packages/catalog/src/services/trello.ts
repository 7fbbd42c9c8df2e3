import type { Vendor } from '../schema.ts'

const origin = 'https://api.trello.com'

/** https://developer.atlassian.com/cloud/trello. Its OAuth is version 1.0a, so key and token go into one header. */
export const trello: Vendor = {
  provider: {
    id: 'trello',
    name: 'Trello',
    documentation: 'https://developer.atlassian.com/cloud/trello/',
  },
  services: [
    {
      id: 'trello',
      name: 'Trello',
      provider: 'trello',
      category: 'projects',
      icon: 'trello',
      singleton: false,
      origins: [origin],
      credentials: [
        {
          kind: 'header',
          name: 'Authorization',
          prefix: 'OAuth ',
          label: 'API key and token',
          hint: 'Make a Power-Up, then an API key, and follow the Token link beside it; write both as oauth_consumer_key="KEY", oauth_token="TOKEN".',
          url: 'https://trello.com/power-ups/admin',
        },
      ],
      probe: { path: '/1/members/me' },
      documentation: 'https://developer.atlassian.com/cloud/trello/rest/',
      actions: [
        {
          id: 'trello-read',
          label: 'Read boards',
          description: 'Search, and read boards, lists and cards.',
          allow: [
            {
              origin,
              methods: ['GET'],
              paths: [
                '/1/members/me',
                '/1/members/me/boards',
                '/1/boards/*',
                '/1/boards/*/lists',
                '/1/boards/*/cards',
                '/1/lists/*/cards',
                '/1/cards/*',
                '/1/cards/*/actions',
                '/1/cards/*/checklists',
                '/1/search',
              ],
            },
          ],
          approval: 'never',
        },
        {
          id: 'trello-write',
          label: 'Write cards',
          description: 'Create, change and move cards; an owner is asked each time.',
          allow: [
            { origin, methods: ['POST'], paths: ['/1/cards'] },
            { origin, methods: ['PUT'], paths: ['/1/cards/*'] },
          ],
          approval: 'writes',
        },
        {
          id: 'trello-comment',
          label: 'Comment',
          description: 'Comment on cards; an owner is asked each time.',
          allow: [{ origin, methods: ['POST'], paths: ['/1/cards/*/actions/comments'] }],
          approval: 'always',
        },
      ],
    },
  ],
}
