import type { AuditEntry } from '@sallyport/contracts'
import { csvHeader, csvLine } from './formats/csv.ts'
import { type OcsfSource, ocsfEvent } from './formats/ocsf.ts'
import type { EntryFilters, EntryPage } from './list-entries.ts'

// Writes entries for other programs, newest first: what the list shows, page by page, in another form.

/** Forms that hold entries and not the chain: nothing is proved by them. */
export type EntryFormat = 'csv' | 'ocsf'

/** Entries in memory at a time. */
const pageSize = 200

interface EntryExporterNeeds {
  readonly list: (workspaceId: string, filters: EntryFilters) => Promise<EntryPage>
  /** Of the vault, for the events. */
  readonly version: string
}

/** Makes the exporter of entries: a stream that reads a page when its reader has taken the one before. */
export function createEntryExporter({ list, version }: EntryExporterNeeds) {
  return (
    workspaceId: string,
    format: EntryFormat,
    filters: Omit<EntryFilters, 'limit' | 'cursor'>,
  ): AsyncGenerator<string> => {
    const read = (cursor?: string) =>
      list(workspaceId, { ...filters, limit: pageSize, ...(cursor !== undefined && { cursor }) })
    return pages(read, writerOf(format, { workspaceId, version }))
  }
}

interface Writer {
  readonly head: string
  readonly write: (entry: AuditEntry) => string
}

function writerOf(format: EntryFormat, source: OcsfSource): Writer {
  if (format === 'csv') return { head: csvHeader, write: csvLine }
  return { head: '', write: (entry) => `${JSON.stringify(ocsfEvent(entry, source))}\n` }
}

async function* pages(
  read: (cursor?: string) => Promise<EntryPage>,
  { head, write }: Writer,
): AsyncGenerator<string> {
  if (head !== '') yield head
  let cursor: string | undefined
  do {
    const page = await read(cursor)
    if (page.entries.length > 0) yield page.entries.map(write).join('')
    cursor = page.nextCursor
  } while (cursor !== undefined)
}
