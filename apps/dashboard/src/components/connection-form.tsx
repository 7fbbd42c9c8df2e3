import { customService, type Service } from '@sallyport/catalog'
import { type Connection, createConnection, credentialKinds } from '@sallyport/contracts'
import type { ReactNode } from 'react'
import { useFormContext } from 'react-hook-form'
import { useAction } from '../api.ts'
import { Facts } from './card.tsx'
import { ConnectionAdvanced } from './connection-advanced.tsx'
import { Form } from './form.tsx'
import { SecretField, SelectField, TextField } from './form-fields.tsx'
import { OriginsField } from './origins-field.tsx'
import { toOrigin } from './to-origin.ts'
import { kindNames, usualCredential } from './usual-credentials.ts'

interface ConnectionFormProps {
  readonly service: Service
  readonly onDone: (connection: Connection) => void
  readonly actions?: ReactNode
  /** Whether more can be said than most need: several addresses, further headers, a URL to test with. */
  readonly isFull?: boolean
}

/** Keeps a key for a service of the catalog, or for any other API. */
export function ConnectionForm(props: ConnectionFormProps) {
  const { service, onDone, actions, isFull = false } = props
  const create = useAction('createConnection', { onDone: ({ connection }) => onDone(connection) })
  const isCustom = service.id === customService.id
  const { kind, name = '', requestHeaders = [] } = usualCredential(service)
  const named = { header: { name }, query: { name }, path: { placeholder: name } }
  const defaults = {
    service: service.id,
    label: isCustom ? '' : service.name,
    origins: isCustom ? [''] : [...service.origins],
    requestHeaders: [...requestHeaders],
    credential: { kind, ...(kind in named && named[kind as keyof typeof named]) },
  }
  return (
    <Form
      // A new service begins a new form.
      key={service.id}
      schema={createConnection.input}
      defaults={defaults as never}
      onSubmit={create.mutateAsync}
      submitLabel="Keep it"
      actions={actions}
    >
      {isCustom ? (
        isFull ? (
          <OriginsField />
        ) : (
          <AddressField />
        )
      ) : (
        <Facts items={[['The key goes only to', service.origins.join(', ')]]} />
      )}
      <TextField
        name="label"
        label="Name"
        autoComplete="off"
        hint="What you and your agents call it."
      />
      <CredentialFields {...(!isCustom && { hint: usualCredential(service).hint })} />
      {isFull && (
        <details>
          <summary className="cursor-pointer text-[0.93rem] text-ink-soft hover:text-ink">
            Advanced: further headers, a URL to test with
          </summary>
          <div className="mt-4 grid gap-5">
            <ConnectionAdvanced />
          </div>
        </details>
      )}
    </Form>
  )
}

function AddressField() {
  return (
    <TextField
      name="origins.0"
      label="Address of the API"
      inputMode="url"
      autoComplete="off"
      spellCheck={false}
      placeholder="https://api.example.com"
      hint="The key is only ever sent to this scheme, host and port."
      transform={toOrigin}
      autoFocus
    />
  )
}

/** The fields of `credential`, by its kind. */
export function CredentialFields({ hint }: { hint?: string | undefined }) {
  const { watch } = useFormContext()
  const kind: unknown = watch('credential.kind')
  const secret = {
    autoComplete: 'off',
    conditional: true,
    hint: hint ?? 'It is sealed at once and never shown again, to nobody.',
  }
  const name = { autoComplete: 'off', spellCheck: false, conditional: true }
  return (
    <>
      <SelectField
        name="credential.kind"
        label="How the API takes it"
        options={credentialKinds.map((value) => ({ value, label: kindNames[value] }))}
      />
      {kind === 'header' && (
        <>
          <TextField name="credential.name" label="Name of the header" {...name} />
          <TextField name="credential.prefix" label="Before the key" optional {...name} />
        </>
      )}
      {kind === 'query' && (
        <TextField name="credential.name" label="Name of the parameter" {...name} />
      )}
      {kind === 'path' && (
        <TextField
          name="credential.placeholder"
          label="Placeholder"
          hint="Agents write it in braces where the key goes: {token}."
          {...name}
        />
      )}
      {kind === 'basic' && <TextField name="credential.username" label="User name" {...name} />}
      {kind === 'bearer' && <SecretField name="credential.token" label="Key" {...secret} />}
      {kind === 'basic' && <SecretField name="credential.password" label="Password" {...secret} />}
      {(kind === 'header' || kind === 'query' || kind === 'path') && (
        <SecretField name="credential.value" label="Key" {...secret} />
      )}
    </>
  )
}
