import { flag, must, object, oneOf, text, texts, whole } from './arguments.ts'
import type { TemplateSource } from './expand-template.ts'

const message = text('Id of the message', { maxLength: 100 })
const pageToken = text('nextPageToken of the page before; left out for the first page')
const raw = must(
  text(
    'The whole message as RFC 5322 writes it (From, To, Subject, an empty line, the text), encoded in base64url',
  ),
)

/** https://developers.google.com/workspace/gmail/api/reference/rest */
export const gmail: TemplateSource = {
  ...{ id: 'gmail', version: 1, service: 'google-gmail', title: 'Gmail' },
  description: 'Search and read mail, label it, and write drafts and messages.',
  origin: 'https://gmail.googleapis.com',
  tools: [
    {
      name: 'search_messages',
      title: 'Search messages',
      description:
        'Finds messages and answers their ids, newest first; read them one by one. The query is what Gmail’s search box takes, such as "from:ann is:unread newer_than:7d".',
      request: 'GET /gmail/v1/users/me/messages',
      query: {
        q: text('What to search for; all mail unless given', { maxLength: 2_000 }),
        maxResults: whole('How many to answer', [1, 500], 20),
        includeSpamTrash: flag('Look in spam and trash as well', false),
        pageToken,
      },
    },
    {
      name: 'get_message',
      title: 'Read a message',
      description: 'Reads one message. Text and attachments of the format "full" are in base64url.',
      request: 'GET /gmail/v1/users/me/messages/{message_id}',
      path: { message_id: message },
      query: {
        format: oneOf('How much of it', ['full', 'metadata', 'minimal'], 'full'),
        metadataHeaders: texts('Which headers, where the format is metadata', 20),
      },
    },
    {
      name: 'get_thread',
      title: 'Read a conversation',
      description: 'Reads a conversation with all its messages.',
      request: 'GET /gmail/v1/users/me/threads/{thread_id}',
      path: { thread_id: text('Id of the conversation', { maxLength: 100 }) },
      query: { format: oneOf('How much of each', ['full', 'metadata', 'minimal'], 'metadata') },
    },
    {
      name: 'list_labels',
      title: 'List labels',
      description: 'Lists the labels of the mailbox with their ids.',
      request: 'GET /gmail/v1/users/me/labels',
    },
    {
      name: 'label_message',
      title: 'Label a message',
      description:
        'Puts labels on a message and takes others off: UNREAD off marks it read, INBOX off archives it.',
      request: 'POST /gmail/v1/users/me/messages/{message_id}/modify',
      ...{ effect: 'changes', idempotent: true },
      path: { message_id: message },
      json: {
        addLabelIds: texts('Ids of labels to put on'),
        removeLabelIds: texts('Ids of labels to take off'),
      },
    },
    {
      name: 'create_draft',
      title: 'Write a draft',
      description: 'Keeps a message as a draft. Nothing is sent.',
      request: 'POST /gmail/v1/users/me/drafts',
      json: {
        message: must(
          object('The message', {
            raw,
            threadId: text('Id of the conversation that it answers'),
          }),
        ),
      },
    },
    {
      name: 'send_message',
      title: 'Send a message',
      description: 'Sends a message from this mailbox at once; it cannot be taken back.',
      request: 'POST /gmail/v1/users/me/messages/send',
      json: { raw, threadId: text('Id of the conversation that it answers') },
    },
    {
      name: 'trash_message',
      title: 'Move a message to the trash',
      description: 'Moves a message to the trash, from where it can be taken back for 30 days.',
      request: 'POST /gmail/v1/users/me/messages/{message_id}/trash',
      ...{ effect: 'removes', idempotent: true },
      path: { message_id: message },
    },
  ],
}
