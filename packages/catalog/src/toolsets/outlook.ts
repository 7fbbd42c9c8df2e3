import { flag, must, object, objects, oneOf, sentAs, text, whole } from './arguments.ts'
import type { TemplateSource } from './expand-template.ts'

const message = { message_id: text('Id of the message', { maxLength: 500 }) }
const person = {
  emailAddress: must(
    object('The person', {
      address: must(text('The address', { format: 'email' })),
      name: text('The name'),
    }),
  ),
}
const subject = must(text('The subject', { maxLength: 255 }))
const body = must(
  object('The text', {
    contentType: must(oneOf('How it is written', ['Text', 'HTML'])),
    content: must(text('The text')),
  }),
)
const written = object('The message', {
  subject,
  body,
  toRecipients: must(objects('To whom', person)),
  ccRecipients: objects('Copies', person),
})

/** https://learn.microsoft.com/graph/api/resources/mail-api-overview */
export const outlook: TemplateSource = {
  ...{ id: 'outlook', version: 1, service: 'microsoft-outlook', title: 'Outlook' },
  description: 'Search and read mail, and write drafts and messages.',
  origin: 'https://graph.microsoft.com',
  tools: [
    {
      name: 'list_messages',
      title: 'List messages',
      description: 'Lists messages of the mailbox, newest first, or finds them by words.',
      request: 'GET /v1.0/me/messages',
      query: {
        search: sentAs('$search', text('Words in double quotes: "\\"budget 2026\\""')),
        filter: sentAs(
          '$filter',
          text('OData, such as "isRead eq false"; not together with search'),
        ),
        top: sentAs('$top', whole('How many to answer', [1, 100], 25)),
        skip: sentAs('$skip', whole('How many to skip', [0, 10_000])),
      },
      always: {
        query: { $select: 'id,subject,from,toRecipients,receivedDateTime,isRead,bodyPreview' },
      },
    },
    {
      name: 'get_message',
      title: 'Read a message',
      description: 'Reads one message with its text.',
      request: 'GET /v1.0/me/messages/{message_id}',
      path: message,
    },
    {
      name: 'list_folders',
      title: 'List folders',
      description: 'Lists the folders of the mailbox with how many messages are unread.',
      request: 'GET /v1.0/me/mailFolders',
      query: { top: sentAs('$top', whole('How many to answer', [1, 100], 50)) },
    },
    {
      name: 'create_draft',
      title: 'Write a draft',
      description: 'Keeps a message as a draft. Nothing is sent.',
      request: 'POST /v1.0/me/messages',
      json: { subject, body, toRecipients: objects('To whom', person) },
    },
    {
      name: 'send_mail',
      title: 'Send a message',
      description: 'Sends a message from this mailbox at once; it cannot be taken back.',
      request: 'POST /v1.0/me/sendMail',
      json: { message: must(written), saveToSentItems: flag('Keep a copy', true) },
    },
    {
      name: 'mark_message',
      title: 'Mark a message',
      description: 'Marks a message as read or unread.',
      request: 'PATCH /v1.0/me/messages/{message_id}',
      idempotent: true,
      path: message,
      json: { isRead: must(flag('Read or not')) },
    },
  ],
}
