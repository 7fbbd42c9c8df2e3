import type { BodyCondition, QueryCondition } from '@sallyport/contracts'
import type { GuardRole } from './guard-preset.ts'

/** Writing requests that fit all of it. */
export interface GuardedWhen {
  /** Of the action's; without: all of them. */
  readonly paths?: readonly string[]
  readonly body?: readonly BodyCondition[]
  readonly query?: readonly QueryCondition[]
}

/** Where an action's requests say what presets ask about. */
export interface GuardBinding {
  /** Paths into the body, by role. */
  readonly fields: Partial<Record<GuardRole, readonly string[]>>
  /** What a preset of the role holds beside what stands in the fields: where leaving something out means everybody. */
  readonly also?: Partial<Record<GuardRole, readonly GuardedWhen[]>>
  /** Requests that delete or withdraw by another method than DELETE. */
  readonly deletions?: readonly string[]
  /** Those that do by what they say. */
  readonly deletionsWhen?: readonly GuardedWhen[]
  /** Requests that do not show what they send: a draft by its id, or what services take from the query as well. */
  readonly unseen?: {
    readonly what: 'messages' | 'events' | 'files'
    readonly when: readonly GuardedWhen[]
  }
  /** Where a file itself is sent: names are looked for elsewhere. */
  readonly uploads?: readonly string[]
}

const is = (path: string, ...value: readonly (string | boolean)[]): BodyCondition => ({
  ...{ path, op: 'in', value: [...value] },
  ignoreCase: true,
})
const has = (path: string): BodyCondition => ({ path, op: 'exists' })
const lacks = (path: string): BodyCondition => ({ path, op: 'exists', value: false })
/** Arguments that a service takes from the query as well as from the body. */
const inQuery = (...names: readonly string[]): GuardedWhen[] =>
  names.map((name) => ({ query: [{ name, op: 'exists' }] }))

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

/** Names of types of what runs when it is opened, as mail and browsers tell them. */
const executableTypes = [
  'application/x-msdownload',
  'application/x-dosexec',
  'application/x-executable',
  'application/x-ms-installer',
  'application/x-msi',
  'application/x-sh',
  'application/x-shellscript',
  'application/x-bat',
  'application/hta',
  'application/java-archive',
  'application/javascript',
  'application/vnd.microsoft.portable-executable',
  'application/x-apple-diskimage',
  'application/vnd.android.package-archive',
  'text/javascript',
  'text/vbscript',
]
/** A file that has a type and no name that would say as much. */
const executable = (path: string): GuardedWhen => ({ body: [is(path, ...executableTypes)] })

const each = (prefix: string, names: readonly string[], suffix: string) =>
  names.map((name) => `${prefix}${name}${suffix}`)

const mail = ['to', 'cc', 'bcc']
const mime = (raw: string): GuardBinding['fields'] => ({
  recipients: each(`${raw}.@mime.`, mail, '[]'),
  recipientLists: each(`${raw}.@mime.`, mail, ''),
  text: [`${raw}.@mime.subject`, `${raw}.@mime.text`],
  attachmentNames: [`${raw}.@mime.attachments[].filename`],
  attachmentLists: [`${raw}.@mime.attachments`],
})
const mimeTypes = (...raws: readonly string[]) =>
  raws.map((raw) => executable(`${raw}.@mime.attachments[].contentType`))

const graphRecipients = ['toRecipients', 'ccRecipients', 'bccRecipients']
const graphMessage = (prefix: string): GuardBinding['fields'] => ({
  recipients: each(prefix, graphRecipients, '[].emailAddress.address'),
  recipientLists: each(prefix, graphRecipients, ''),
  text: [`${prefix}subject`, `${prefix}body.content`],
  attachmentNames: [`${prefix}attachments[].name`],
  attachmentLists: [`${prefix}attachments`],
})
const graphTypes = ['message.', ''].map((prefix) =>
  executable(`${prefix}attachments[].contentType`),
)

function merge(...all: readonly GuardBinding['fields'][]): GuardBinding['fields'] {
  const merged: Partial<Record<GuardRole, readonly string[]>> = {}
  for (const fields of all) {
    for (const [role, paths] of Object.entries(fields) as [GuardRole, readonly string[]][]) {
      merged[role] = [...(merged[role] ?? []), ...paths]
    }
  }
  return merged
}

const outlook = '/v1.0/me/messages/*'
const items = '/v1.0/me/drive/items/*'
const driveUploads = ['/upload/drive/v3/files', '/upload/drive/v3/files/*']
const sheetCells = '/v4/spreadsheets/*/values'
const gmail = '/gmail/v1/users/me'
/** What is moved there by a label is deleted in time. */
const bins = (field: string) => is(field, 'TRASH', 'SPAM')

/** By the hash that the server keeps it under, or in the address. */
const hiddenQuery: readonly GuardedWhen[] = [
  { body: [lacks('query')] },
  ...inQuery('query', 'extensions'),
]

