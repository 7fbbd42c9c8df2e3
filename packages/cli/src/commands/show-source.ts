import type { Source, SourceCheck, SourceTool } from '@sallyport/contracts'
import { printable, table } from '../terminal.ts'

/** Where a source's database is, in one line. */
export function whereOfSource(source: Source): string {
  const { dialect, host, port, database, path, tls } = source
  if (dialect === 'sqlite') return path ?? ''
  const at = port === undefined ? (host ?? '') : `${host}:${port}`
  return `${at}/${database ?? ''}${tls === 'off' ? ' without TLS' : ''}`
}

/** What came of a test, and what the role may do and need not. */
export function describeCheck(check: SourceCheck): string {
  const { ok, stage, message, latencyMs, version, warnings } = check
  const what = ok ? 'works' : `fails (${stage})`
  const of = version === undefined ? '' : `, ${printable(version)}`
  return [
    `${what}: ${printable(message)} (${Math.round(latencyMs)} ms${of})`,
    ...warnings.map((warning) => `  Warning: ${printable(warning)}`),
  ].join('\n')
}

/** A source with its tools. The password is never part of it. */
export function describeSource(source: Source, tools: readonly SourceTool[]): string {
  const { id, name, description, dialect, user, hasPassword, check } = source
  const bounds = `${source.rowsMax} rows, ${source.bytesMax} bytes, ${source.timeoutSeconds} s`
  const also = [
    ...(source.query ? ['free queries'] : []),
    ...(source.schemaTools ? ['its schema'] : []),
  ]
  const rows = tools.map((tool) => [
    ...[tool.name, tool.status, tool.writes ? 'writes' : 'reads'],
    tool.parameters
      .filter(({ agent }) => agent === undefined)
      .map((one) => (one.required ? one.name : `[${one.name}]`))
      .join(' '),
    String(tool.agents),
  ])
  return [
    `${id}  ${name}`,
    ...(description === undefined ? [] : [printable(description)]),
    `${dialect}  ${printable(whereOfSource(source))}`,
    ...(user === undefined
      ? []
      : [`as ${printable(user)}${hasPassword ? ', with a password' : ', without a password'}`]),
    `at most ${bounds} for each call`,
    ...(also.length === 0 ? [] : [`Tools for ${also.join(' and ')} too`]),
    ...(check === undefined ? ['never tested'] : [describeCheck(check)]),
    rows.length === 0
      ? 'It has no tools yet.'
      : table(['tool', 'status', 'does', 'arguments', 'agents'], rows),
  ].join('\n')
}
