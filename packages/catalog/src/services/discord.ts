import type { Vendor } from '../schema.ts'

const origin = 'https://discord.com'

/** https://docs.discord.com/developers. Its OAuth is left out: user tokens reach no channel’s messages, bots do. */
export const discord: Vendor = {
  provider: {
    id: 'discord',
    name: 'Discord',
    documentation: 'https://docs.discord.com/developers',
  },
  services: [
    {
      id: 'discord',
      name: 'Discord bot',
      provider: 'discord',
      category: 'chat',
      icon: 'discord',
      singleton: false,
      origins: [origin],
      credentials: [
        {
          kind: 'header',
          name: 'Authorization',
          prefix: 'Bot ',
          label: 'Bot token',
          hint: 'Open your application, then Bot → Reset Token; invite the bot to the server under OAuth2.',
          url: 'https://discord.com/developers/applications',
        },
      ],
      probe: { path: '/api/v10/users/@me' },
      documentation: 'https://docs.discord.com/developers/reference',
      actions: [
        {
          id: 'discord-read',
          label: 'Read channels',
          description: 'List servers and channels, and read messages.',
          allow: [
            {
              origin,
              methods: ['GET'],
              paths: [
                '/api/v10/users/@me',
                '/api/v10/users/@me/guilds',
                '/api/v10/guilds/*',
                '/api/v10/guilds/*/channels',
                '/api/v10/channels/*',
                '/api/v10/channels/*/messages',
                '/api/v10/channels/*/messages/*',
              ],
            },
          ],
          approval: 'never',
        },
        {
          id: 'discord-send',
          label: 'Write messages',
          description: 'Post messages in channels; an owner is asked each time.',
          allow: [{ origin, methods: ['POST'], paths: ['/api/v10/channels/*/messages'] }],
          approval: 'always',
        },
        {
          id: 'discord-edit',
          label: 'Change messages and react',
          description: 'Change or delete messages and react to them; an owner is asked each time.',
          allow: [
            { origin, methods: ['PATCH', 'DELETE'], paths: ['/api/v10/channels/*/messages/*'] },
            {
              origin,
              methods: ['PUT'],
              paths: ['/api/v10/channels/*/messages/*/reactions/*/@me'],
            },
          ],
          approval: 'writes',
        },
      ],
    },
  ],
}
