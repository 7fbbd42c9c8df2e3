import type { Approval, Problem, Remember, RememberedApproval } from '@sallyport/contracts'
import { useQueryClient } from '@tanstack/react-query'
import { useRef } from 'react'
import { query, useAction } from '../../api.ts'
import { useConnectionState } from '../../events.ts'
import { useMay, useSession } from '../../session.ts'

/** An owner's answer to one request, and why it can not be given where it can not. */
export interface Decision {
  approve(): void
  /** Approves, and lets the answer count for more than this request. True where it did. */
  approveAndRemember(remember: Remember): Promise<boolean>
  deny(note: string | undefined): Promise<void>
  /** What was remembered with the answer that was just given here. */
  readonly remembered: RememberedApproval | undefined
  /** What is under way. */
  readonly busy: 'approve' | 'deny' | undefined
  /** Why the last try failed. */
  readonly error: Problem | null
  /** Why nothing can be decided here; a sentence. */
  readonly blocked: string | undefined
  /** Why only approving is not possible; a sentence. */
  readonly approveBlocked: string | undefined
}

/** Builds the answer to one request. `isShown`: the exact request stands on the screen. */
export function useDecision(approval: Approval, isShown: boolean): Decision {
  const queryClient = useQueryClient()
  const isRunning = useRef(false)
  const show = (answered: Approval) => {
    const { queryKey } = query('getApproval', { approvalId: approval.id })
    queryClient.setQueryData<{ approval: Approval }>(
      queryKey,
      (known) => known && { approval: { ...known.approval, ...answered } },
    )
  }
  const options = { onDone: (output: { approval: Approval }) => show(output.approval) }
  const approving = useAction('approveRequest', {
    ...options,
    invalidates: ['remembered-approvals'],
  })
  const denying = useAction('denyRequest', options)
  const approvalId = approval.id
  /** One at a time: a second press while the first is under way is none. */
  const once = async (work: () => Promise<unknown>) => {
    if (isRunning.current) return
    isRunning.current = true
    approving.reset()
    denying.reset()
    try {
      await work()
    } catch {
      // Shown on the card. What it says may be out of date now: somebody else decided, or time is up.
      await queryClient.invalidateQueries({ queryKey: ['approvals'] })
    } finally {
      isRunning.current = false
    }
  }
  return {
    approve: () => void once(() => approving.mutateAsync({ approvalId })),
    approveAndRemember: async (remember) => {
      let isDone = false
      await once(async () => {
        await approving.mutateAsync({ approvalId, remember })
        isDone = true
      })
      return isDone
    },
    deny: (note) =>
      once(() => denying.mutateAsync({ approvalId, ...(note !== undefined && { note }) })),
    remembered: approving.data?.rememberedApproval,
    busy: approving.isPending ? 'approve' : denying.isPending ? 'deny' : undefined,
    error: approving.error ?? denying.error,
    ...useBlocks(approval, isShown),
  }
}

function useBlocks(
  { approvedBy }: Approval,
  isShown: boolean,
): Pick<Decision, 'blocked' | 'approveBlocked'> {
  const may = useMay('approvals:write')
  const isOffline = useConnectionState() === 'offline'
  const ownerId = useSession()?.owner.id
  const blocked = !may
    ? 'Your role can see what agents ask and not decide it. An owner of the workspace can change the role.'
    : isOffline
      ? 'You are offline. Deciding is possible again when the network is back.'
      : undefined
  const approveBlocked = approvedBy.some((answer) => answer.ownerId === ownerId)
    ? 'You have approved. A second person has to.'
    : isShown
      ? undefined
      : 'The exact request is not on the screen yet.'
  return { blocked, approveBlocked }
}
