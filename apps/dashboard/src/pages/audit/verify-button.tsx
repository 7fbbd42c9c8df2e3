import { useMutation } from '@tanstack/react-query'
import { ShieldCheck } from 'lucide-react'
import { asProblem, client, type Output } from '../../api.ts'
import { Button } from '../../components/button.tsx'
import { Dialog } from '../../components/dialog.tsx'
import { Notice, ProblemNotice } from '../../components/notice.tsx'
import { Time } from '../../components/time.tsx'

/** Long logs take a while; the vault reads every record. */
const verifyMsMax = 10 * 60_000

/** Has the vault check the whole chain, and says what it found. */
export function VerifyButton() {
  const verify = useMutation({
    mutationFn: () => client.call('verifyAudit', {}, { timeoutMs: verifyMsMax }),
  })
  return (
    <>
      <Button busy={verify.isPending} onClick={() => verify.mutate()}>
        <ShieldCheck aria-hidden="true" /> Verify
      </Button>
      <Dialog
        title="Verification of the audit log"
        open={!verify.isPending && (verify.data !== undefined || verify.error !== null)}
        onClose={verify.reset}
      >
        {verify.error !== null && <ProblemNotice error={asProblem(verify.error)} />}
        {verify.data !== undefined && <Found found={verify.data} />}
      </Dialog>
    </>
  )
}

function Found({ found }: { found: Output<'verifyAudit'> }) {
  const { ok, checked, firstBad, reason, lastCheckpoint, start } = found
  const records = checked.toLocaleString('en')
  return (
    <div className="grid gap-3">
      {ok ? (
        <Notice tone="good" title="Nothing was changed or removed.">
          <p>All {records} records were checked against the chain, its keys and the checkpoints.</p>
        </Notice>
      ) : (
        <Notice tone="bad" title="The log has been tampered with.">
          <p>
            {firstBad !== undefined && <>The first bad record has the number {firstBad}. </>}
            {reason}
          </p>
        </Notice>
      )}
      {start !== undefined && (
        <p className="text-[0.93rem] text-ink-soft">
          The log begins at record {(start.seq + 1).toLocaleString('en')}: earlier entries were
          removed by retention, the last time on <Time at={start.at} exact />.
        </p>
      )}
      {lastCheckpoint !== undefined && (
        <p className="text-[0.93rem] text-ink-soft">
          The last signed checkpoint is of <Time at={lastCheckpoint.at} exact />, at record{' '}
          {lastCheckpoint.seq.toLocaleString('en')}.
        </p>
      )}
      <p className="text-[0.93rem] text-ink-soft">
        Somebody who does not trust this vault checks an export with{' '}
        <code className="font-mono text-[0.87rem]">sallyport audit verify</code>.
      </p>
    </div>
  )
}
