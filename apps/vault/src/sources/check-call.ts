import { Problem } from '@sallyport/contracts'
import type { SqlGate } from './gate/sql-gate.ts'
import type { SourceOfCall } from './source-store.ts'

/** A call as it is about to be frozen. */
interface FreshCall {
  readonly scheme: string
  /** The source’s id. */
  readonly target: string
  readonly payload: unknown
}

/**
 * Looks at a model's own query before anything is decided: what would never be run is told at once, and no owner is asked about it.
 * The engine looks again (S-39).
 * @throws Problem invalid-arguments, upstream-not-connected
 */
export const createSourceCallCheck =
  ({
    findForCall,
    gate,
  }: {
    readonly findForCall: (id: string) => Promise<SourceOfCall | undefined>
    readonly gate: Pick<SqlGate, 'checkQuery'>
  }) =>
  async ({ scheme, target, payload }: FreshCall): Promise<void> => {
    const statement = scheme === 'sql' ? queryOf(payload) : undefined
    if (statement === undefined) return
    const source = await findForCall(target)
    if (source === undefined) {
      throw new Problem('upstream-not-connected', 'The SQL source of this tool is gone.', {
        next: 'List your tools again: it is no longer among them.',
      })
    }
    const verdict = await gate.checkQuery(source.dialect, statement)
    if (verdict.ok) return
    throw new Problem('invalid-arguments', `The query is not taken: ${verdict.reason}`, {
      next: 'Write one SELECT of tables and plain functions, and send it again.',
      fields: [{ field: 'statement', message: verdict.reason }],
    })
  }

function queryOf(payload: unknown): string | undefined {
  if (typeof payload !== 'object' || payload === null) return undefined
  if (!('run' in payload) || payload.run !== 'query' || !('statement' in payload)) return undefined
  return typeof payload.statement === 'string' ? payload.statement : undefined
}
