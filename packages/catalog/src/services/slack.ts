import type { Vendor } from '../schema.ts'

const origin = 'https://slack.com'

/** https://docs.slack.dev */
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
          label: 'Bot token',
          hint: 'Your app → OAuth & Permissions; it begins with xoxb-.',
          url: 'https://api.slack.com/apps',
        },
      ],
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
      ],
    },
  ],
}
