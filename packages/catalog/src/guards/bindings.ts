import type { GuardRole } from './guard-preset.ts'

/** Where an action's requests say what presets ask about. */
export interface GuardBinding {
  /** Paths into the body, by role. */
  readonly fields: Partial<Record<GuardRole, readonly string[]>>
  /** Requests that delete or withdraw by another method than DELETE. */
  readonly deletions?: readonly string[]
  /**
   * Places where leaving something out means everybody: the request is held for public where its path fits and the field
   * is absent.
   */
  readonly publicUnless?: readonly { readonly path: string; readonly field: string }[]
}

/** Where Slack's messages have text: https://docs.slack.dev/reference/block-kit/blocks */
const slackText = [
  'text',
  'blocks[].text.text',
  'blocks[].fields[].text',
  'blocks[].elements[].text',
  'blocks[].elements[].elements[].text',
  'attachments[].text',
  'attachments[].blocks[].text.text',
]

const each = (prefix: string, names: readonly string[], suffix: string) =>
  names.map((name) => `${prefix}${name}${suffix}`)

const mail = ['to', 'cc', 'bcc']
const mime = (raw: string): GuardBinding['fields'] => ({
  recipients: each(`${raw}.@mime.`, mail, '[]'),
  recipientLists: each(`${raw}.@mime.`, mail, ''),
  text: [`${raw}.@mime.subject`, `${raw}.@mime.text`],
  attachmentNames: [`${raw}.@mime.attachments[].filename`],
})

const graphRecipients = ['toRecipients', 'ccRecipients', 'bccRecipients']
const graphMessage = (prefix: string): GuardBinding['fields'] => ({
  recipients: each(prefix, graphRecipients, '[].emailAddress.address'),
  recipientLists: each(prefix, graphRecipients, ''),
  text: [`${prefix}subject`, `${prefix}body.content`],
  attachmentNames: [`${prefix}attachments[].name`],
})

function merge(...all: readonly GuardBinding['fields'][]): GuardBinding['fields'] {
  const merged: Partial<Record<GuardRole, readonly string[]>> = {}
  for (const fields of all) {
    for (const [role, paths] of Object.entries(fields) as [GuardRole, readonly string[]][]) {
      merged[role] = [...(merged[role] ?? []), ...paths]
    }
  }
  return merged
}

/** By action template. What is not here is guarded by what its entries say alone. */
export const guardBindings: Readonly<Record<string, GuardBinding>> = {
  'gmail-send': { fields: merge(mime('raw'), mime('message.raw')) },
  'gmail-draft': { fields: merge(mime('raw'), mime('message.raw')) },
  'gmail-organize': {
    fields: {},
    deletions: ['/gmail/v1/users/me/messages/*/trash', '/gmail/v1/users/me/threads/*/trash'],
  },
  'outlook-send': {
    fields: merge(graphMessage('message.'), graphMessage(''), { text: ['comment'] }),
  },
  'outlook-draft': { fields: merge(graphMessage(''), graphMessage('message.')) },
  'ses-send': {
    fields: {
      recipients: each('Destination.', ['ToAddresses', 'CcAddresses', 'BccAddresses'], '[]'),
      recipientLists: each('Destination.', ['ToAddresses', 'CcAddresses', 'BccAddresses'], ''),
      text: [
        'Content.Simple.Subject.Data',
        'Content.Simple.Body.Text.Data',
        'Content.Simple.Body.Html.Data',
      ],
    },
  },
  'sendgrid-send': {
    fields: {
      recipients: each('personalizations[].', mail, '[].email'),
      recipientLists: ['personalizations', ...each('personalizations[].', mail, '')],
      text: ['subject', 'personalizations[].subject', 'content[].value'],
      attachmentNames: ['attachments[].filename'],
    },
  },
  'mailgun-send': {
    fields: {
      recipients: mail,
      recipientLists: mail,
      text: ['subject', 'text', 'html'],
      attachmentNames: ['attachment[].filename', 'inline[].filename'],
    },
  },
  'slack-send': { fields: { text: slackText } },
  'slack-edit': {
    fields: { text: slackText },
    deletions: ['/api/chat.delete'],
  },
  'discord-send': { fields: { text: ['content', 'embeds[].description'] } },
  'discord-edit': { fields: { text: ['content', 'embeds[].description'] } },
  'teams-manage': { fields: { text: ['body.content'] } },
  'telegram-send': { fields: { text: ['text'] } },
  'telegram-edit': { fields: { text: ['text'] }, deletions: ['/bot*/deleteMessage'] },
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
  'drive-share': {
    fields: { audience: ['type'], shareWith: ['emailAddress'], shareRole: ['role'] },
  },
  'drive-create': { fields: { fileNames: ['name'] } },
  'drive-manage': { fields: { fileNames: ['name'] } },
  'onedrive-share': {
    fields: {
      audience: ['scope'],
      shareWith: ['recipients[].email'],
      shareRole: ['roles[]', 'type'],
    },
    publicUnless: [{ path: '/v1.0/me/drive/items/*/createLink', field: 'scope' }],
  },
  'onedrive-write': { fields: { fileNames: ['name'] } },
  'dropbox-share': {
    fields: {
      audience: [
        'settings.audience',
        'settings.audience[".tag"]',
        'settings.requested_visibility',
        'settings.requested_visibility[".tag"]',
      ],
    },
    publicUnless: [
      { path: '/2/sharing/create_shared_link_with_settings', field: 'settings.audience' },
    ],
  },
  'dropbox-delete': { fields: {}, deletions: ['/2/files/delete_v2'] },
  'box-write': { fields: { audience: ['shared_link.access'], fileNames: ['name'] } },
  'github-gists': { fields: { audience: ['public'] } },
  'sheets-write': {
    fields: {},
    deletions: ['/v4/spreadsheets/*/values/*:clear', '/v4/spreadsheets/*/values:batchClear'],
  },
  'linear-graphql': { fields: { query: ['query'] } },
  'shopify-graphql': { fields: { query: ['query'] } },
}
