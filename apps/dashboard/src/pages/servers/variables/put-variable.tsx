import { type Variable, VariableName } from '@sallyport/contracts'
import { z } from 'zod'
import { type Input, useAction } from '../../../api.ts'
import { Button } from '../../../components/button.tsx'
import { Dialog } from '../../../components/dialog.tsx'
import { Form } from '../../../components/form.tsx'
import { SecretField, SelectField, TextField } from '../../../components/form-fields.tsx'
import { Notice } from '../../../components/notice.tsx'
import { useAllConnections } from '../../../components/pick-lists.ts'
import { useToast } from '../../../components/toast.tsx'

const Typed = z
  .object({
    name: VariableName,
    kind: z.enum(['value', 'connection']),
    value: z.string().optional(),
    connectionId: z.string().optional(),
  })
  .refine(({ kind, value }) => kind !== 'value' || (value ?? '') !== '', {
    path: ['value'],
    message: 'must be given',
  })
  .refine(({ kind, connectionId }) => kind !== 'connection' || (connectionId ?? '') !== '', {
    path: ['connectionId'],
    message: 'must be chosen',
  })

interface PutVariableProps {
  /** The one that gets another value; a new one where there is none. */
  readonly variable: Variable | undefined
  readonly onClose: () => void
}

/** A value, or whose key it is. What there was before is destroyed. */
export function PutVariable({ variable, onClose }: PutVariableProps) {
  const toast = useToast()
  const put = useAction('putVariable', {
    invalidates: ['mcp'],
    onDone: () => {
      toast('Variable set')
      onClose()
    },
  })
  const save = ({ name, kind, value, connectionId }: z.output<typeof Typed>) => {
    const input: Input<'putVariable'> = kind === 'value' ? { name, value } : { name, connectionId }
    return put.mutateAsync(input)
  }
  const used = variable?.usedBy.length ?? 0
  return (
    <Dialog
      title={variable === undefined ? 'Set a variable' : `Replace ${variable.name}`}
      open
      onClose={onClose}
    >
      <Form
        schema={Typed}
        defaults={{
          name: variable?.name ?? '',
          kind: variable?.kind ?? 'value',
          value: '',
          connectionId: variable?.connection?.id ?? '',
        }}
        onSubmit={save}
        submitLabel="Set it"
        actions={<Button onClick={onClose}>Cancel</Button>}
      >
        {(form) => (
          <>
            {variable === undefined && (
              <TextField
                name="name"
                label="Name"
                hint="Letters, digits and _, as environments write it. A name that there is gets the new value."
                spellCheck={false}
                autoCapitalize="characters"
                autoComplete="off"
              />
            )}
            <SelectField
              name="kind"
              label="What it is"
              options={[
                { value: 'value', label: 'A value that is sealed here' },
                { value: 'connection', label: 'The key of a connection' },
              ]}
            />
            {form.watch('kind') === 'value' ? (
              <SecretField
                name="value"
                label="Value"
                hint="Sealed, and never shown again."
                autoComplete="off"
                conditional
              />
            ) : (
              <ConnectionField />
            )}
            {used > 0 && (
              <Notice>
                <p>
                  {used === 1
                    ? 'One server refers to it and is'
                    : `${used} servers refer to it and are`}{' '}
                  connected anew with it.
                </p>
              </Notice>
            )}
          </>
        )}
      </Form>
    </Dialog>
  )
}

/** Connections whose credential is one value, as far as can be told from here. */
const singleValued = new Set(['bearer', 'header', 'query', 'cookie', 'path', 'basic', 'oauth2'])

function ConnectionField() {
  const { data = [] } = useAllConnections()
  const fitting = data.filter(({ credential }) => singleValued.has(credential?.kind ?? ''))
  return (
    <SelectField
      name="connectionId"
      label="Connection"
      hint="Its key or access token, as it is at the time: a renewed one is taken by itself. The server gets to see it."
      conditional
      options={[
        { value: '', label: fitting.length === 0 ? 'There is none with one key' : 'Choose one' },
        ...fitting.map(({ id, label }) => ({ value: id, label })),
      ]}
    />
  )
}
