import { type Connection, updateConnection } from '@sallyport/contracts'
import { type ReactNode, useState } from 'react'
import { type Input, useAction } from '../../api.ts'
import { catalog } from '../../catalog.ts'
import { Button } from '../../components/button.tsx'
import { credentialDefaults } from '../../components/connect/credential-defaults.ts'
import { CredentialPart } from '../../components/connect/credential-part.tsx'
import { type Way, waysOf } from '../../components/connect/ways.ts'
import { ConnectionAdvanced } from '../../components/connection-advanced.tsx'
import { Dialog } from '../../components/dialog.tsx'
import { Form } from '../../components/form.tsx'
import { TextField } from '../../components/form-fields.tsx'
import { OriginsField } from '../../components/origins-field.tsx'
import { useToast } from '../../components/toast.tsx'
import { changesOf } from './connection-changes.ts'

interface EditProps {
  readonly connection: Connection
}

/** Its name, where the key may go, and what few need. */
export function EditConnection({ connection }: EditProps) {
  const { id, label, origins, requestHeaders, responseHeaders, allowEncodedSlash } = connection
  return (
    <ChangeDialog
      label="Edit"
      title="Edit the connection"
      description="The key goes to each of the addresses. Another address asks you to sign in afresh, if that is long ago."
      defaults={{
        connectionId: id,
        label,
        origins,
        requestHeaders,
        responseHeaders,
        allowEncodedSlash,
        testUrl: connection.testUrl ?? '',
      }}
      tidy={(input) => changesOf(connection, input)}
    >
      <TextField name="label" label="Name" autoComplete="off" />
      <OriginsField />
      <ConnectionAdvanced />
    </ChangeDialog>
  )
}

/** Another key in place of the one that is kept. */
export function ReplaceKey({ connection }: EditProps) {
  const { id, service, credential } = connection
  // Where there was no key so far, it is most often a token.
  const kind = credential === undefined || credential.kind === 'none' ? 'bearer' : credential.kind
  const way = knownWay(service, kind) ?? wayOfKind(kind)
  return (
    <ChangeDialog
      {...(kind === 'caller' ? wordsOfPlace : wordsOfKey)}
      defaults={{
        connectionId: id,
        credential: {
          ...credentialDefaults(way),
          ...(way.kind === 'any-key' && { kind }),
        } as never,
      }}
    >
      <CredentialPart way={way} />
    </ChangeDialog>
  )
}

const wordsOfKey = {
  label: 'Replace the key',
  title: 'Replace the key',
  description:
    'The new key takes the place of the old one at once, for all agents. What was approved with the old one has to be approved again.',
}

const wordsOfPlace = {
  label: 'Change the place',
  title: 'Where each caller’s credential goes',
  description:
    'It holds from the next call on, for all callers. What was approved before has to be approved again.',
}

type Kind = NonNullable<Connection['credential']>['kind']

/** How the catalog describes keys of this kind for the service, so that the secret alone is asked for. */
function knownWay(service: string, kind: Kind): Way | undefined {
  const known = catalog.findService(service)
  if (known === undefined) return undefined
  return waysOf(known).find((way) => 'slot' in way && way.slot?.kind === kind)
}

/** The fields for a credential of the kind that is kept. */
function wayOfKind(kind: Kind): Way {
  const unnamed = { id: kind, label: '', description: '' }
  if (kind === 'oauth2-client-credentials') return { ...unnamed, kind: 'client-credentials' }
  if (kind === 'jwt-service-account') return { ...unnamed, kind: 'service-account' }
  if (kind === 'aws-sigv4') return { ...unnamed, kind: 'aws' }
  return { ...unnamed, kind: 'any-key' }
}

interface ChangeDialogProps {
  readonly label: string
  readonly title: string
  readonly description: string
  readonly defaults: Input<'updateConnection'>
  readonly tidy?: (input: Input<'updateConnection'>) => Input<'updateConnection'>
  readonly children: ReactNode
}

function ChangeDialog(props: ChangeDialogProps) {
  const { label, title, description, defaults, tidy = (input) => input, children } = props
  const [open, setOpen] = useState(false)
  const toast = useToast()
  const close = () => setOpen(false)
  const update = useAction('updateConnection', {
    invalidates: ['approvals'],
    onDone: () => {
      close()
      toast('Connection changed')
    },
  })
  return (
    <>
      <Button size="sm" onClick={() => setOpen(true)}>
        {label}
      </Button>
      <Dialog title={title} description={description} open={open} onClose={close}>
        <Form
          schema={updateConnection.input}
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
