import { randomBytes } from 'node:crypto'
import type { AuditEvent } from '../audit/entry.ts'
import { ForeignHead } from '../audit/epochs.ts'
import { recordEvent } from '../audit/record-event.ts'
import { type AuditKeyRing, openAuditKeys } from '../credentials/audit-key-ring.ts'
import type { OwnRootKeySource } from '../credentials/root-key-source.ts'
import { createRootKeys, type RootKeys } from '../credentials/root-keys.ts'
import { createAuditStore } from '../store/audit.ts'
import type { Database } from '../store/database.ts'
import { createIds } from '../store/ids.ts'
import { createRootKeyStore } from '../store/root-keys.ts'

// What an operator does to a vault stands in the audit logs of its workspaces, written beside the vaults that run or before any does.

/** Where an operator is at work. */
export interface OperatorPlace {
  readonly database: Database
  readonly source: OwnRootKeySource
}

export const newAuditId = (): string => createIds({ now: Date.now, randomBytes })('audit')

/** All keys that this environment has, with those of the audit log that they open. */
export async function openRing({
  database,
  source,
}: OperatorPlace): Promise<{ rootKeys: RootKeys; ring: AuditKeyRing }> {
  const shelf = createRootKeyStore(database)
  const rootKeys = createRootKeys({ known: await source.load(await shelf.list()), source, shelf })
  const ring = await openAuditKeys({ listSecrets: shelf.listSecrets, find: rootKeys.find })
  return { rootKeys, ring }
}

/** What writes into audit logs; a log that was changed from outside is passed over, and `onProgress` told so. */
export async function openRecorder(at: OperatorPlace, onProgress: (sentence: string) => void) {
  const { ring } = await openRing(at)
  const needs = { store: createAuditStore(at.database), keys: ring, now: Date.now }
  return async (event: Pick<AuditEvent, 'workspaceId' | 'operation' | 'detail'>) => {
    try {
      await recordEvent(needs, { ...event, auditId: newAuditId(), outcome: 'done' })
    } catch (error) {
      // Somebody who spoils a log must not keep the operator from replacing a key.
      if (!(error instanceof ForeignHead)) throw error
      onProgress(
        `${event.workspaceId}: this is not in its audit log, which has been changed from outside.`,
      )
    }
  }
}
