import { must, object, objects, text, whole } from './arguments.ts'
import type { TemplateSource } from './expand-template.ts'

const id = (what: string) => text(`Id of the ${what}, a UUID`, { maxLength: 40 })
const pageSize = whole('How many to answer', [1, 100], 50)
const cursor = text('next_cursor of the page before')
const properties = object(
  'Values of the page’s properties, by their names, each in the form of its kind: {"Name": {"title": [{"text": {"content": "…"}}]}}',
)
const children = objects('Blocks of content, in Notion’s form')

/** https://developers.notion.com/reference */
export const notion: TemplateSource = {
  ...{ id: 'notion', version: 1, service: 'notion', title: 'Notion' },
  description: 'Search, read and write pages and databases that were shared with the integration.',
  origin: 'https://api.notion.com',
  headers: { 'notion-version': '2022-06-28' },
  tools: [
    {
      name: 'search',
      title: 'Search',
      description: 'Finds pages and databases by their titles.',
      request: 'POST /v1/search',
      effect: 'reads',
      json: {
        query: text('What stands in the title; everything unless given'),
        filter: object('Only pages, or only databases: {"property": "object", "value": "page"}'),
        page_size: pageSize,
        start_cursor: cursor,
      },
    },
    {
      name: 'get_page',
      title: 'Read a page’s properties',
      description: 'Reads the properties of a page. Its content is in get_blocks.',
      request: 'GET /v1/pages/{page_id}',
      path: { page_id: id('page') },
    },
    {
      name: 'get_blocks',
      title: 'Read content',
      description:
        'Reads the blocks of a page, or of a block; those with has_children are read one by one.',
      request: 'GET /v1/blocks/{block_id}/children',
      path: { block_id: id('page or block') },
      query: { page_size: pageSize, start_cursor: cursor },
    },
    {
      name: 'query_database',
      title: 'Query a database',
      description: 'Reads the pages of a database, filtered and sorted as Notion writes it.',
      request: 'POST /v1/databases/{database_id}/query',
      effect: 'reads',
      path: { database_id: id('database') },
      json: {
        filter: object('{"property": "Status", "status": {"equals": "Done"}}'),
        sorts: objects('{"property": "Name", "direction": "ascending"}'),
        page_size: pageSize,
        start_cursor: cursor,
      },
    },
    {
      name: 'create_page',
      title: 'Make a page',
      description: 'Makes a page under another page or in a database.',
      request: 'POST /v1/pages',
      json: {
        parent: must(
          object('Where it goes: one of the two', {
            page_id: id('page that it goes under'),
            database_id: id('database that it goes into'),
          }),
        ),
        properties: must(properties),
        children,
      },
    },
    {
      name: 'update_page',
      title: 'Change a page’s properties',
      description: 'Changes properties of a page. What is not named stays as it is.',
      request: 'PATCH /v1/pages/{page_id}',
      path: { page_id: id('page') },
      json: { properties: must(properties) },
    },
    {
      name: 'append_blocks',
      title: 'Append content',
      description: 'Appends blocks to the end of a page or block.',
      request: 'PATCH /v1/blocks/{block_id}/children',
      effect: 'adds',
      path: { block_id: id('page or block') },
      json: { children: must(children) },
    },
    {
      name: 'comment',
      title: 'Comment',
      description: 'Writes a comment on a page.',
      request: 'POST /v1/comments',
      json: {
        parent: must(object('Which page', { page_id: must(id('page')) })),
        rich_text: must(objects('The text: [{"text": {"content": "…"}}]')),
      },
    },
  ],
}
