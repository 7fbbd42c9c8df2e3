import type { Vendor } from '../schema.ts'
import { googleCredentials } from './google-service-account.ts'

const apis = 'https://www.googleapis.com'
const docs = 'https://docs.googleapis.com'
const sheets = 'https://sheets.googleapis.com'
const scope = 'https://www.googleapis.com/auth'

/** Files, documents and spreadsheets. */
export const googleFileServices: Vendor['services'] = [
  {
    id: 'google-drive',
    name: 'Google Drive',
    provider: 'google',
    category: 'files-and-documents',
    icon: 'googledrive',
    singleton: false,
    origins: [apis],
    credentials: googleCredentials,
    probe: { path: '/drive/v3/about?fields=user' },
    documentation: 'https://developers.google.com/workspace/drive/api/reference/rest/v3',
    actions: [
      {
        id: 'drive-read',
        label: 'Read files',
        description:
          'Search for files, read what they say, who may see them and what was said about them.',
        allow: [
          {
            origin: apis,
            methods: ['GET'],
            paths: [
              '/drive/v3/about',
              '/drive/v3/drives',
              '/drive/v3/drives/*',
              '/drive/v3/files',
              '/drive/v3/files/*',
              '/drive/v3/files/*/export',
              '/drive/v3/files/*/comments',
              '/drive/v3/files/*/permissions',
              '/drive/v3/files/*/revisions',
            ],
          },
        ],
        approval: 'never',
        scopes: [`${scope}/drive.readonly`],
      },
      {
        id: 'drive-create',
        label: 'Make files',
        description:
          'Make, upload and copy files, and change those that it made; an owner is asked each time.',
        allow: [
          {
            origin: apis,
            methods: ['POST'],
            paths: ['/drive/v3/files', '/drive/v3/files/*/copy', '/upload/drive/v3/files'],
          },
          // The parts of a resumable upload.
          { origin: apis, methods: ['PUT'], paths: ['/upload/drive/v3/files'] },
          {
            origin: apis,
            methods: ['PATCH'],
            paths: ['/drive/v3/files/*', '/upload/drive/v3/files/*'],
          },
        ],
        approval: 'writes',
        scopes: [`${scope}/drive.file`],
      },
      {
        id: 'drive-manage',
        label: 'Change any file',
        description: 'Rename, move, trash and overwrite any file; an owner is asked each time.',
        allow: [
          {
            origin: apis,
            methods: ['PATCH'],
            paths: ['/drive/v3/files/*', '/upload/drive/v3/files/*'],
          },
        ],
        approval: 'writes',
        scopes: [`${scope}/drive`],
      },
      {
        id: 'drive-share',
        label: 'Share files',
        description:
          'Give people access to files and take it from them; an owner is asked each time.',
        allow: [
          { origin: apis, methods: ['POST'], paths: ['/drive/v3/files/*/permissions'] },
          {
            origin: apis,
            methods: ['PATCH', 'DELETE'],
            paths: ['/drive/v3/files/*/permissions/*'],
          },
        ],
        approval: 'always',
        scopes: [`${scope}/drive`],
      },
    ],
  },
  {
    id: 'google-docs',
    name: 'Google Docs',
    provider: 'google',
    category: 'files-and-documents',
    icon: 'googledocs',
    singleton: false,
    origins: [docs],
    credentials: googleCredentials,
    documentation: 'https://developers.google.com/workspace/docs/api/reference/rest',
    actions: [
      {
        id: 'docs-read',
        label: 'Read documents',
        description: 'Read documents whose id is known.',
        allow: [{ origin: docs, methods: ['GET'], paths: ['/v1/documents/*'] }],
        approval: 'never',
        scopes: [`${scope}/documents.readonly`],
      },
      {
        id: 'docs-write',
        label: 'Write documents',
        description: 'Make documents and change any; an owner is asked each time.',
        allow: [
          {
            origin: docs,
            methods: ['POST'],
            paths: ['/v1/documents', '/v1/documents/*:batchUpdate'],
          },
        ],
        approval: 'writes',
        scopes: [`${scope}/documents`],
      },
    ],
  },
  {
    id: 'google-sheets',
    name: 'Google Sheets',
    provider: 'google',
    category: 'files-and-documents',
    icon: 'googlesheets',
    singleton: false,
    origins: [sheets],
    credentials: googleCredentials,
    documentation: 'https://developers.google.com/workspace/sheets/api/reference/rest',
    actions: [
      {
        id: 'sheets-read',
        label: 'Read spreadsheets',
        description: 'Read spreadsheets whose id is known, and the values of their cells.',
        allow: [
          {
            origin: sheets,
            methods: ['GET'],
            paths: [
              '/v4/spreadsheets/*',
              '/v4/spreadsheets/*/values/*',
              '/v4/spreadsheets/*/values:batchGet',
            ],
          },
        ],
        approval: 'never',
        scopes: [`${scope}/spreadsheets.readonly`],
      },
      {
        id: 'sheets-write',
        label: 'Write cells',
        description: 'Set, append and clear the values of cells; an owner is asked each time.',
        allow: [
          { origin: sheets, methods: ['PUT'], paths: ['/v4/spreadsheets/*/values/*'] },
          {
            origin: sheets,
            methods: ['POST'],
            paths: [
              '/v4/spreadsheets/*/values/*:append',
              '/v4/spreadsheets/*/values/*:clear',
              '/v4/spreadsheets/*/values:batchUpdate',
              '/v4/spreadsheets/*/values:batchClear',
            ],
          },
        ],
        approval: 'writes',
        scopes: [`${scope}/spreadsheets`],
      },
      {
        id: 'sheets-manage',
        label: 'Make and lay out spreadsheets',
        description:
          'Make spreadsheets, add and delete sheets, and format them; an owner is asked each time.',
        allow: [
          {
            origin: sheets,
            methods: ['POST'],
            paths: ['/v4/spreadsheets', '/v4/spreadsheets/*:batchUpdate'],
          },
        ],
        approval: 'writes',
        scopes: [`${scope}/spreadsheets`],
      },
    ],
  },
]
