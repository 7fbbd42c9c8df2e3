import { type GuardBinding, has, is, lacks } from '../guard-binding.ts'

const items = '/v1.0/me/drive/items/*'
const driveUploads = ['/upload/drive/v3/files', '/upload/drive/v3/files/*']
const sheetCells = '/v4/spreadsheets/*/values'

/** Files, documents and code, by action template. */
export const filesBindings: Readonly<Record<string, GuardBinding>> = {
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
}
