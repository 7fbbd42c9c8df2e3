import type { Alert } from '@sallyport/contracts'
import { Check } from 'lucide-react'
import { useAction } from '../api.ts'
import { useMay } from '../session.ts'
import { Button } from './button.tsx'
import { useToast } from './toast.tsx'

/** Says that somebody has looked at an alert; nothing for who may not, and where somebody has. */
export function AcknowledgeAlert({ alert }: { alert: Alert }) {
  const toast = useToast()
  const acknowledge = useAction('acknowledgeAlert', { onDone: () => toast('Acknowledged') })
  const mayWrite = useMay('approvals:write')
  if (!mayWrite || alert.status !== 'open') return null
  return (
    <Button
      size="sm"
      busy={acknowledge.isPending}
      onClick={() =>
        acknowledge.mutate(
          { alertId: alert.id },
          { onError: () => toast('Not acknowledged. Try again.', 'bad') },
        )
      }
    >
      <Check aria-hidden="true" /> Acknowledge
    </Button>
  )
}
