import type { OutputOf, previewSources } from '@sallyport/contracts'
import { printable } from '../terminal.ts'

/** What a document of SQL sources would become. */
export type SourcesPreview = OutputOf<typeof previewSources>
type Statement = SourcesPreview['refused'][number]

/** The same for a person: sources, their statements, what has to be given, and what is refused and why. */
export function showSources(preview: SourcesPreview): string {
  const { counts, sources, refused, secretsFound, notes } = preview
  const numbers = `${counts.taken} taken, ${counts.changed} changed, ${counts.refused} refused`
  return [
    `${preview.format}: ${numbers}`,
    ...sources.flatMap(showSource),
    ...refused.flatMap(showStatement),
    ...secretsFound.map(
      ({ where, hint }) =>
        `Found a password in ${printable(where)} ${hint}: it is sealed, and stands in the file still.`,
    ),
    ...notes.map((note) => `Note: ${printable(note)}`),
  ].join('\n')
}

function showSource(source: SourcesPreview['sources'][number]): string[] {
  const { key, name, kind, outcome, reason, host, port, database, path, user, asks } = source
  const at = host === undefined ? path : `${host}${port === undefined ? '' : `:${port}`}`
  const where = [at, database].filter((word) => word !== undefined).join('/')
  const line = [outcome.padEnd(8), name === key ? name : `${key} as ${name}`, kind, where, user]
  return [
    line
      .filter((word) => word !== undefined && word !== '')
      .map((word) => printable(word ?? ''))
      .join('  '),
    ...(reason === undefined ? [] : [`            ${printable(reason)}`]),
    ...asks.map(({ field, message }) => `            ${printable(field)}: ${printable(message)}`),
    ...source.tools.flatMap(showStatement),
  ]
}

function showStatement({ key, name, outcome, reason, writes, parameters }: Statement): string[] {
  const args = parameters
    .filter(({ agent }) => agent === undefined)
    .map((one) => (one.required ? one.name : `[${one.name}]`))
  const line =
    outcome === 'refused'
      ? [outcome.padEnd(8), key]
      : [outcome.padEnd(8), name ?? key, writes ? 'writes' : 'reads', args.join(' ')]
  const shown = `  ${line
    .filter((word) => word !== '')
    .map(printable)
    .join('  ')}`
  return reason === undefined ? [shown] : [shown, `            ${printable(reason)}`]
}
