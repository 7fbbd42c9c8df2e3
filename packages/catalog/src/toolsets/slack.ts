import { flag, must, sentAs, text, whole } from './arguments.ts'
import type { TemplateSource } from './expand-template.ts'

const channel = must(text('Id of the channel, such as C024BE91L', { maxLength: 30 }))
const cursor = text('next_cursor of the page before; left out for the first page')
const moment = (what: string) => text(`${what}: a message’s ts, or seconds since 1970`)

/** https://docs.slack.dev/reference/methods */
export const slack: TemplateSource = {
  ...{ id: 'slack', version: 1, service: 'slack', title: 'Slack' },
  description: 'Read channels and threads, find people, and post messages.',
  origin: 'https://slack.com',
  tools: [
    {
      name: 'list_channels',
      title: 'List channels',
      description:
        'Lists the channels of the workspace with their ids. Private ones are among them only where the app was invited.',
      request: 'GET /api/conversations.list',
      query: {
        types: text('Which kinds, with commas between them', {
          ...{ default: 'public_channel', examples: ['public_channel,private_channel'] },
        }),
        exclude_archived: flag('Leave out archived ones', true),
        limit: whole('How many to answer', [1, 999], 100),
        cursor,
      },
    },
    {
      name: 'read_channel',
      title: 'Read a channel',
      description: 'Reads the messages of a channel, newest first, without the replies in threads.',
      request: 'GET /api/conversations.history',
      query: {
        channel,
        oldest: moment('Only later than this'),
        latest: moment('Only earlier than this'),
        limit: whole('How many to answer', [1, 999], 50),
        cursor,
      },
    },
    {
      name: 'read_thread',
      title: 'Read a thread',
      description: 'Reads a message and the replies to it.',
      request: 'GET /api/conversations.replies',
      query: {
        channel,
        thread: must(sentAs('ts', text('The ts of the message that began the thread'))),
        limit: whole('How many to answer', [1, 999], 50),
        cursor,
      },
    },
    {
      name: 'list_people',
      title: 'List people',
      description: 'Lists the people of the workspace with their ids and names.',
      request: 'GET /api/users.list',
      query: { limit: whole('How many to answer', [1, 999], 100), cursor },
    },
    {
      name: 'get_person',
      title: 'Look up a person',
      description: 'Reads one person’s name, time zone and status by their id.',
      request: 'GET /api/users.info',
      query: { user: must(text('Id of the person, such as U012AB3CD')) },
    },
    {
      name: 'post_message',
      title: 'Post a message',
      description: 'Posts a message in a channel or a thread. Everybody in the channel sees it.',
      request: 'POST /api/chat.postMessage',
      json: {
        channel,
        text: must(text('The message, in Slack’s mrkdwn', { maxLength: 40_000 })),
        thread_ts: text('The ts of the message to reply to in its thread'),
        unfurl_links: flag('Show previews of links'),
      },
    },
    {
      name: 'add_reaction',
      title: 'Add a reaction',
      description: 'Adds an emoji to a message.',
      request: 'POST /api/reactions.add',
      json: {
        channel,
        timestamp: must(text('The ts of the message')),
        name: must(text('The emoji’s name without colons', { examples: ['thumbsup'] })),
      },
    },
    {
      name: 'delete_message',
      title: 'Delete a message',
      description: 'Deletes a message that the app posted.',
      request: 'POST /api/chat.delete',
      ...{ effect: 'removes', idempotent: true },
      json: { channel, ts: must(text('The ts of the message')) },
    },
  ],
}
