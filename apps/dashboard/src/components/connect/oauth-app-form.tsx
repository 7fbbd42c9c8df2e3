import type { Provider } from '@sallyport/catalog'
import { createOAuthApp, type OAuthApp } from '@sallyport/contracts'
import type { ReactNode } from 'react'
import { useFormContext } from 'react-hook-form'
import { useAction } from '../../api.ts'
import { Form } from '../form.tsx'
import { SecretField, SelectField, TextField } from '../form-fields.tsx'
import { PrivateKeyFields } from './machine-fields.tsx'

const plain = { autoComplete: 'off', spellCheck: false, autoCapitalize: 'none' }

interface OAuthAppFormProps {
  /** Of the catalog; undefined for one of the owner's own. */
  readonly provider: Provider | undefined
  readonly onDone: (app: OAuthApp) => void
  readonly actions?: ReactNode
}

/** Keeps the client id and secret that a provider gave for the workspace's own app. */
export function OAuthAppForm({ provider, onDone, actions }: OAuthAppFormProps) {
  const create = useAction('createOAuthApp', { onDone: ({ oauthApp }) => onDone(oauthApp) })
  const usual = provider?.oauth?.clientAuthentication ?? 'client_secret_basic'
  const parameters = provider?.oauth?.parameters ?? []
  const defaults = {
    provider: provider?.id ?? '',
    clientId: '',
    clientAuthentication: usual,
    ...(parameters.length > 0 && {
      parameters: Object.fromEntries(
        parameters.map(({ name, fallback }) => [name, fallback ?? '']),
      ),
    }),
  }
  return (
    <Form
      key={provider?.id}
      schema={createOAuthApp.input}
      defaults={defaults as never}
      onSubmit={create.mutateAsync}
      submitLabel="Keep the app"
      actions={actions}
    >
      {provider === undefined && <OwnProviderFields />}
      {parameters.map(({ name, label, example, fallback }) => (
        <TextField
          key={name}
          name={`parameters.${name}`}
          label={label}
          hint={`Such as ${example}.${fallback === undefined ? '' : ` Else ${fallback}.`}`}
          transform={(value) => (value === '' ? (fallback ?? '') : value)}
          {...plain}
        />
      ))}
      <ClientFields isOwn={provider === undefined} usual={usual} />
    </Form>
  )
}

/** A provider that the catalog does not know: by its issuer, or by its endpoints. */
function OwnProviderFields() {
  return (
    <>
      <TextField
        name="provider"
        label="A short name for the provider"
        hint="Lower-case letters, digits and hyphens, such as acme-id."
        {...plain}
      />
      <TextField
        name="issuer"
        label="Issuer"
        inputMode="url"
        placeholder="https://login.example.com"
        hint="Its metadata is read, which names the endpoints. Leave it empty only where the provider has none."
        optional
        {...plain}
      />
      <details>
        <summary className="cursor-pointer text-[0.93rem] text-ink-soft hover:text-ink">
          It has no metadata: give the endpoints
        </summary>
        <div className="mt-4 grid gap-5">
          {endpoints.map(([name, label]) => (
            <TextField key={name} name={name} label={label} inputMode="url" optional {...plain} />
          ))}
        </div>
      </details>
    </>
  )
}

const endpoints = [
  ['authorizationEndpoint', 'Authorization endpoint'],
  ['tokenEndpoint', 'Token endpoint'],
  ['revocationEndpoint', 'Revocation endpoint'],
  ['deviceAuthorizationEndpoint', 'Device authorization endpoint'],
] as const

const authentications = {
  client_secret_basic: 'Secret in the Authorization header',
  client_secret_post: 'Secret in the body',
  private_key_jwt: 'Signed with a private key (private_key_jwt)',
  none: 'Not at all (a public client)',
} as const
type Authentication = keyof typeof authentications

/** Whether the provider says otherwise than usual is rare: the choice is behind a click where the catalog knows it. */
function ClientFields({ isOwn, usual }: { isOwn: boolean; usual: Authentication }) {
  const { watch } = useFormContext()
  const chosen: unknown = watch('clientAuthentication')
  const choice = (
    <SelectField
      name="clientAuthentication"
      label="How the client proves itself"
      options={Object.entries(authentications).map(([value, label]) => ({
        value,
        label: !isOwn && value === usual ? `${label} (as this provider wants it)` : label,
      }))}
    />
  )
  return (
    <>
      <TextField name="clientId" label="Client id" {...plain} />
      {chosen === 'private_key_jwt' ? (
        <PrivateKeyFields />
      ) : (
        chosen !== 'none' && (
          <SecretField
            name="clientSecret"
            label="Client secret"
            autoComplete="off"
            hint="It is sealed at once and never shown again, to nobody."
            conditional
          />
        )
      )}
      {isOwn ? (
        choice
      ) : (
        <details>
          <summary className="cursor-pointer text-[0.93rem] text-ink-soft hover:text-ink">
            Advanced: how the client proves itself
          </summary>
          <div className="mt-4">{choice}</div>
        </details>
      )}
    </>
  )
}
