import { must, text, whole } from './arguments.ts'
import type { TemplateSource } from './expand-template.ts'

const id = (what: string) =>
  text(`Id of the ${what}: a number of 17 to 20 digits`, { maxLength: 20 })
const channel = { channel_id: id('channel') }

/** https://docs.discord.com/developers/reference */
export const discord: TemplateSource = {
  ...{ id: 'discord', version: 1, service: 'discord', title: 'Discord' },
  description: 'Read channels and write messages as a bot.',
  origin: 'https://discord.com',
  tools: [
    {
      name: 'list_servers',
      title: 'List servers',
      description: 'Lists the servers that the bot is in.',
      request: 'GET /api/v10/users/@me/guilds',
      query: { limit: whole('How many to answer', [1, 200], 100) },
    },
    {
      name: 'list_channels',
      title: 'List channels',
      description: 'Lists the channels of a server.',
      request: 'GET /api/v10/guilds/{guild_id}/channels',
      path: { guild_id: id('server') },
    },
    {
      name: 'read_channel',
      title: 'Read a channel',
      description: 'Reads the messages of a channel, newest first.',
      request: 'GET /api/v10/channels/{channel_id}/messages',
      path: channel,
      query: {
        before: id('message before which to read'),
        after: id('message after which to read'),
        limit: whole('How many to answer', [1, 100], 50),
      },
    },
    {
      name: 'send_message',
      title: 'Send a message',
      description: 'Writes a message in a channel. Everybody in it sees it.',
      request: 'POST /api/v10/channels/{channel_id}/messages',
      path: channel,
      json: { content: must(text('The message, in Discord’s Markdown', { maxLength: 2000 })) },
    },
    {
      name: 'delete_message',
      title: 'Delete a message',
      description: 'Deletes a message.',
      request: 'DELETE /api/v10/channels/{channel_id}/messages/{message_id}',
      path: { ...channel, message_id: id('message') },
    },
  ],
}
