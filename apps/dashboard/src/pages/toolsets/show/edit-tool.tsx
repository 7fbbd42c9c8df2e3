import { type Tool, ToolDescription, ToolName } from '@sallyport/contracts'
import { z } from 'zod'
import { useAction } from '../../../api.ts'
import { Button } from '../../../components/button.tsx'
import { Dialog } from '../../../components/dialog.tsx'
import { Form } from '../../../components/form.tsx'
import { CheckboxField } from '../../../components/form-fields.tsx'
import { useToast } from '../../../components/toast.tsx'
import { NamingFields } from './naming-fields.tsx'

const Typed = z.object({
  name: ToolName,
  title: z.string().trim().max(200).optional(),
  description: ToolDescription,
  readOnlyHint: z.boolean(),
  destructiveHint: z.boolean(),
})

interface EditToolProps {
  readonly tool: Tool
  readonly onClose: () => void
}

/** Another name or other words for a tool, and what clients are told of it; they stay over newer documents. */
export function EditTool({ tool, onClose }: EditToolProps) {
  const { id, name, title, description, annotations } = tool
  const toast = useToast()
  const update = useAction('updateTool', {
    invalidates: ['toolsets', 'agents', 'approvals'],
    onDone: () => {
      toast('Tool changed')
      onClose()
    },
  })
  const hints = {
    readOnlyHint: annotations.readOnlyHint === true,
    destructiveHint: annotations.destructiveHint === true,
  }
  const save = (typed: z.output<typeof Typed>) => {
    const { readOnlyHint, destructiveHint } = typed
    const isOther = readOnlyHint !== hints.readOnlyHint || destructiveHint !== hints.destructiveHint
    return update.mutateAsync({
      toolId: id,
      ...(typed.name !== name && { name: typed.name }),
      ...(typed.title !== title && { title: typed.title ?? null }),
      ...(typed.description !== description && { description: typed.description }),
      ...(isOther && { annotations: { ...annotations, readOnlyHint, destructiveHint } }),
    })
  }
  return (
    <Dialog
      title="Edit the tool"
      description="What is approved and not sent yet has to be approved again afterwards."
      open
      onClose={onClose}
    >
      <Form
        schema={Typed}
        defaults={{ name, title: title ?? '', description, ...hints }}
        onSubmit={save}
        submitLabel="Save"
        actions={<Button onClick={onClose}>Cancel</Button>}
      >
        <NamingFields
          hint="Agents call it by this name from then on."
          description={{ label: 'What the agent reads about it', rows: 6 }}
        />
        <CheckboxField
          name="readOnlyHint"
          label="It only reads"
          hint="Told to clients. Whether owners are asked is decided by the request and the policy."
        />
        <CheckboxField name="destructiveHint" label="It may change or delete what is there" />
      </Form>
    </Dialog>
  )
}
