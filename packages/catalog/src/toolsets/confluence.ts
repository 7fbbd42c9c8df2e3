import { must, object, oneOf, text, whole } from './arguments.ts'
import type { TemplateSource } from './expand-template.ts'

const site = { cloud_id: text('Id of the site, a UUID', { maxLength: 40 }) }
const page = {
  ...site,
  page_id: text('Number of the page', { pattern: '^[0-9]{1,20}$', examples: ['65538'] }),
}
const body = must(
  object('The content', {
    representation: must(oneOf('How it is written', ['storage', 'atlas_doc_format'], 'storage')),
    value: must(text('XHTML of Confluence’s storage format, or an Atlassian document as JSON')),
  }),
)

/** https://developer.atlassian.com/cloud/confluence/rest/v2/ */
export const confluence: TemplateSource = {
  ...{ id: 'confluence', version: 1, service: 'confluence', title: 'Confluence' },
  description: 'Search, read and write pages.',
  origin: 'https://api.atlassian.com',
  tools: [
    {
      name: 'search',
      title: 'Search',
      description: 'Finds pages by CQL, such as: type = page AND text ~ release.',
      request: 'GET /ex/confluence/{cloud_id}/wiki/rest/api/search',
      path: site,
      query: {
        cql: must(text('The query', { maxLength: 4_000 })),
        limit: whole('How many to answer', [1, 100], 25),
      },
    },
    {
      name: 'list_spaces',
      title: 'List spaces',
      description: 'Lists spaces with their ids and keys.',
      request: 'GET /ex/confluence/{cloud_id}/wiki/api/v2/spaces',
      path: site,
      query: { limit: whole('How many to answer', [1, 250], 50) },
    },
    {
      name: 'get_page',
      title: 'Read a page',
      description: 'Reads a page with its content and its version.',
      request: 'GET /ex/confluence/{cloud_id}/wiki/api/v2/pages/{page_id}',
      path: page,
      query: {
        body_format: {
          ...oneOf(
            'How the content is written',
            ['storage', 'atlas_doc_format', 'view'],
            'storage',
          ),
          as: 'body-format',
        },
      },
    },
    {
      name: 'create_page',
      title: 'Make a page',
      description: 'Makes a page in a space.',
      request: 'POST /ex/confluence/{cloud_id}/wiki/api/v2/pages',
      path: site,
      json: {
        spaceId: must(text('Id of the space, from list_spaces')),
        title: must(text('Its title, of its own in the space', { maxLength: 255 })),
        parentId: text('Number of the page that it goes under'),
        body,
      },
      always: { json: { status: 'current' } },
    },
    {
      name: 'update_page',
      title: 'Change a page',
      description:
        'Writes a page anew, as its next version. Read it first: what is not given is lost.',
      request: 'PUT /ex/confluence/{cloud_id}/wiki/api/v2/pages/{page_id}',
      path: page,
      json: {
        id: must(text('Number of the page, once more')),
        title: must(text('Its title', { maxLength: 255 })),
        body,
        version: must(
          object('The version that it becomes', {
            number: must(whole('One more than it has now', [2, 1_000_000])),
            message: text('What was changed'),
          }),
        ),
      },
      always: { json: { status: 'current' } },
    },
  ],
}
