import { flag, must, object, objects, text, whole } from './arguments.ts'
import type { TemplateSource } from './expand-template.ts'

const base = {
  base_id: text('Id of the base: app…', {
    ...{ pattern: '^app[A-Za-z0-9]{14}$', examples: ['appABCDEFGHIJKLMN'] },
  }),
}
const table = { ...base, table: text('Id or name of the table', { maxLength: 200 }) }
const record = {
  ...table,
  record_id: text('Id of the record: rec…', {
    ...{ pattern: '^rec[A-Za-z0-9]{14}$', examples: ['recABCDEFGHIJKLMN'] },
  }),
}
const fields = must(object('Values by the names of fields: {"Name": "…"}'))
const typecast = flag('Let Airtable turn texts into what the field takes', false)

/** https://airtable.com/developers/web/api */
export const airtable: TemplateSource = {
  ...{ id: 'airtable', version: 1, service: 'airtable', title: 'Airtable' },
  description: 'Read, make, change and delete records.',
  origin: 'https://api.airtable.com',
  tools: [
    {
      name: 'list_bases',
      title: 'List bases',
      description: 'Lists the bases that the account can reach.',
      request: 'GET /v0/meta/bases',
    },
    {
      name: 'list_tables',
      title: 'List tables',
      description: 'Lists the tables of a base with their fields.',
      request: 'GET /v0/meta/bases/{base_id}/tables',
      path: base,
    },
    {
      name: 'list_records',
      title: 'List records',
      description: 'Reads records of a table, filtered by a formula such as "{Status} = \'Done\'".',
      request: 'POST /v0/{base_id}/{table}/listRecords',
      effect: 'reads',
      path: table,
      json: {
        filterByFormula: text('Only where this is true'),
        view: text('Only those of this view, in its order'),
        sort: objects('{"field": "Name", "direction": "asc"}'),
        pageSize: whole('How many to answer', [1, 100], 50),
        offset: text('offset of the page before'),
      },
    },
    {
      name: 'get_record',
      title: 'Read a record',
      description: 'Reads one record.',
      request: 'GET /v0/{base_id}/{table}/{record_id}',
      path: record,
    },
    {
      name: 'create_records',
      title: 'Make records',
      description: 'Makes up to ten records.',
      request: 'POST /v0/{base_id}/{table}',
      path: table,
      json: { records: must(objects('The records', { fields })), typecast },
    },
    {
      name: 'update_record',
      title: 'Change a record',
      description: 'Changes fields of a record. What is not named stays as it is.',
      request: 'PATCH /v0/{base_id}/{table}/{record_id}',
      path: record,
      json: { fields, typecast },
    },
    {
      name: 'delete_record',
      title: 'Delete a record',
      description: 'Deletes a record.',
      request: 'DELETE /v0/{base_id}/{table}/{record_id}',
      path: record,
    },
  ],
}
