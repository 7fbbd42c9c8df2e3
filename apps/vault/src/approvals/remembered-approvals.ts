import {
  type InputOf,
  type listRememberedApprovals,
  type OutputOf,
  Problem,
  type RememberedApproval,
  type revokeRememberedApproval,
} from '@sallyport/contracts'
import type { AuthenticatedOwner } from '../identity/caller.ts'
import { isLookupId } from '../paging/lookup-id.ts'
import { readPage, writePage } from '../paging/page-cursor.ts'
import type { ApprovalsRoomNeeds } from './approvals-room-needs.ts'
import { sealedFieldsContext } from './remember.ts'
import type { NamedRemembered } from './remembered-store.ts'

type Owner = Pick<AuthenticatedOwner, 'workspaceId' | 'ownerId' | 'scopes'>

/** What people do with answers that count for more than one request. */
interface RememberedApprovals {
  /** The workspace's, newest first. */
  listRemembered(
    owner: Owner,
    input: InputOf<typeof listRememberedApprovals>,
  ): Promise<OutputOf<typeof listRememberedApprovals>>
  /** From then on an owner is asked again; what is on its way goes on. @throws Problem remembered-approval-not-found */
  revokeRemembered(
    owner: Owner,
    input: InputOf<typeof revokeRememberedApproval>,
  ): Promise<OutputOf<typeof revokeRememberedApproval>>
  /** @throws Problem remembered-approval-not-found */
  getRemembered(owner: Owner, id: string): Promise<RememberedApproval>
}

/** Builds it. One of another workspace is like one that does not exist (S-09). */
export function createRememberedApprovals(needs: ApprovalsRoomNeeds): RememberedApprovals {
  const { remembered: store } = needs
  return {
    async listRemembered(
      owner: Owner,
      {
        policyId,
        agentId,
        connectionId,
        status,
        ...input
      }: InputOf<typeof listRememberedApprovals>,
    ): Promise<OutputOf<typeof listRememberedApprovals>> {
      const isKnown = [policyId, agentId, connectionId].every(
        (id) => id === undefined || isLookupId(id),
      )
      const wanted = { ...readPage(input), policyId, agentId, connectionId, status }
      const rows = isKnown ? await store.list(owner.workspaceId, wanted) : []
      const { page, ...rest } = writePage(rows, input)
      const rememberedApprovals = await Promise.all(page.map((row) => view(needs, owner, row)))
      return { rememberedApprovals, ...rest }
    },

    async revokeRemembered(
      owner: Owner,
      { rememberedApprovalId: id }: InputOf<typeof revokeRememberedApproval>,
    ): Promise<OutputOf<typeof revokeRememberedApproval>> {
      const { workspaceId, ownerId } = owner
      if (!isLookupId(id)) throw notFound()
      const isEnded = await store.revoke(workspaceId, id, ownerId)
      const row = await store.find(workspaceId, id)
      if (row === undefined) throw notFound()
      if (isEnded) await recordRevoked(needs, row, ownerId)
      return { rememberedApproval: await view(needs, owner, row) }
    },

    async getRemembered(owner: Owner, id: string): Promise<RememberedApproval> {
      const row = await store.find(owner.workspaceId, id)
      if (row === undefined) throw notFound()
      return view(needs, owner, row)
    },
  }
}

async function recordRevoked(
  needs: ApprovalsRoomNeeds,
  row: NamedRemembered,
  ownerId: string,
): Promise<void> {
  const { workspaceId, agentId, connectionId, policyId, method, path, digest } = row
  await needs.audit.record({
    ...{ workspaceId, ownerId, agentId, connectionId, policyId, method, path },
    host: new URL(row.origin).host,
    requestDigest: digest,
    auditId: needs.newId('audit'),
    operation: 'revokeRememberedApproval',
    outcome: 'done',
    detail: { rememberedApprovalId: row.id, used: row.used, uses: row.uses },
  })
}

/** One and the same for what does not exist and for what is another workspace's (S-09). */
const notFound = () =>
  new Problem('remembered-approval-not-found', 'There is no such remembered approval.', {
    next: 'List the remembered approvals to see which there are.',
  })

/** What fixed fields say is a part of a request: only who may read requests sees it. */
async function view(
  needs: ApprovalsRoomNeeds,
  { scopes }: Owner,
  row: NamedRemembered,
): Promise<RememberedApproval> {
  const values = scopes.has('approvals:read') ? await openFields(needs, row) : {}
  return {
    id: row.id,
    policyId: row.policyId,
    agent: { id: row.agentId, name: row.agentName },
    connection: {
      ...{ id: row.connectionId, label: row.connectionLabel, service: row.connectionService },
    },
    status: row.status,
    scope: row.scope,
    method: row.method,
    origin: row.origin,
    path: row.path,
    fields: row.fields.map((name) => {
      const value = Object.hasOwn(values, name) ? values[name] : undefined
      return { name, ...(typeof value === 'string' && { value }) }
    }),
    uses: row.uses,
    used: row.used,
    createdBy: { ownerId: row.createdBy, email: row.createdByEmail },
    createdAt: row.createdAt.toISOString(),
    expiresAt: row.expiresAt.toISOString(),
    ...(row.lastUsedAt !== null && { lastUsedAt: row.lastUsedAt.toISOString() }),
    ...(row.revokedAt !== null && { revokedAt: row.revokedAt.toISOString() }),
    approvalId: row.approvalId,
  }
}

async function openFields(
  { keyring }: ApprovalsRoomNeeds,
  { id, workspaceId, sealed, fields }: NamedRemembered,
): Promise<Partial<Record<string, unknown>>> {
  if (sealed === null || fields.length === 0) return {}
  const text = await keyring.open(sealedFieldsContext({ id, workspaceId }), sealed)
  const values: unknown = JSON.parse(Buffer.from(text).toString('utf8'))
  return typeof values === 'object' && values !== null ? { ...values } : {}
}
