import { createAgent } from '@sallyport/contracts'
import { useState } from 'react'
import { type Output, useAction } from '../../api.ts'
import { Button, LinkButton } from '../../components/button.tsx'
import { Dialog } from '../../components/dialog.tsx'
import { Form } from '../../components/form.tsx'
import { TextField } from '../../components/form-fields.tsx'
import { EnrolAgent } from './enrol-agent.tsx'

interface AddAgentProps {
  readonly open: boolean
  readonly onClose: () => void
}

/** A name, then the ways in which the program gets its key. */
export function AddAgent({ open, onClose }: AddAgentProps) {
  const [made, setMade] = useState<Output<'createAgent'>>()
  const create = useAction('createAgent', { onDone: setMade })
  const close = () => {
    // The code is not kept anywhere: whoever comes back issues a new one.
    setMade(undefined)
    onClose()
  }
  if (made === undefined) {
    return (
      <Dialog
        title="Add an agent"
        description="One for each program, so that each can be allowed and stopped by itself."
        open={open}
        onClose={close}
      >
        <Form
          schema={createAgent.input}
          defaults={{ name: '' }}
          onSubmit={create.mutateAsync}
          submitLabel="Add it"
          actions={<Button onClick={close}>Cancel</Button>}
        >
          <TextField name="name" label="Name" autoComplete="off" hint="What you call it." />
        </Form>
      </Dialog>
    )
  }
  return (
    <Dialog title="Give it its key" description={made.agent.name} open={open} onClose={close}>
      <EnrolAgent issued={made} />
      <div className="mt-5 flex flex-wrap gap-2">
        <LinkButton to="/agents/$agentId" params={{ agentId: made.agent.id }}>
          Go to the agent
        </LinkButton>
        <Button onClick={close}>Close</Button>
      </div>
    </Dialog>
  )
}
