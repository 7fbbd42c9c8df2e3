import { useNavigate } from '@tanstack/react-router'
import { type ReactNode, useState } from 'react'
import { type Output, useAction } from '../../api.ts'
import { Button } from '../../components/button.tsx'
import { Card } from '../../components/card.tsx'
import { ConfirmDialog } from '../../components/dialog.tsx'
import { useToast } from '../../components/toast.tsx'
import { useMay } from '../../session.ts'
import { NewCode } from './enrolment-notice.tsx'

type Agent = Output<'getAgent'>['agent']

/** What else an agent's life changes with. */
const touched = ['approvals', 'capability-requests', 'policies', 'audit']

/** What can be done to an agent, each with what will happen. */
export function AgentActions({ agent }: { agent: Agent }) {
  const mayWrite = useMay('agents:write')
  if (!mayWrite) {
    return (
      <Card title="Control">
        <p className="text-ink-soft">Stopping or changing an agent needs another role.</p>
      </Card>
    )
  }
  return (
    <Card title="Control" flush>
      <ul className="divide-y divide-line">
        <Row title="New key" about="Its program was moved, or its key may be known to others.">
          <NewCode agent={agent} label="New enrolment code" />
        </Row>
        {actions
          .filter(({ isOffered }) => isOffered(agent))
          .map((action) => (
            <SimpleAction key={action.operation} agent={agent} action={action} />
          ))}
        <DeleteAgent agent={agent} />
      </ul>
    </Card>
  )
}

interface SimpleAgentAction {
  readonly operation: 'stopAgent' | 'resetAgent' | 'disableAgent' | 'enableAgent'
  readonly title: string
  readonly about: string
  readonly label: string
  readonly question: string
  readonly happens: string
  readonly done: string
  readonly danger: boolean
  readonly isOffered: (agent: Agent) => boolean
}

const actions: readonly SimpleAgentAction[] = [
  {
    operation: 'stopAgent',
    title: 'Stop',
    about: 'End what it is doing just now.',
    label: 'Stop',
    question: 'Stop what it is doing?',
    happens:
      'Its running calls end at once. What an upstream has already received is not taken back. New calls are served: to keep it out, disable it.',
    done: 'Running calls ended',
    danger: true,
    isOffered: ({ status }) => status === 'active',
  },
  {
    operation: 'resetAgent',
    title: 'Reset',
    about: 'Let it begin anew: without tokens and without open requests.',
    label: 'Reset',
    question: 'Reset this agent?',
    happens:
      'Its tokens and running calls end, and its open requests for approvals and capabilities are cancelled. It keeps its key and its policies, and signs in again by itself.',
    done: 'Agent reset',
    danger: true,
    isOffered: ({ status }) => status !== 'pending',
  },
  {
    operation: 'disableAgent',
    title: 'Disable',
    about: 'Refuse everything from it until you enable it.',
    label: 'Disable',
    question: 'Disable this agent?',
    happens:
      'Everything it asks for is refused at once, its running calls end, what waits for your approval is cancelled, and an unused enrolment code stops working. It keeps its key and its policies for when you enable it.',
    done: 'Agent disabled',
    danger: true,
    isOffered: ({ status }) => status !== 'disabled',
  },
  {
    operation: 'enableAgent',
    title: 'Enable',
    about: 'It is disabled: everything it asks for is refused.',
    label: 'Enable',
    question: 'Enable this agent?',
    happens: 'It can sign in again with the key that it has, and do what its policies say.',
    done: 'Agent enabled',
    danger: false,
    isOffered: ({ status }) => status === 'disabled',
  },
]

function SimpleAction({ agent, action }: { agent: Agent; action: SimpleAgentAction }) {
  const [open, setOpen] = useState(false)
  const toast = useToast()
  const run = useAction(action.operation, {
    invalidates: touched,
    onDone: () => {
      setOpen(false)
      toast(action.done)
    },
  })
  return (
    <Row title={action.title} about={action.about}>
      <Button size="sm" onClick={() => setOpen(true)}>
        {action.label}
      </Button>
      <ConfirmDialog
        title={action.question}
        confirmLabel={action.label}
        danger={action.danger}
        open={open}
        busy={run.isPending}
        error={run.error}
        onConfirm={() => run.mutate({ agentId: agent.id })}
        onClose={() => setOpen(false)}
      >
        <p className="font-medium text-ink [overflow-wrap:anywhere]">{agent.name}</p>
        <p>{action.happens}</p>
      </ConfirmDialog>
    </Row>
  )
}

function DeleteAgent({ agent }: { agent: Agent }) {
  const [open, setOpen] = useState(false)
  const navigate = useNavigate()
  const toast = useToast()
  const remove = useAction('deleteAgent', {
    invalidates: touched,
    onDone: () => {
      toast('Agent deleted')
      void navigate({ to: '/agents' })
    },
  })
  return (
    <Row title="Delete" about="Take it away with its key and its policies.">
      <Button size="sm" variant="danger" onClick={() => setOpen(true)}>
        Delete
      </Button>
      <ConfirmDialog
        title="Delete this agent?"
        confirmLabel="Delete"
        danger
        open={open}
        busy={remove.isPending}
        error={remove.error}
        onConfirm={() => remove.mutate({ agentId: agent.id })}
        onClose={() => setOpen(false)}
      >
        <p className="font-medium text-ink [overflow-wrap:anywhere]">{agent.name}</p>
        <p>
          Its key, tokens and policies are deleted, and its calls end at once. This cannot be
          undone. What it did stays in the audit log.
        </p>
      </ConfirmDialog>
    </Row>
  )
}

interface RowProps {
  readonly title: string
  readonly about: string
  readonly children: ReactNode
}

function Row({ title, about, children }: RowProps) {
  return (
    <li className="flex flex-wrap items-center justify-between gap-x-4 gap-y-2 px-5 py-3">
      <div className="min-w-0 flex-1 basis-52">
        <p className="font-medium">{title}</p>
        <p className="text-[0.93rem] text-ink-soft">{about}</p>
      </div>
      {children}
    </li>
  )
}
