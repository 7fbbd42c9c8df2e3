import { type GuardBinding, type GuardedWhen, has, inQuery, is, lacks } from '../guard-binding.ts'

/** Where Slack's messages have text: https://docs.slack.dev/reference/block-kit/blocks */
const slackText = [
  'text',
  'blocks[].text.text',
  'blocks[].fields[].text',
  'blocks[].elements[].text',
  'blocks[].elements[].elements[].text',
  'attachments[].text',
  'attachments[].pretext',
  'attachments[].blocks[].text.text',
]
/** Everybody in a channel is called by an element too; lists have a level more. Slack reads arguments from the query as well. */
const slack = {
  also: {
    text: ['', '.elements[]', '.elements[].elements[]'].map(
      (deeper): GuardedWhen => ({ body: [is(`blocks[].elements[]${deeper}.type`, 'broadcast')] }),
    ),
  },
  unseen: {
    what: 'messages',
    when: [
      ...inQuery('text', 'blocks', 'attachments'),
      // Lists as texts that hold JSON.
      ...['blocks', 'attachments'].map(
        (path): GuardedWhen => ({ body: [{ path, op: 'contains', value: ['{', '['] }] }),
      ),
    ],
  },
} as const satisfies Partial<GuardBinding>

/** By the hash that the server keeps it under, or in the address. */
const hiddenQuery: readonly GuardedWhen[] = [
  { body: [lacks('query')] },
  ...inQuery('query', 'extensions'),
]

/** Chats, calendars and what is left, by action template. */
export const otherBindings: Readonly<Record<string, GuardBinding>> = {
  'slack-send': { fields: { text: slackText }, ...slack },
  'slack-edit': { fields: { text: slackText }, ...slack, deletions: ['/api/chat.delete'] },
  'discord-send': {
    fields: { text: ['content', 'embeds[].description'] },
    // What files come with: JSON as a field of a form.
    unseen: { what: 'messages', when: [{ body: [has('payload_json')] }] },
  },
  'discord-edit': {
    fields: { text: ['content', 'embeds[].description'] },
    unseen: { what: 'messages', when: [{ body: [has('payload_json')] }] },
  },
  'teams-manage': {
    fields: { text: ['body.content'] },
    also: { text: [{ body: [has('mentions[].mentioned.conversation')] }] },
  },
  'telegram-send': {
    fields: { text: ['text'] },
    unseen: { what: 'messages', when: inQuery('text') },
  },
  'telegram-edit': {
    fields: { text: ['text'] },
    deletions: ['/bot*/deleteMessage'],
    unseen: { what: 'messages', when: inQuery('text') },
  },
  'twilio-send': { fields: { text: ['Body'] } },
  'zendesk-write': { fields: { text: ['ticket.comment.body', 'ticket.comment.html_body'] } },
  'intercom-reply': { fields: { text: ['body'] } },
  'calendar-manage': {
    fields: {
      attendees: ['attendees[].email'],
      attendeeLists: ['attendees'],
      eventStart: ['start.dateTime'],
      text: ['summary', 'description'],
    },
    // A sentence that the service makes an event of, with its guests and its time.
    unseen: { what: 'events', when: [{ paths: ['/calendar/v3/calendars/*/events/quickAdd'] }] },
  },
  'outlook-calendar-manage': {
    fields: {
      attendees: ['attendees[].emailAddress.address'],
      attendeeLists: ['attendees'],
      eventStart: ['start.dateTime'],
      text: ['subject', 'body.content'],
    },
  },
  'outlook-calendar-respond': {
    fields: { text: ['comment'] },
    deletions: ['/v1.0/me/events/*/cancel'],
  },
  'zoom-schedule': {
    fields: {
      attendees: ['settings.meeting_invitees[].email'],
      attendeeLists: ['settings.meeting_invitees'],
      eventStart: ['start_time'],
    },
  },
  'linear-graphql': { fields: { query: ['query'] }, also: { query: hiddenQuery } },
  'shopify-graphql': { fields: { query: ['query'] }, also: { query: hiddenQuery } },
}