/** By action template. What is not here is guarded by what its entries say alone. */
export const guardBindings: Readonly<Record<string, GuardBinding>> = {
  'gmail-send': {
    fields: merge(mime('raw'), mime('message.raw')),
    also: { attachmentNames: mimeTypes('raw', 'message.raw') },
    unseen: { what: 'messages', when: [{ body: [lacks('raw'), lacks('message.raw')] }] },
  },
  'gmail-draft': {
    fields: merge(mime('raw'), mime('message.raw')),
    also: { attachmentNames: mimeTypes('raw', 'message.raw') },
  },
  'gmail-organize': {
    fields: {},
    deletions: [`${gmail}/messages/*/trash`, `${gmail}/threads/*/trash`],
    deletionsWhen: [{ body: [bins('addLabelIds[]')] }],
  },
  'outlook-send': {
    fields: merge(graphMessage('message.'), graphMessage(''), { text: ['comment'] }),
    also: { attachmentNames: graphTypes },
    unseen: {
      what: 'messages',
      when: [{ paths: [`${outlook}/send`, `${outlook}/reply`, `${outlook}/replyAll`] }],
    },
  },
  'outlook-draft': {
    fields: merge(graphMessage(''), graphMessage('message.'), {
      attachmentNames: ['name'], // Of one that is added by itself.
    }),
    also: {
      attachmentNames: [...graphTypes, executable('contentType')],
      attachmentLists: [{ paths: [`${outlook}/attachments`] }],
    },
  },
  'ses-send': {
    fields: merge(
      {
        recipients: each('Destination.', ['ToAddresses', 'CcAddresses', 'BccAddresses'], '[]'),
        recipientLists: each('Destination.', ['ToAddresses', 'CcAddresses', 'BccAddresses'], ''),
        text: [
          'Content.Simple.Subject.Data',
          'Content.Simple.Body.Text.Data',
          'Content.Simple.Body.Html.Data',
        ],
        attachmentNames: ['Content.Simple.Attachments[].FileName'],
        attachmentLists: ['Content.Simple.Attachments', 'Content.Template.Attachments'],
      },
      { attachmentNames: ['Content.Template.Attachments[].FileName'] },
      mime('Content.Raw.Data'),
    ),
    also: {
      attachmentNames: [
        ...mimeTypes('Content.Raw.Data'),
        executable('Content.Simple.Attachments[].ContentType'),
        executable('Content.Template.Attachments[].ContentType'),
      ],
    },
  },
  'sendgrid-send': {
    fields: {
      recipients: each('personalizations[].', mail, '[].email'),
      recipientLists: ['personalizations', ...each('personalizations[].', mail, '')],
      text: ['subject', 'personalizations[].subject', 'content[].value'],
      attachmentNames: ['attachments[].filename'],
      attachmentLists: ['attachments'],
    },
    also: { attachmentNames: [executable('attachments[].type')] },
  },
  'mailgun-send': {
    fields: {
      recipients: mail,
      recipientLists: mail,
      text: ['subject', 'text', 'html'],
      attachmentNames: ['attachment[].filename', 'inline[].filename'],
      attachmentLists: ['attachment', 'inline'],
    },
    also: {
      attachmentNames: [executable('attachment[].contentType'), executable('inline[].contentType')],
    },
    unseen: { what: 'messages', when: inQuery(...mail, 'text', 'html') },
  },
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
  'drive-share': {
    fields: {
      audience: ['type'],
      shareWith: ['emailAddress'],
      shareDomains: ['domain'],
      shareRole: ['role'],
    },
    also: { shareRole: [{ body: [is('pendingOwner', true)] }] },
  },
  'drive-create': {
    fields: { fileNames: ['name'] },
    uploads: driveUploads,
    deletionsWhen: [{ paths: ['/drive/v3/files/*'], body: [is('trashed', true)] }],
  },
  'drive-manage': {
    fields: { fileNames: ['name'] },
    uploads: driveUploads.slice(1),
    deletionsWhen: [{ paths: ['/drive/v3/files/*'], body: [is('trashed', true)] }],
  },
  'onedrive-share': {
    fields: {
      audience: ['scope'],
      shareWith: ['recipients[].email', 'recipients[].alias', 'recipients[].objectId'],
      shareRole: ['roles[]', 'type'],
    },
    also: {
      audience: [
        { paths: [`${items}/createLink`], body: [lacks('scope')] },
        { paths: [`${items}/createLink`], body: [is('type', 'embed')] },
        // An invitation that takes no sign-in is a link for whoever has it.
        { paths: [`${items}/invite`], body: [lacks('requireSignIn')] },
        { paths: [`${items}/invite`], body: [is('requireSignIn', false)] },
      ],
    },
  },
  'onedrive-write': {
    fields: { fileNames: ['name'] },
    uploads: ['/v1.0/me/drive/root:/**', `${items}/content`],
  },
  'dropbox-share': {
    fields: {
      audience: [
        'settings.audience',
        'settings.audience[".tag"]',
        'settings.requested_visibility',
        'settings.requested_visibility[".tag"]',
      ],
    },
    also: { audience: [{ body: [lacks('settings.audience')] }] },
  },
  'dropbox-delete': { fields: {}, deletions: ['/2/files/delete_v2'] },
  'box-write': {
    fields: {
      audience: ['shared_link.access', 'folder_upload_email.access'],
      fileNames: ['name', 'attributes', 'attributes.name', 'file.filename'],
    },
    // What comes with a file is JSON in a field of a form, and escapes in it hide a name.
    unseen: {
      what: 'files',
      when: [{ body: [{ path: 'attributes', op: 'contains', value: ['\\'] }] }],
    },
    // What is left out is what the enterprise has for it.
    also: { audience: [{ body: [has('shared_link'), lacks('shared_link.access')] }] },
  },
  'github-code': {
    fields: {},
    // A tree without what was there, and a branch that forgets.
    deletionsWhen: [
      { body: [{ path: 'tree[].sha', op: 'eq', value: null }] },
      { body: [is('force', true)] },
    ],
  },
  'github-gists': {
    // Whoever has the address of a secret one reads it.
    fields: { audience: ['public'] },
    also: { audience: [{ paths: ['/gists'] }] },
  },
  'sheets-write': {
    fields: {},
    deletions: [`${sheetCells}/*:clear`, `${sheetCells}:batchClear`],
  },
  'linear-graphql': { fields: { query: ['query'] }, also: { query: hiddenQuery } },
  'shopify-graphql': { fields: { query: ['query'] }, also: { query: hiddenQuery } },
}
