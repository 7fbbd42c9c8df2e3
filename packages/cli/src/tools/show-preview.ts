import type { ImportPreview, PreviewedTool } from '@sallyport/contracts'
import { printable } from '../terminal.ts'

/** What a document would become, for a person to look at: each operation, what is changed or left out and why, and the keys. */
export function showPreview(preview: ImportPreview): string {
  const { counts, secretsFound, securitySchemes, notes } = preview
  const head = [preview.format, preview.title, preview.origin].filter((word) => word !== undefined)
  const numbers = `${counts.taken} taken, ${counts.changed} changed, ${counts.refused} refused`
  return [
    `${head.map(printable).join('  ')}`,
    `${numbers}:`,
    ...preview.tools.flatMap(showTool),
    ...(preview.origin === undefined ? ['It names no server: give --server.'] : []),
    ...securitySchemes.map(
      ({ name, kind, reason, operations }) =>
        `Signs in by ${printable(name)}${kind === undefined ? '' : ` (${kind})`}, ${operations === 1 ? '1 operation' : `${operations} operations`}${
          reason === undefined ? '' : `: ${printable(reason)}`
        }`,
    ),
    ...secretsFound.map(
      ({ where, hint, scheme }) =>
        `Found a key in ${printable(where)} ${hint}: ${
          scheme === undefined ? 'it is thrown away' : 'it becomes the credential'
        }`,
    ),
    ...notes.map((note) => `Note: ${printable(note)}`),
  ].join('\n')
}

function showTool(tool: PreviewedTool): string[] {
  const { outcome, name, key, method = '', url = '', reason } = tool
  const args = tool.arguments.map((argument) =>
    argument.required ? argument.name : `[${argument.name}]`,
  )
  const line = [outcome.padEnd(8), name ?? key, method, url, args.join(' ')]
  const said = outcome === 'refused' ? [outcome.padEnd(8), key] : line
  const shown = `  ${said
    .filter((word) => word !== '')
    .map(printable)
    .join('  ')}`
  return reason === undefined ? [shown] : [shown, `            ${printable(reason)}`]
}
