import type { Vendor } from '../schema.ts'

const origin = 'https://api.telegram.org'

/** https://core.telegram.org/bots */
export const telegram: Vendor = {
  provider: { id: 'telegram', name: 'Telegram', documentation: 'https://core.telegram.org/bots' },
  services: [
    {
      id: 'telegram',
      name: 'Telegram bot',
      provider: 'telegram',
      category: 'chat',
      icon: 'telegram',
      singleton: true,
      origins: [origin],
      credentials: [
        {
          kind: 'path',
          placeholder: 'token',
          label: 'Bot token',
          hint: 'Write /newbot to @BotFather; it answers with the token. In URLs it is written /bot{token}/.',
          url: 'https://core.telegram.org/bots/features#botfather',
        },
      ],
      probe: { path: '/bot{token}/getMe' },
      documentation: 'https://core.telegram.org/bots/api',
      actions: [
        {
          id: 'telegram-read',
          label: 'Read updates',
          description: 'Read the bot’s own profile and what people write to it.',
          allow: [
            {
              origin,
              methods: ['GET'],
              paths: ['/bot*/getMe', '/bot*/getUpdates', '/bot*/getChat'],
            },
          ],
          approval: 'never',
        },
        {
          id: 'telegram-send',
          label: 'Write messages',
          description: 'Send messages as the bot; an owner is asked each time.',
          allow: [{ origin, methods: ['POST'], paths: ['/bot*/sendMessage'] }],
          approval: 'always',
        },
        {
          id: 'telegram-edit',
          label: 'Change messages',
          description: 'Change or delete messages in its chats; an owner is asked each time.',
          allow: [
            { origin, methods: ['POST'], paths: ['/bot*/editMessageText', '/bot*/deleteMessage'] },
          ],
          approval: 'writes',
        },
      ],
    },
  ],
}
