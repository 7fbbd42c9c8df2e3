import { Problem } from '@sallyport/contracts'
import type { SqlGate } from './gate/sql-gate.ts'
import { sourceGone } from './source-problems.ts'
import type { SourceOfCall } from './source-store.ts'

/**
 * Looks at a model's own query before anything is decided: what would never be run is told at once, and no owner is asked about it.
 * The engine looks again (S-39).
 * @throws Problem invalid-arguments, upstream-not-connected
 */
export const createQueryCheck =
  ({
    findForCall,
    gate,
  }: {
    readonly findForCall: (id: string) => Promise<SourceOfCall | undefined>
    readonly gate: Pick<SqlGate, 'checkQuery'>
  }) =>
  async (sourceId: string, statement: string): Promise<void> => {
    const source = await findForCall(sourceId)
    if (source === undefined) throw sourceGone()
    const verdict = await gate.checkQuery(source.dialect, statement)
    if (verdict.ok) return
    throw new Problem('invalid-arguments', `The query is not taken: ${verdict.reason}`, {
      next: 'Write one SELECT of tables and plain functions, and send it again.',
      fields: [{ field: 'statement', message: verdict.reason }],
    })
  }
