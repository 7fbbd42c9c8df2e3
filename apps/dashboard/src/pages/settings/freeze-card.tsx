import { Snowflake } from 'lucide-react'
import { useState } from 'react'
import { type Output, useAction } from '../../api.ts'
import { Button } from '../../components/button.tsx'
import { Card } from '../../components/card.tsx'
import { ConfirmDialog } from '../../components/dialog.tsx'
import { ProblemNotice } from '../../components/notice.tsx'
import { Time } from '../../components/time.tsx'
import { useToast } from '../../components/toast.tsx'

interface FreezeCardProps {
  readonly workspace: Output<'getWorkspace'>['workspace']
  readonly mayChange: boolean
}

/** Stopping every agent at once, and letting them work again. */
export function FreezeCard({ workspace, mayChange }: FreezeCardProps) {
  const toast = useToast()
  const [asking, setAsking] = useState(false)
  const freeze = useAction('freezeWorkspace', {
    invalidates: ['session'],
    onDone: ({ endedCalls }) => {
      toast(endedCalls === 0 ? 'Frozen' : `Frozen; ${endedCalls} running calls ended`)
      setAsking(false)
    },
  })
  const unfreeze = useAction('unfreezeWorkspace', {
    invalidates: ['session'],
    onDone: () => toast('Agents can work again'),
  })
  const { frozen, frozenAt, frozenBy } = workspace
  return (
    <Card
      title="Freeze everything"
      description="Running calls end, and no request of any agent goes out until you unfreeze. Nothing is lost: keys, policies and what waits for approval stay."
    >
      <div className="grid gap-3">
        {unfreeze.error !== null && <ProblemNotice error={unfreeze.error} />}
        {frozen && (
          <p>
            Frozen
            {frozenAt !== undefined && (
              <>
                {' '}
                <Time at={frozenAt} />
              </>
            )}
            {frozenBy !== undefined && <> by {frozenBy.email}</>}.
          </p>
        )}
        {!mayChange && <p className="text-ink-soft">Only an owner or admin can do this.</p>}
        {mayChange &&
          (frozen ? (
            <div>
              <Button
                variant="primary"
                busy={unfreeze.isPending}
                onClick={() => unfreeze.mutate({})}
              >
                Unfreeze
              </Button>
            </div>
          ) : (
            <div>
              <Button variant="danger" onClick={() => setAsking(true)}>
                <Snowflake aria-hidden="true" /> Freeze everything
              </Button>
            </div>
          ))}
      </div>
      <ConfirmDialog
        title="Freeze everything?"
        confirmLabel="Freeze"
        danger
        open={asking}
        busy={freeze.isPending}
        error={freeze.error}
        onConfirm={() => freeze.mutate({})}
        onClose={() => setAsking(false)}
      >
        <p>Every agent of this workspace stops at once, on all connections.</p>
      </ConfirmDialog>
    </Card>
  )
}
