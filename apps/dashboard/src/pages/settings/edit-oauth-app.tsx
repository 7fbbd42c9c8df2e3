import { type OAuthApp, updateOAuthApp } from '@sallyport/contracts'
import { type ReactNode, useState } from 'react'
import { type Input, useAction } from '../../api.ts'
import { Button } from '../../components/button.tsx'
import { PrivateKeyFields } from '../../components/connect/machine-fields.tsx'
import { Dialog } from '../../components/dialog.tsx'
import { Form } from '../../components/form.tsx'
import { SecretField, TextField } from '../../components/form-fields.tsx'
import { useToast } from '../../components/toast.tsx'

const plain = { autoComplete: 'off', spellCheck: false, autoCapitalize: 'none' }

/** Its name, and its client id as long as no connection uses it. */
export function EditOAuthApp({ app }: { app: OAuthApp }) {
  const { id: oauthAppId, name, clientId, connections } = app
  return (
    <ChangeDialog
      label="Edit"
      title="Edit the OAuth app"
      description={
        connections > 0
          ? 'Connections use it, so it stays the client that it is; its name can be changed.'
          : 'Another client id usually comes with another secret.'
      }
      defaults={{ oauthAppId, name, clientId }}
      tidy={(input) => ({
        oauthAppId,
        ...(input.name !== name && { name: input.name }),
        ...(input.clientId !== clientId && { clientId: input.clientId }),
      })}
    >
      <TextField name="name" label="Name" autoComplete="off" />
      {connections === 0 && <TextField name="clientId" label="Client id" {...plain} />}
    </ChangeDialog>
  )
}

/** Another secret, or key, in place of the one that is kept. */
export function NewSecret({ app }: { app: OAuthApp }) {
  const isKey = app.clientAuthentication === 'private_key_jwt'
  const what = isKey ? 'key' : 'secret'
  return (
    <ChangeDialog
      label={`Change the ${what}`}
      title={`Change the ${what}`}
      description={`The new ${what} takes the place of the old one at once. Make it at the provider first; end the old one there afterwards. You are asked to sign in afresh, if that is long ago.`}
      defaults={{ oauthAppId: app.id }}
    >
      {isKey ? (
        <PrivateKeyFields />
      ) : (
        <SecretField
          name="clientSecret"
          label="Client secret"
          autoComplete="off"
          hint="It is sealed at once and never shown again, to nobody."
        />
      )}
    </ChangeDialog>
  )
}

interface ChangeDialogProps {
  readonly label: string
  readonly title: string
  readonly description: string
  readonly defaults: Input<'updateOAuthApp'>
  readonly tidy?: (input: Input<'updateOAuthApp'>) => Input<'updateOAuthApp'>
  readonly children: ReactNode
}

function ChangeDialog(props: ChangeDialogProps) {
  const { label, title, description, defaults, tidy = (input) => input, children } = props
  const [open, setOpen] = useState(false)
  const toast = useToast()
  const close = () => setOpen(false)
  const update = useAction('updateOAuthApp', {
    onDone: () => {
      close()
      toast('OAuth app changed')
    },
  })
  return (
    <>
      <Button size="sm" onClick={() => setOpen(true)}>
        {label}
      </Button>
      <Dialog title={title} description={description} open={open} onClose={close}>
        <Form
          schema={updateOAuthApp.input}
          defaults={defaults}
          onSubmit={(input) => update.mutateAsync(tidy(input))}
          submitLabel="Save"
          actions={<Button onClick={close}>Cancel</Button>}
        >
          {children}
        </Form>
      </Dialog>
    </>
  )
}
