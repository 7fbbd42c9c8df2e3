import type { ConnectFlow } from '@sallyport/contracts'
import { useNavigate } from '@tanstack/react-router'
import { useAction } from '../../api.ts'
import { Button } from '../../components/button.tsx'
import { ProblemNotice } from '../../components/notice.tsx'

/** Ends an attempt to connect. */
export function GiveUp({ flow }: { flow: ConnectFlow }) {
  const navigate = useNavigate()
  const cancel = useAction('cancelConnectFlow', {
    onDone: () => void navigate({ to: '/connections' }),
  })
  return (
    <>
      <Button busy={cancel.isPending} onClick={() => cancel.mutate({ flowId: flow.id })}>
        Cancel
      </Button>
      {cancel.error !== null && <ProblemNotice error={cancel.error} />}
    </>
  )
}
