// Makes tools of Higress's YAML, in which an operator of that gateway describes a REST API as tools of an MCP server.
import type { ImportedToolset, Importer } from '../imported-toolset.ts'
import { toToolsetName } from '../tool-names.ts'
import { readConfigValues } from './config-values.ts'
import { readHigressDocument } from './higress-document.ts'
import { makeToolset } from './make-toolset.ts'

/** @throws Problem `document-refused` with the line where there is one; `invalid-input` for a server or a scheme */
export const importHigress: Importer = (input) => {
  const document = readHigressDocument(input.document)
  const config = readConfigValues(document.config, input.variables)
  return {
    format: 'higress',
    name: toToolsetName(document.name.replace(/[-_ ]?mcp[-_ ]?server$/i, '') || 'tools'),
    ...(document.name !== '' && { title: document.name.slice(0, 200) }),
    ...(document.description !== undefined && { description: document.description }),
    ...makeToolset(document, { input, config }),
  } satisfies ImportedToolset
}
