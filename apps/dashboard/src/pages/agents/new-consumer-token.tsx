import { createConsumerToken } from '@sallyport/contracts'
import { useState } from 'react'
import { type Output, useAction } from '../../api.ts'
import { Button } from '../../components/button.tsx'
import { Dialog } from '../../components/dialog.tsx'
import { Form } from '../../components/form.tsx'
import { NumberField, SelectField, TextField } from '../../components/form-fields.tsx'
import { ConsumerTokenSetup } from './consumer-token-setup.tsx'

type Agent = Output<'getAgent'>['agent']
type Token = Output<'listConsumerTokens'>['consumerTokens'][number]

interface NewConsumerTokenProps {
  readonly agent: Agent
  /** The token that the new one takes the place of. */
  readonly replaces?: Token
  readonly onClose: () => void
}

const graces = [
  { value: '0', label: 'At once' },
  { value: '15', label: 'In 15 minutes' },
  { value: '60', label: 'In an hour' },
  { value: '1440', label: 'In a day' },
]

/** A name and an end, then the token, this once, with what to paste where. */
export function NewConsumerToken({ agent, replaces, onClose }: NewConsumerTokenProps) {
  const [made, setMade] = useState<Output<'createConsumerToken'>>()
  const create = useAction('createConsumerToken', { onDone: setMade })
  if (made !== undefined) {
    return (
      <Dialog title="Your new token" description={made.token.name} open onClose={onClose}>
        <ConsumerTokenSetup agentId={agent.id} token={made.consumerToken} />
        <div className="mt-5">
          <Button onClick={onClose}>Close</Button>
        </div>
      </Dialog>
    )
  }
  return (
    <Dialog
      title={replaces === undefined ? 'Make a consumer token' : 'Rotate the token'}
      description={
        replaces === undefined
          ? 'Whoever has it lists and calls the tools of this agent, by its policies.'
          : `A new token takes the place of “${replaces.name}”.`
      }
      open
      onClose={onClose}
    >
      <Form
        schema={createConsumerToken.input}
        defaults={{
          agentId: agent.id,
          name: replaces?.name ?? 'consumer token',
          expiresInDays: 30,
          ...(replaces !== undefined && { replaces: replaces.id, graceMinutes: 0 }),
        }}
        onSubmit={create.mutateAsync}
        submitLabel={replaces === undefined ? 'Make it' : 'Rotate it'}
        actions={<Button onClick={onClose}>Cancel</Button>}
      >
        <TextField
          name="name"
          label="Name"
          autoComplete="off"
          hint="Where it is used, so that you know which one to end."
        />
        <NumberField
          name="expiresInDays"
          label="Days until it ends"
          hint="At most 90."
          type="number"
          min={1}
          max={90}
          className="max-w-40"
        />
        {replaces !== undefined && (
          <SelectField
            name="graceMinutes"
            label="The old one ends"
            options={graces}
            transform={(value) => Number(value)}
          />
        )}
      </Form>
    </Dialog>
  )
}
