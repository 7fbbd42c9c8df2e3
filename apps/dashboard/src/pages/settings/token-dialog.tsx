import { createToken, type OwnerScope } from '@sallyport/contracts'
import { useController } from 'react-hook-form'
import { useAction } from '../../api.ts'
import { Button } from '../../components/button.tsx'
import { CodeBlock } from '../../components/copy-button.tsx'
import { Dialog } from '../../components/dialog.tsx'
import { Form } from '../../components/form.tsx'
import { NumberField, TextField } from '../../components/form-fields.tsx'
import { Checkbox } from '../../components/input.tsx'
import { Notice } from '../../components/notice.tsx'
import { useSession } from '../../session.ts'

const daysDefault = 30

/** Makes a personal access token; it is shown once. */
export function TokenDialog({ open, onClose }: { open: boolean; onClose: () => void }) {
  const session = useSession()
  const create = useAction('createToken')
  const close = () => {
    create.reset()
    onClose()
  }
  const made = create.data
  return (
    <Dialog
      title={made === undefined ? 'New token' : `Copy ${made.token.name} now`}
      {...(made !== undefined && { description: 'It is not shown again.' })}
      open={open}
      onClose={close}
    >
      {made === undefined ? (
        <Form
          schema={createToken.input}
          defaults={{ name: '', scopes: [], expiresInDays: daysDefault }}
          onSubmit={create.mutateAsync}
          submitLabel="Make the token"
          actions={<Button onClick={close}>Cancel</Button>}
        >
          <TextField name="name" label="Name" hint="What will use it." autoFocus />
          <ScopesField scopes={session?.scopes ?? []} />
          <NumberField name="expiresInDays" label="Days until it ends" hint="1 to 90." />
        </Form>
      ) : (
        <div className="grid gap-4">
          <CodeBlock label="Token" text={made.secret} />
          <Notice tone="warn">
            <p>
              It acts as you. Keep it where programs keep secrets, and never give it to an agent.
            </p>
          </Notice>
          <div className="flex justify-end">
            <Button variant="primary" onClick={close}>
              Done
            </Button>
          </div>
        </div>
      )}
    </Dialog>
  )
}

/** A checkbox for each scope that one's role has. */
function ScopesField({ scopes }: { scopes: readonly OwnerScope[] }) {
  const { field, fieldState } = useController({ name: 'scopes' })
  const chosen: readonly string[] = Array.isArray(field.value) ? field.value : []
  const change = (scope: string, on: boolean) =>
    field.onChange(on ? [...chosen, scope] : chosen.filter((one) => one !== scope))
  return (
    <fieldset className="grid gap-2" aria-describedby="scopes-error">
      <legend className="mb-1.5 text-[0.93rem] font-medium">What it may do</legend>
      <div className="grid gap-2 sm:grid-cols-2">
        {scopes.map((scope) => (
          <div key={scope} className="flex items-center gap-2.5 font-mono text-[0.87rem]">
            <Checkbox
              id={`scope-${scope}`}
              checked={chosen.includes(scope)}
              onCheckedChange={(on) => change(scope, on === true)}
            />
            <label htmlFor={`scope-${scope}`}>{scope}</label>
          </div>
        ))}
      </div>
      <p id="scopes-error" className="text-[0.87rem] font-medium text-bad">
        {fieldState.error !== undefined && 'Choose at least one.'}
      </p>
    </fieldset>
  )
}
