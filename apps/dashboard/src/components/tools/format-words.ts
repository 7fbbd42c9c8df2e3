import type { Output } from '../../api.ts'

type Format = Output<'listToolsets'>['toolsets'][number]['format']

/** Where tools come from, for people. */
export const formatWords: Readonly<Record<Format, string>> = {
  openapi: 'OpenAPI',
  curl: 'curl command',
  higress: 'Higress YAML',
  'genai-toolbox': 'genai-toolbox YAML',
  template: 'Catalog',
  assembled: 'Assembled',
  mcp: 'MCP server',
  sql: 'SQL source',
}

/** Whether tools of the format are calls of a server or of a database, and no HTTP requests. */
export const sendsNoRequest = (format: Format): boolean => format === 'mcp' || format === 'sql'
