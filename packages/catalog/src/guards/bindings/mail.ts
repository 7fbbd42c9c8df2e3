import { executable, type GuardBinding, inQuery, is, lacks } from '../guard-binding.ts'
import type { GuardRole } from '../guard-preset.ts'

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
const gmail = '/gmail/v1/users/me'
/** What is moved there by a label is deleted in time. */
const bins = (field: string) => is(field, 'TRASH', 'SPAM')

/** Mail, by action template. */
export const mailBindings: Readonly<Record<string, GuardBinding>> = {
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
}
