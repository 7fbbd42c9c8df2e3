import type { IdentityEvent } from './audit-event.ts'

interface Person {
  readonly ownerId: string
  readonly workspaceId: string
}

/** What a person did, for the audit log. */
export const ownerEvent = (
  { ownerId, workspaceId }: Person,
  operation: string,
  detail?: NonNullable<IdentityEvent['detail']>,
): IdentityEvent => ({
  workspaceId,
  ownerId,
  operation,
  outcome: 'done',
  ...(detail !== undefined && { detail }),
})
