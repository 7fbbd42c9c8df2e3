import { must, object, objects, text, texts, whole } from './arguments.ts'
import type { TemplateSource, ToolSource } from './expand-template.ts'

const properties = (example: string) =>
  must(object(`Values of properties by their names: ${example}`))
const asText = (what: string) =>
  text(`Which properties to answer, with commas between them: ${what}`)

const search = (kind: string, words: string): ToolSource => ({
  name: `search_${kind}`,
  title: `Search ${kind}`,
  description: `Finds ${kind} by words, or by filters on properties.`,
  request: `POST /crm/v3/objects/${kind}/search`,
  effect: 'reads',
  json: {
    query: text('Words to look for'),
    filterGroups: objects(
      'Filters: [{"filters": [{"propertyName": "createdate", "operator": "GT", "value": "…"}]}]',
    ),
    properties: texts(`Which properties to answer, such as ${words}`),
    limit: whole('How many to answer', [1, 200], 20),
    after: text('paging.next.after of the page before'),
  },
})

const read = (kind: string, one: string, words: string): ToolSource => ({
  name: `get_${one}`,
  title: `Read a ${one}`,
  description: `Reads one ${one}.`,
  request: `GET /crm/v3/objects/${kind}/{id}`,
  path: { id: text('Its number', { maxLength: 30 }) },
  query: { properties: asText(words) },
})

const create = (kind: string, one: string, example: string): ToolSource => ({
  name: `create_${one}`,
  title: `Make a ${one}`,
  description: `Makes a ${one}.`,
  request: `POST /crm/v3/objects/${kind}`,
  json: { properties: properties(example) },
})

const update = (kind: string, one: string, example: string): ToolSource => ({
  name: `update_${one}`,
  title: `Change a ${one}`,
  description: `Changes properties of a ${one}. What is not named stays as it is.`,
  request: `PATCH /crm/v3/objects/${kind}/{id}`,
  path: { id: text('Its number', { maxLength: 30 }) },
  json: { properties: properties(example) },
})

/** https://developers.hubspot.com/docs/api-reference/crm-objects-v3/guide */
export const hubspot: TemplateSource = {
  ...{ id: 'hubspot', version: 1, service: 'hubspot', title: 'HubSpot' },
  description: 'Find, read and write contacts, companies and deals.',
  origin: 'https://api.hubapi.com',
  tools: [
    search('contacts', 'email and lastname'),
    read('contacts', 'contact', 'email,firstname,lastname'),
    create('contacts', 'contact', '{"email": "ann@example.com"}'),
    update('contacts', 'contact', '{"phone": "+49…"}'),
    search('companies', 'name and domain'),
    search('deals', 'dealname, amount and dealstage'),
    create('deals', 'deal', '{"dealname": "…", "amount": "1000"}'),
    update('deals', 'deal', '{"dealstage": "closedwon"}'),
  ],
}
