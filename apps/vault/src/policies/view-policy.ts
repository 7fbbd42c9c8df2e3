import type { Policy } from '@sallyport/contracts'
import type { StoredPolicy } from './policy-store.ts'

/** A policy as an owner sees it. */
export const viewPolicy = (row: StoredPolicy): Policy => ({
  ...row.document,
  id: row.id,
  agentId: row.agentId,
  connectionId: row.connectionId,
  version: row.version,
  createdAt: row.createdAt.toISOString(),
  updatedAt: row.updatedAt.toISOString(),
})
