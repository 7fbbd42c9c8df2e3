import type { Approval } from '@sallyport/contracts'
import { useQueryClient } from '@tanstack/react-query'
import { useEffect, useState } from 'react'
import { query } from '../../api.ts'
import { useNowMs } from './clock.ts'

/** How long an approval can still be decided or used. */
export interface Expiry {
  /** Undefined where it does not matter, or where this computer's clock is not that of the vault. */
  readonly leftMs: number | undefined
  /** The time is up by this computer's clock, and the vault has not said otherwise. */
  readonly isOver: boolean
}

/** Counts down. At the end the vault is asked: its clock decides, and not this computer's. */
export function useExpiry({ id, status, expiresAt }: Approval): Expiry {
  const queryClient = useQueryClient()
  const nowMs = useNowMs()
  const [askedFor, setAskedFor] = useState<string>()
  const isOpen = status === 'pending' || status === 'approved'
  const leftMs = Date.parse(expiresAt) - nowMs
  const isDue = isOpen && leftMs <= 0
  useEffect(() => {
    if (!isDue) return
    const { queryKey } = query('getApproval', { approvalId: id })
    void queryClient.refetchQueries({ queryKey }).then(() => setAskedFor(expiresAt))
  }, [isDue, id, expiresAt, queryClient])
  const isClockOff = isDue && askedFor === expiresAt
  return {
    leftMs: isOpen && !isClockOff ? leftMs : undefined,
    isOver: isDue && !isClockOff,
  }
}
