import { type AuditExportFormat, Problem } from '@sallyport/contracts'
import { createEntryExporter } from './export-entries.ts'
import { createLogExporter, type LogExporterNeeds, streamOf } from './export-log.ts'
import { createEntryReader, type EntryFilters } from './list-entries.ts'

// Hands the log out: the chain, so that anybody can verify it, or its entries in the forms that other programs read.

/** What is asked for; without a format it is the chain. */
export interface ExportRequest extends Omit<EntryFilters, 'limit' | 'cursor'> {
  readonly format?: AuditExportFormat | undefined
}

/**
 * Makes the exporter, whose streams hold one page in memory.
 * @throws Problem `invalid-input` for filters of the chain
 */
export function createExporter(needs: LogExporterNeeds & { readonly version: string }) {
  const exportLog = createLogExporter(needs)
  const exportEntries = createEntryExporter({
    list: createEntryReader(needs.store),
    version: needs.version,
  })
  return (workspaceId: string, request: ExportRequest = {}): ReadableStream<Uint8Array> => {
    const { format = 'jsonl', ...filters } = request
    if (format !== 'jsonl') return streamOf(exportEntries(workspaceId, format, filters))
    const given = Object.entries(filters).find(([, value]) => value !== undefined)
    if (given !== undefined) throw partOfChain(given[0])
    return streamOf(exportLog(workspaceId))
  }
}

const partOfChain = (field: string) =>
  new Problem('invalid-input', 'A part of the chain cannot be verified, so it takes no filter.', {
    next: 'Leave the filter out, or ask for csv or ocsf.',
    fields: [{ field, message: 'goes with the formats csv and ocsf alone' }],
  })
