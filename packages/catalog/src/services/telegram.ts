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
          hint: 'BotFather gives it when you make a bot.',
          url: 'https://core.telegram.org/bots/features#botfather',
        },
      ],
      documentation: 'https://core.telegram.org/bots/api',
      actions: [
        {
          id: 'telegram-read',
          label: 'Read updates',
          description: 'Read the bot’s own profile and what people write to it.',
          allow: [{ origin, methods: ['GET'], paths: ['/bot*/getMe', '/bot*/getUpdates'] }],
          approval: 'never',
        },
        {
          id: 'telegram-send',
          label: 'Write messages',
          description: 'Send messages as the bot; an owner is asked each time.',
          allow: [{ origin, methods: ['POST'], paths: ['/bot*/sendMessage'] }],
          approval: 'always',
        },
      ],
    },
  ],
}
