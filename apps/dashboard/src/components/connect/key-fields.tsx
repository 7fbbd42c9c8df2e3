import { useFormContext } from 'react-hook-form'
import { ExternalLink } from '../external-link.tsx'
import { SecretField, SelectField, TextField } from '../form-fields.tsx'
import { kindNames } from './kind-names.ts'
import type { KeySlot } from './ways.ts'

const sealed = 'It is sealed at once and never shown again, to nobody.'
const plain = { autoComplete: 'off', spellCheck: false, autoCapitalize: 'none' }

/** The secret of a key that the catalog describes: all but the secret is known. */
export function SlotFields({ slot }: { slot: KeySlot }) {
  const secret = slot.kind === 'bearer' ? 'token' : slot.kind === 'basic' ? 'password' : 'value'
  return (
    <>
      {slot.kind === 'basic' && slot.username === undefined && (
        <TextField name="credential.username" label={slot.usernameLabel} {...plain} />
      )}
      <SecretField
        name={`credential.${secret}`}
        label={slot.label}
        autoComplete="off"
        hint={
          <>
            {slot.hint} <ExternalLink href={slot.url}>Where it is made</ExternalLink>
          </>
        }
      />
    </>
  )
}

const kinds = ['bearer', 'header', 'query', 'basic', 'path'] as const

/** A key of any kind that is put on as it is. */
export function AnyKeyFields() {
  const { watch } = useFormContext()
  const kind: unknown = watch('credential.kind')
  const secret = { autoComplete: 'off', conditional: true, hint: sealed }
  const name = { ...plain, conditional: true }
  return (
    <>
      <SelectField
        name="credential.kind"
        label="How the API takes it"
        options={kinds.map((value) => ({ value, label: kindNames[value] }))}
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
