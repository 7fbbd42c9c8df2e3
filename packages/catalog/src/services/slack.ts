import type { Vendor } from '../schema.ts'

const origin = 'https://slack.com'

/**
 * https://docs.slack.dev
 *
 * No OAuth here: oauth.v2.access departs from RFC 6749. Its token_type is `bot` or `user`, granted scopes are separated by
 * commas, and refusals come with status 200 and `ok: false`, invalid codes and refresh tokens among them.
 */
export const slack: Vendor = {
  provider: { id: 'slack', name: 'Slack', documentation: 'https://docs.slack.dev' },
  services: [
    {
      id: 'slack',
      name: 'Slack',
      provider: 'slack',
      category: 'chat',
      icon: 'slack',
      singleton: false,
      origins: [origin],
      credentials: [
        {
          kind: 'bearer',
          label: 'Bot token (xoxb-…)',
          hint: 'Make an app, give it the bot scopes channels:read, channels:history, users:read and chat:write under OAuth & Permissions, and install it.',
          url: 'https://api.slack.com/apps',
        },
      ],
      // Answers 200 to a token that is no good too, with "ok": false.
      probe: { path: '/api/auth.test' },
      documentation: 'https://docs.slack.dev/reference/methods',
      actions: [
        {
          id: 'slack-read',
          label: 'Read channels',
          description: 'List channels and people, and read messages.',
          allow: [
            {
              origin,
              methods: ['GET'],
              paths: [
                '/api/auth.test',
                '/api/conversations.list',
                '/api/conversations.info',
                '/api/conversations.history',
                '/api/conversations.replies',
                '/api/users.list',
                '/api/users.info',
              ],
            },
          ],
          approval: 'never',
        },
        {
          id: 'slack-send',
          label: 'Write messages',
          description: 'Post messages in channels; an owner is asked each time.',
          allow: [{ origin, methods: ['POST'], paths: ['/api/chat.postMessage'] }],
          approval: 'always',
        },
        {
          id: 'slack-edit',
          label: 'Change messages and reactions',
          description: 'Change or delete its own messages, and react; an owner is asked each time.',
          allow: [
            {
              origin,
              methods: ['POST'],
              paths: ['/api/chat.update', '/api/chat.delete', '/api/reactions.add'],
            },
          ],
          approval: 'writes',
        },
      ],
    },
  ],
}
