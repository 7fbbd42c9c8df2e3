import type { z } from 'zod'
import type { Service } from '../schema.ts'

const slack = 'https://slack.com'
const telegram = 'https://api.telegram.org'
const notion = 'https://api.notion.com'

/** Where people talk and write things down. */
export const messagingServices: z.input<typeof Service>[] = [
  {
    id: 'slack',
    name: 'Slack',
    provider: 'slack',
    icon: 'slack',
    singleton: false,
    origins: [slack],
    documentation: 'https://docs.slack.dev/reference/methods',
    actions: [
      {
        id: 'slack-read',
        label: 'Read channels',
        description: 'List channels and people, and read messages.',
        allow: [
          {
            origin: slack,
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
        scopes: ['channels:read', 'channels:history', 'users:read'],
      },
      {
        id: 'slack-send',
        label: 'Write messages',
        description: 'Post messages in channels; an owner is asked each time.',
        allow: [{ origin: slack, methods: ['POST'], paths: ['/api/chat.postMessage'] }],
        approval: 'always',
        scopes: ['chat:write'],
      },
    ],
  },
  {
    id: 'telegram',
    name: 'Telegram bot',
    provider: 'telegram',
    icon: 'telegram',
    singleton: true,
    origins: [telegram],
    documentation: 'https://core.telegram.org/bots/api',
    actions: [
      {
        id: 'telegram-read',
        label: 'Read updates',
        description: 'Read the bot’s own profile and what people write to it.',
        allow: [{ origin: telegram, methods: ['GET'], paths: ['/bot*/getMe', '/bot*/getUpdates'] }],
        approval: 'never',
      },
      {
        id: 'telegram-send',
        label: 'Write messages',
        description: 'Send messages as the bot; an owner is asked each time.',
        allow: [{ origin: telegram, methods: ['POST'], paths: ['/bot*/sendMessage'] }],
        approval: 'always',
      },
    ],
  },
  {
    id: 'notion',
    name: 'Notion',
    provider: 'notion',
    icon: 'notion',
    singleton: false,
    origins: [notion],
    documentation: 'https://developers.notion.com/reference/intro',
    actions: [
      {
        id: 'notion-read',
        label: 'Read pages',
        description: 'Search, and read pages, databases and blocks.',
        allow: [
          {
            origin: notion,
            methods: ['GET'],
            paths: ['/v1/pages/*', '/v1/databases/*', '/v1/blocks/*', '/v1/blocks/*/children'],
          },
          { origin: notion, methods: ['POST'], paths: ['/v1/search', '/v1/databases/*/query'] },
        ],
        approval: 'never',
      },
      {
        id: 'notion-write',
        label: 'Write pages',
        description: 'Create and change pages and blocks; an owner is asked each time.',
        allow: [
          { origin: notion, methods: ['POST'], paths: ['/v1/pages'] },
          {
            origin: notion,
            methods: ['PATCH'],
            paths: ['/v1/pages/*', '/v1/blocks/*', '/v1/blocks/*/children'],
          },
        ],
        approval: 'writes',
      },
    ],
  },
]
