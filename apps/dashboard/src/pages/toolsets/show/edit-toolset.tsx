import { ConnectionId, Label, ToolDescription, ToolsetName } from '@sallyport/contracts'
import { z } from 'zod'
import { type Output, useAction } from '../../../api.ts'
import { Button } from '../../../components/button.tsx'
import { Dialog } from '../../../components/dialog.tsx'
import { Form } from '../../../components/form.tsx'
import { SelectField } from '../../../components/form-fields.tsx'
import { useAllConnections } from '../../../components/pick-lists.ts'
import { useToast } from '../../../components/toast.tsx'
import { NamingFields } from './naming-fields.tsx'

type Toolset = Output<'getToolset'>['toolset']

const Typed = z.object({
  name: ToolsetName,
  title: Label.optional(),
  description: ToolDescription.optional(),
  connectionId: ConnectionId.optional(),
})

interface EditToolsetProps {
  readonly toolset: Toolset
  readonly onClose: () => void
}

/** Another name, other words, or another connection for the same tools. */
export function EditToolset({ toolset, onClose }: EditToolsetProps) {
  const { id, name, title, description, connection } = toolset
  const toast = useToast()
  const update = useAction('updateToolset', {
    invalidates: ['tools', 'policies', 'agents'],
    onDone: () => {
      toast('Toolset changed')
      onClose()
    },
  })
  const save = (typed: z.output<typeof Typed>) =>
    update.mutateAsync({
      toolsetId: id,
      ...(typed.name !== name && { name: typed.name }),
      ...(typed.title !== title && { title: typed.title ?? null }),
      ...(typed.description !== description && { description: typed.description ?? null }),
      ...(typed.connectionId !== undefined &&
        typed.connectionId !== connection?.id && { connectionId: typed.connectionId }),
    })
  return (
    <Dialog title="Edit the toolset" open onClose={onClose}>
      <Form
        schema={Typed}
        defaults={{
          name,
          title: title ?? '',
          description: description ?? '',
          ...(connection !== undefined && { connectionId: connection.id }),
        }}
        onSubmit={save}
        submitLabel="Save"
        actions={<Button onClick={onClose}>Cancel</Button>}
      >
        <NamingFields
          hint="Agents call the tools by it: with another name they find them anew."
          description={{ label: 'Description', rows: 4, optional: true }}
        />
        {connection !== undefined && <ConnectionField connection={connection} />}
      </Form>
    </Dialog>
  )
}

function ConnectionField({ connection }: { connection: NonNullable<Toolset['connection']> }) {
  const { data = [] } = useAllConnections()
  const others = data.filter(({ id }) => id !== connection.id)
  return (
    <SelectField
      name="connectionId"
      label="Connection"
      hint="The tools go with its key. Grants go along to the agents’ policies for it."
      options={[connection, ...others].map(({ id, label }) => ({ value: id, label }))}
    />
  )
}
