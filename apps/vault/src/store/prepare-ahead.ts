import type postgres from 'postgres'
import { approvalStatements } from './approval-spending.ts'
import type { AuditBatch, LockedAppend } from './audit-batch.ts'
import { deleteOpen, selectHead, writeBatch } from './audit-statements.ts'
import { limitStatements } from './limits.ts'

// The driver asks the server for the types of a statement's parameters before it runs it on a connection for the first time. Under
// the lock of a chain's head, others would wait for each of these questions: after the database was started anew, ten ways to it.

/** Has what a request will ask under the lock prepared on the transaction's connection: nothing is asked where it was before. */
export type Preparer = (
  tx: postgres.TransactionSql,
  pid: number,
  request: LockedAppend,
) => Promise<void>

type Kind = 'always' | 'limits' | 'closing' | 'spendings'

/** Connections that are remembered; one that is forgotten, or is new under an old number, costs time and nothing else. */
const knownMax = 1_000

/** Makes one for a pool of connections. */
export function createPreparer(): Preparer {
  const known = new Map<number, Set<Kind>>()
  return async (tx, pid, request) => {
    const prepared = known.get(pid) ?? new Set()
    const missing = kindsOf(request).filter((kind) => !prepared.has(kind))
    if (missing.length === 0) return
    const statements = missing.flatMap((kind) => statementsOf(tx, kind))
    // The driver is told of the last before the server is done with it: until then it would send what follows one by one.
    await Promise.all([...statements.map((statement) => statement.describe()), tx`select`])
    for (const kind of missing) prepared.add(kind)
    if (known.size >= knownMax) known.clear()
    known.set(pid, prepared)
  }
}

const kindsOf = ({ policyIds, closing, spendings = [] }: LockedAppend): Kind[] => [
  'always',
  ...(policyIds.length > 0 ? (['limits'] as const) : []),
  ...(closing.length > 0 ? (['closing'] as const) : []),
  ...(spendings.length > 0 ? (['spendings'] as const) : []),
]

const nothing = new Uint8Array()
const head = { seq: 0, hash: nothing, mac: nothing }
const batch: AuditBatch = {
  ...{ workspaceId: '', from: head, head, rows: [], hashes: nothing, macs: nothing },
  ...{ opened: [], ended: [], limits: { windows: [], leases: [], settled: [] } },
}
const limited: AuditBatch = { ...batch, limits: { windows: [], leases: [], settled: [''] } }

type Describable = Pick<postgres.PendingQuery<postgres.Row[]>, 'describe'>

/** Only their text and the types of what is handed over count. */
function statementsOf(tx: postgres.TransactionSql, kind: Kind): readonly Describable[] {
  switch (kind) {
    case 'always':
      return [selectHead(tx, ''), writeBatch(tx, batch, 'fails')]
    case 'limits':
      return [...limitStatements(tx), writeBatch(tx, limited, 'fails')]
    case 'closing':
      return [deleteOpen(tx, [''])]
    case 'spendings':
      return approvalStatements(tx)
  }
}
