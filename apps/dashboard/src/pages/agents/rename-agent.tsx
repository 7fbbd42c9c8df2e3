import { renameAgent } from '@sallyport/contracts'
import { useState } from 'react'
import { type Output, useAction } from '../../api.ts'
import { Button } from '../../components/button.tsx'
import { Dialog } from '../../components/dialog.tsx'
import { Form } from '../../components/form.tsx'
import { TextField } from '../../components/form-fields.tsx'
import { useToast } from '../../components/toast.tsx'
import { useMay } from '../../session.ts'

/** Another name for an agent. */
export function RenameAgent({ agent }: { agent: Output<'getAgent'>['agent'] }) {
  const [open, setOpen] = useState(false)
  const toast = useToast()
  const close = () => setOpen(false)
  const rename = useAction('renameAgent', {
    onDone: () => {
      close()
      toast('Agent renamed')
    },
  })
  if (!useMay('agents:write')) return null
  return (
    <>
      <Button onClick={() => setOpen(true)}>Rename</Button>
      <Dialog title="Rename the agent" open={open} onClose={close}>
        <Form
          schema={renameAgent.input}
          defaults={{ agentId: agent.id, name: agent.name }}
          onSubmit={rename.mutateAsync}
          submitLabel="Rename"
          actions={<Button onClick={close}>Cancel</Button>}
        >
          <TextField
            name="name"
            label="Name"
            autoComplete="off"
            hint="Only how it is called changes: its key and its policies stay."
          />
        </Form>
      </Dialog>
    </>
  )
}
