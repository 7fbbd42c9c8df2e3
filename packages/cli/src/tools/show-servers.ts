import type { McpConfigReading, ReadServer } from '@sallyport/catalog'
import { printable } from '../terminal.ts'

/** What a file of MCP servers would become: each server, what is changed or left out and why, and what has to be given. */
export function showServers({ form, servers, variables, notes }: McpConfigReading): string {
  const count = (wanted: ReadServer['outcome']) =>
    servers.filter(({ outcome }) => outcome === wanted).length
  return [
    `${form}: ${count('taken')} taken, ${count('changed')} changed, ${count('refused')} refused:`,
    ...servers.flatMap(showServer),
    ...variables.map(
      ({ name, kind, description, usedBy }) =>
        `${kind === 'sealed' ? 'Variable' : 'Value'} ${name}${
          description === undefined ? '' : ` (${printable(description)})`
        } for ${usedBy.map(printable).join(', ')}`,
    ),
    ...notes.map((note) => `Note: ${printable(note)}`),
  ].join('\n')
}

function showServer({ key, outcome, reasons, draft, secrets }: ReadServer): string[] {
  const lines = [...reasons, ...secrets.map(sealedLine)]
  const where = draft === undefined ? [] : [draft.transport, whereOf(draft)]
  const shown = [outcome.padEnd(8), key, ...where].map(printable).join('  ')
  return [`  ${shown.trimEnd()}`, ...lines.map((line) => `            ${printable(line)}`)]
}

const sealedLine = ({ where, hint }: { where: string; hint: string }) =>
  `${where} holds a key (${hint}): it is sealed, and stands in the file still.`

type Draft = NonNullable<ReadServer['draft']>
type Text = NonNullable<Draft['url']>

const written = (text: Text): string =>
  text.map((piece) => (typeof piece === 'string' ? piece : piece.written)).join('')

/** Where its calls would go, as the file writes it. */
function whereOf({ url, command, args }: Draft): string {
  if (url !== undefined) return written(url)
  return [...(command === undefined ? [] : [command]), ...args].map(written).join(' ')
}

/** The same for a program: values of headers and of the environment are no part of it. */
export const serversAsJson = (reading: McpConfigReading) => ({
  ...reading,
  servers: reading.servers.map(({ draft, ...server }) => ({
    ...server,
    ...(draft !== undefined && {
      name: draft.name,
      transport: draft.transport,
      where: whereOf(draft),
      headers: Object.keys(draft.headers),
      env: Object.keys(draft.env),
      enabled: draft.enabled,
    }),
  })),
})
