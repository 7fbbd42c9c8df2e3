import { type FieldFault, Problem, type ProblemType } from '@sallyport/contracts'
import type { DocumentInput, ImportDocument } from '../import/import-document.ts'
import type { ImportedToolset } from '../import/imported-toolset.ts'
import type { ReadSqlDocument, SqlDocument, SqlDocumentInput } from '../import/sql/sql-document.ts'
import { toolDigest } from '../tool-digest.ts'
import { definitionsOf } from '../toolsets/read-source.ts'
import type { ExportedToolset, Exporter, Exporters } from '../toolsets/toolsets-needs.ts'

/** What takes long, as one thread tells it another: plain data. */
export type ApartTask =
  | { readonly task: 'import'; readonly input: DocumentInput }
  | { readonly task: 'read-sql'; readonly input: SqlDocumentInput }
  | {
      readonly task: 'export'
      readonly format: keyof Exporters
      readonly toolset: Parameters<Exporter>[0]
    }

/** What becomes of it. */
export type ApartAnswer =
  | {
      readonly outcome: 'imported'
      readonly imported: ImportedToolset
      /** Of the definitions, in their order: they cost as much as all the rest. */
      readonly digests: readonly string[]
    }
  | { readonly outcome: 'exported'; readonly exported: ExportedToolset }
  | { readonly outcome: 'read'; readonly read: SqlDocument }
  | {
      readonly outcome: 'refused'
      readonly type: ProblemType
      readonly detail: string
      readonly next: string | undefined
      readonly fields: readonly FieldFault[] | undefined
    }

/** Does one task, in the thread that was started for it; only what nobody expected is thrown. */
export function answerTask(
  task: ApartTask,
  {
    importDocument,
    readSqlDocument,
    exporters,
  }: {
    importDocument: ImportDocument
    readSqlDocument: ReadSqlDocument
    exporters: Exporters
  },
): ApartAnswer {
  try {
    if (task.task === 'read-sql') return { outcome: 'read', read: readSqlDocument(task.input) }
    if (task.task === 'export') {
      return { outcome: 'exported', exported: exporters[task.format](task.toolset) }
    }
    const imported = importDocument(task.input)
    return { outcome: 'imported', imported, digests: definitionsOf(imported.tools).map(toolDigest) }
  } catch (thrown) {
    if (!(thrown instanceof Problem)) throw thrown
    const { type, detail, next, fields } = thrown
    return { outcome: 'refused', type, detail, next, fields }
  }
}
