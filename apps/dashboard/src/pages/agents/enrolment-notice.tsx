import { useState } from 'react'
import { type Output, useAction } from '../../api.ts'
import { Button } from '../../components/button.tsx'
import { ConfirmDialog, Dialog } from '../../components/dialog.tsx'
import { Notice } from '../../components/notice.tsx'
import { useMay } from '../../session.ts'
import { EnrolAgent } from './enrol-agent.tsx'

type Agent = Output<'getAgent'>['agent']

/** That an agent has no key yet, and how it gets one. */
export function EnrolmentNotice({ agent }: { agent: Agent }) {
  if (agent.status !== 'pending') return null
  return (
    <Notice
      tone="warn"
      title="It has no key yet."
      action={<NewCode agent={agent} label="Give it a key" />}
    >
      <p>It can do nothing until it has enrolled one.</p>
    </Notice>
  )
}

interface NewCodeProps {
  readonly agent: Agent
  readonly label: string
}

/** Issues an enrolment code; asks first where that will end a key that works. */
export function NewCode({ agent, label }: NewCodeProps) {
  const [isAsking, setAsking] = useState(false)
  const [issued, setIssued] = useState<Output<'issueBootstrapSecret'>>()
  const issue = useAction('issueBootstrapSecret', {
    onDone: (answer) => {
      setAsking(false)
      setIssued(answer)
    },
  })
  if (!useMay('agents:write')) return null
  const start = () => issue.mutate({ agentId: agent.id })
  return (
    <>
      <Button size="sm" busy={issue.isPending} onClick={() => setAsking(true)}>
        {label}
      </Button>
      <ConfirmDialog
        title="Issue an enrolment code?"
        confirmLabel="Issue it"
        open={isAsking}
        busy={issue.isPending}
        error={issue.error}
        onConfirm={start}
        onClose={() => setAsking(false)}
      >
        <p>
          {agent.keyThumbprint === undefined
            ? 'It works once, within an hour, and gives the agent its key. A code that you issued before stops working.'
            : 'It works once, within an hour. When it is used, the new key replaces the present one and the agent’s tokens end; until then the present key goes on working.'}
        </p>
      </ConfirmDialog>
      <Dialog
        title="Give it its key"
        description={agent.name}
        open={issued !== undefined}
        onClose={() => setIssued(undefined)}
      >
        {issued !== undefined && <EnrolAgent issued={issued} />}
      </Dialog>
    </>
  )
}
