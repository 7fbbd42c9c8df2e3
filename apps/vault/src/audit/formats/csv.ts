import type { AuditEntry } from '@sallyport/contracts'

// Entries as RFC 4180 says, for spreadsheets: a cell that one of them would take for a formula is made a text.

type Cell = string | number | undefined

const columns: readonly (readonly [name: string, read: (entry: AuditEntry) => Cell])[] = [
  ['id', ({ id }) => id],
  ['seq', ({ seq }) => seq],
  ['at', ({ at }) => at],
  ['endedAt', ({ endedAt }) => endedAt],
  ['operation', ({ operation }) => operation],
  ['agentId', ({ agentId }) => agentId],
  ['ownerId', ({ ownerId }) => ownerId],
  ['connectionId', ({ connectionId }) => connectionId],
  ['tool', ({ tool }) => tool],
  ['toolId', ({ toolId }) => toolId],
  ['toolsetId', ({ toolsetId }) => toolsetId],
  ['decision', ({ decision }) => decision],
  ['outcome', ({ outcome }) => outcome],
  ['reason', ({ reason }) => reason],
  ['problem', ({ problem }) => problem],
  ['policyId', ({ policyId }) => policyId],
  ['policyVersion', ({ policyVersion }) => policyVersion],
  ['ruleId', ({ ruleId }) => ruleId],
  ['method', ({ method }) => method],
  ['host', ({ host }) => host],
  ['path', ({ path }) => path],
  ['queryNames', ({ queryNames }) => json(queryNames)],
  ['requestDigest', ({ requestDigest }) => requestDigest],
  ['requestBytes', ({ requestBytes }) => requestBytes],
  ['status', ({ status }) => status],
  ['responseBytes', ({ responseBytes }) => responseBytes],
  ['durationMs', ({ durationMs }) => durationMs],
  ['redactions', ({ redactions }) => redactions],
  ['inputTokens', ({ usage }) => usage?.inputTokens],
  ['outputTokens', ({ usage }) => usage?.outputTokens],
  ['usdMicros', ({ usage }) => usage?.usdMicros],
  ['model', ({ usage }) => usage?.model],
  ['detail', ({ detail }) => json(detail)],
]

const json = (value: unknown): string | undefined =>
  value === undefined ? undefined : JSON.stringify(value)

function line(cells: readonly Cell[]): string {
  return `${cells.map(cellText).join(',')}\r\n`
}

/**
 * What makes a formula of a cell in Excel, LibreOffice or Sheets, full-width forms and what stands before it in blanks
 * included (OWASP, CSV injection). Parts of an entry are written by agents.
 */
const formula = /^[\s\p{Cc}\p{Cf}]*[=+\-@＝＋－＠]|^[\t\r\n]/u
/** The same within: some readers take a semicolon for the end of a cell, and a line end for that of a row, quoted or not. */
const formulaWithin = /([;\s\p{Cc}\p{Cf}]+)([=+\-@＝＋－＠])?/gu
const endsCell = /[;\r\n]/
const needsQuotes = /[",;\r\n]/

function cellText(cell: Cell): string {
  if (cell === undefined) return ''
  if (typeof cell === 'number') return String(cell)
  const inert = cell.replace(formulaWithin, (all: string, before: string, sign?: string) =>
    sign !== undefined && endsCell.test(before) ? `${before}'${sign}` : all,
  )
  const text = formula.test(inert) ? `'${inert}` : inert
  return needsQuotes.test(text) ? `"${text.replaceAll('"', '""')}"` : text
}

/** The line of names, with its CRLF. */
export const csvHeader = line(columns.map(([name]) => name))

/** One entry as one line, with its CRLF. */
export const csvLine = (entry: AuditEntry): string => line(columns.map(([, read]) => read(entry)))
