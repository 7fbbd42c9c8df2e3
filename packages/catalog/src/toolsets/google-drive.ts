import { flag, must, oneOf, text, texts, whole } from './arguments.ts'
import type { TemplateSource } from './expand-template.ts'

const file = { file_id: text('Id of the file or folder', { maxLength: 200 }) }
const fields = (fallback: string) =>
  text('Which members to answer, as Drive writes them', { default: fallback })
const ofFile = 'id,name,mimeType,modifiedTime,size,parents,webViewLink,owners(emailAddress)'

/** https://developers.google.com/workspace/drive/api/reference/rest/v3 */
export const googleDrive: TemplateSource = {
  ...{ id: 'google-drive', version: 1, service: 'google-drive', title: 'Google Drive' },
  description: 'Find and read files, make folders, and share.',
  origin: 'https://www.googleapis.com',
  tools: [
    {
      name: 'search_files',
      title: 'Search files',
      description:
        'Finds files and folders. The query is Drive’s own, such as "name contains \'budget\' and trashed = false" or "\'<folder id>\' in parents".',
      request: 'GET /drive/v3/files',
      query: {
        q: text('What to search for; all files unless given', { maxLength: 2_000 }),
        orderBy: oneOf(
          'By what to sort',
          ['modifiedTime desc', 'name', 'createdTime desc'],
          'modifiedTime desc',
        ),
        pageSize: whole('How many to answer', [1, 1000], 50),
        pageToken: text('nextPageToken of the page before'),
        fields: fields(`nextPageToken,files(${ofFile})`),
      },
    },
    {
      name: 'get_file',
      title: 'Look up a file',
      description:
        'Answers what a file is: its name, kind, size, folder and owners. Not its content.',
      request: 'GET /drive/v3/files/{file_id}',
      path: file,
      query: { fields: fields(ofFile) },
    },
    {
      name: 'export_file',
      title: 'Read a Google document',
      description:
        'Reads a document, sheet or slides of Google in another format. Other files are read with download_file.',
      request: 'GET /drive/v3/files/{file_id}/export',
      path: file,
      query: {
        mimeType: must(
          oneOf('In which format', [
            ...['text/plain', 'text/markdown', 'text/csv', 'text/html', 'application/pdf'],
          ]),
        ),
      },
    },
    {
      name: 'download_file',
      title: 'Read a file',
      description: 'Reads the content of a file that is not a Google document.',
      request: 'GET /drive/v3/files/{file_id}',
      path: file,
      always: { query: { alt: 'media' } },
    },
    {
      name: 'create_folder',
      title: 'Make a folder',
      description: 'Makes a folder.',
      request: 'POST /drive/v3/files',
      json: {
        name: must(text('What it is called', { maxLength: 1000 })),
        parents: texts('Id of the folder that it goes into; the top of the drive unless given', 1),
      },
      always: { json: { mimeType: 'application/vnd.google-apps.folder' } },
    },
    {
      name: 'share_file',
      title: 'Share a file',
      description: 'Lets a person read, comment on or change a file or folder.',
      request: 'POST /drive/v3/files/{file_id}/permissions',
      effect: 'changes',
      path: file,
      query: { sendNotificationEmail: flag('Tell them by e-mail', true) },
      json: {
        emailAddress: must(text('Their address', { format: 'email' })),
        role: must(oneOf('What they may do', ['reader', 'commenter', 'writer'])),
      },
      always: { json: { type: 'user' } },
    },
  ],
}
