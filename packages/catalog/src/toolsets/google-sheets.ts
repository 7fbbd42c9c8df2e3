import { must, oneOf, text } from './arguments.ts'
import type { TemplateSource } from './expand-template.ts'

const sheet = { spreadsheet_id: text('Id of the spreadsheet, as in its URL', { maxLength: 200 }) }
const range = text('Cells in A1 notation, such as "Sheet1!A1:C20"', { maxLength: 200 })
const rows = must({
  schema: {
    ...{ type: 'array', minItems: 1, maxItems: 10_000, description: 'Rows of cells' },
    items: { type: 'array', items: { type: ['string', 'number', 'boolean', 'null'] } },
  },
})
const entry = oneOf(
  'Whether values are read as if typed in (formulas, dates) or kept as they are',
  ['USER_ENTERED', 'RAW'],
  'USER_ENTERED',
)

/** https://developers.google.com/workspace/sheets/api/reference/rest */
export const googleSheets: TemplateSource = {
  ...{ id: 'google-sheets', version: 1, service: 'google-sheets', title: 'Google Sheets' },
  description: 'Read and write the cells of spreadsheets.',
  origin: 'https://sheets.googleapis.com',
  tools: [
    {
      name: 'get_spreadsheet',
      title: 'Look up a spreadsheet',
      description:
        'Answers the title of a spreadsheet and the names and sizes of its sheets, without cells.',
      request: 'GET /v4/spreadsheets/{spreadsheet_id}',
      path: sheet,
      always: { query: { fields: 'spreadsheetId,properties.title,sheets.properties' } },
    },
    {
      name: 'read_cells',
      title: 'Read cells',
      description: 'Reads a range of cells, row by row.',
      request: 'GET /v4/spreadsheets/{spreadsheet_id}/values/{range}',
      path: { ...sheet, range },
      query: {
        valueRenderOption: oneOf(
          'What of each cell',
          ['FORMATTED_VALUE', 'UNFORMATTED_VALUE', 'FORMULA'],
          'FORMATTED_VALUE',
        ),
      },
    },
    {
      name: 'write_cells',
      title: 'Write cells',
      description: 'Writes rows over a range of cells. What stood there is gone.',
      request: 'PUT /v4/spreadsheets/{spreadsheet_id}/values/{range}',
      path: { ...sheet, range },
      query: { valueInputOption: entry },
      json: { values: rows },
    },
    {
      name: 'append_rows',
      title: 'Append rows',
      description: 'Writes rows below the table that stands in a range.',
      request: 'POST /v4/spreadsheets/{spreadsheet_id}/values/{range}:append',
      path: { ...sheet, range },
      query: { valueInputOption: entry },
      json: { values: rows },
    },
  ],
}
