// Makes a page of the documentation site for each noun of the API, from the OpenAPI document: every operation with its input,
// its output and its problems. They are not committed: they are long, and say nothing that the document does not.
import { byNoun, callerOf, nounOf } from './reference-pages.mjs'

const depthMax = 3

/** Where on the site an operation stands. */
export const pageOf = (operation) => placeOf(nounOf(operation))
const placeOf = (noun) => `api/${noun.replace(/^\./, '')}.md`

/** The pages by their paths on the site. */
export function apiPages(operations, openApi) {
  return new Map(
    byNoun(operations).map(([noun, members]) => [
      placeOf(noun),
      `# ${noun}\n\n${members.map((operation) => section(operation, openApi)).join('\n\n')}\n`,
    ]),
  )
}

function section(operation, openApi) {
  const described = openApi.paths[operation.path][operation.method.toLowerCase()]
  const status = String(operation.status ?? 200)
  const body = schemaOf(described.requestBody)
  const answer = schemaOf(described.responses[status])
  const parameters = described.parameters ?? []
  return [
    `## ${operation.id}`,
    `${operation.summary}.`,
    `\`\`\`http\n${operation.method} ${operation.path}\n\`\`\``,
    `Caller: ${callerOf(operation)}${operation.consumer ? '; a consumer token too' : ''}.`,
    ...(parameters.length === 0 ? [] : ['**Parameters**', parameterTable(parameters)]),
    ...(body === undefined ? [] : ['**Body**', schemaTable(body)]),
    `**Answer** ${status}`,
    answer === undefined ? 'In a form of its own.' : schemaTable(answer),
    ...(operation.problems.length === 0
      ? []
      : [
          `**Problems of its own**: ${operation.problems.map((problem) => `[${problem}](../problems.md#${problem})`).join(', ')}`,
        ]),
  ].join('\n\n')
}

function schemaOf(part) {
  const contents = Object.values(part?.content ?? {})
  return contents[0]?.schema
}

function parameterTable(parameters) {
  const rows = parameters.map(
    ({ name, in: where, required, schema }) =>
      `| \`${name}\`${required ? ' (required)' : ''} | ${where} | ${cell(typeOf(schema))} | ${about(schema)} |`,
  )
  return `| name | in | type | |\n| --- | --- | --- | --- |\n${rows.join('\n')}`
}

function schemaTable(schema) {
  const rows = members(schema, '', 0)
  if (rows.length === 0)
    return `${cell(typeOf(schema))}${about(schema) === '' ? '' : `: ${about(schema)}`}`
  return `| member | type | |\n| --- | --- | --- |\n${rows.join('\n')}`
}

/** The members of an object, and of what it holds, as rows. */
function members(schema, prefix, depth) {
  const variants = schema.oneOf ?? schema.anyOf
  if (variants !== undefined && schema.properties === undefined) {
    const seen = new Set()
    return variants
      .flatMap((variant) => members(variant, prefix, depth))
      .filter((row) => !seen.has(row) && seen.add(row))
  }
  if (schema.type === 'array' && depth < depthMax)
    return members(schema.items ?? {}, `${prefix}[]`, depth)
  return Object.entries(schema.properties ?? {}).flatMap(([name, member]) => {
    const path = `${prefix}${prefix === '' ? '' : '.'}${name}`
    const isRequired = schema.required?.includes(name) === true
    const row = `| \`${path}\`${isRequired ? ' (required)' : ''} | ${cell(typeOf(member))} | ${about(member)} |`
    return [row, ...(depth < depthMax ? members(member, path, depth + 1) : [])]
  })
}

function typeOf(schema) {
  if (schema.const !== undefined) return `\`${JSON.stringify(schema.const)}\``
  if (schema.enum !== undefined) return schema.enum.map((value) => `\`${value}\``).join(' or ')
  const variants = schema.oneOf ?? schema.anyOf
  if (variants !== undefined) return [...new Set(variants.map(typeOf))].join(' or ')
  if (schema.type === 'array') return `list of ${typeOf(schema.items ?? {})}`
  if (schema.$ref !== undefined) return schema.$ref.split('/').at(-1)
  const type = Array.isArray(schema.type) ? schema.type.join(' or ') : (schema.type ?? 'any')
  return schema.format === undefined ? type : `${type} (${schema.format})`
}

function about(schema) {
  const bounds = [
    ['minimum', 'at least'],
    ['maximum', 'at most'],
    ['minLength', 'characters at least'],
    ['maxLength', 'characters at most'],
    ['minItems', 'items at least'],
    ['maxItems', 'items at most'],
  ].flatMap(([name, words]) =>
    schema[name] === undefined || Math.abs(schema[name]) === Number.MAX_SAFE_INTEGER
      ? []
      : [`${words} ${schema[name]}`],
  )
  const fallback =
    schema.default === undefined ? [] : [`default \`${JSON.stringify(schema.default)}\``]
  return cell(
    [schema.description, ...bounds, ...fallback].filter((part) => part !== undefined).join('; '),
  )
}

const cell = (text) => text.replaceAll('|', '\\|').replaceAll('\n', ' ').replaceAll('<', '&lt;')
