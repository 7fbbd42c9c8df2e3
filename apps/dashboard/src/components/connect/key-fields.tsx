import { Plus, Trash2 } from 'lucide-react'
import { useEffect } from 'react'
import { type FieldError, get, useFieldArray, useFormContext } from 'react-hook-form'
import { Button, IconButton } from '../button.tsx'
import { ExternalLink } from '../external-link.tsx'
import { SecretField, SelectField, TextField } from '../form-fields.tsx'
import { Notice } from '../notice.tsx'
import { kindNames } from './kind-names.ts'
import type { KeySlot } from './ways.ts'

const sealed = 'It is sealed at once and never shown again, to nobody.'
const plain = { autoComplete: 'off', spellCheck: false, autoCapitalize: 'none' }

/** The member that holds the secret of a key. */
const secretNames: Readonly<Record<string, string>> = { bearer: 'token', basic: 'password' }
const secretName = (kind: string) => secretNames[kind] ?? 'value'

/** The secret of a key that the catalog describes, or of each of several: all but the secrets is known. */
export function SlotFields({ slot }: { slot: KeySlot }) {
  const hint = (
    <>
      {slot.hint} <ExternalLink href={slot.url}>Where it is made</ExternalLink>
    </>
  )
  if (slot.kind === 'several') {
    return slot.parts.map(({ kind, label }, index) => (
      <SecretField
        key={label}
        name={`credential.parts.${index}.${secretName(kind)}`}
        label={label}
        autoComplete="off"
        hint={index === 0 ? hint : undefined}
      />
    ))
  }
  return (
    <>
      {slot.kind === 'basic' && slot.username === undefined && (
        <TextField name="credential.username" label={slot.usernameLabel} {...plain} />
      )}
      <SecretField
        name={`credential.${secretName(slot.kind)}`}
        label={slot.label}
        autoComplete="off"
        hint={hint}
      />
    </>
  )
}

const partKinds = ['bearer', 'header', 'query', 'basic', 'cookie', 'path'] as const
const kinds = [...partKinds, 'several', 'caller', 'none'] as const
type Kinds = readonly (typeof kinds)[number][]

/** A key of any kind that is put on as it is, several of them together, or none. */
export function AnyKeyFields() {
  const { watch } = useFormContext()
  return (
    <>
      <KindField at="credential" kinds={kinds} />
      {watch('credential.kind') === 'several' ? (
        <PartsFields />
      ) : (
        <KeyFields at="credential" hint={sealed} />
      )}
    </>
  )
}

function KindField({ at, kinds }: { at: string; kinds: Kinds }) {
  return (
    <SelectField
      name={`${at}.kind`}
      label="How the API takes it"
      options={kinds.map((value) => ({ value, label: kindNames[value] }))}
    />
  )
}

const partsMin = 2
const partsMax = 5

/** Each of several keys, in a place of its own. */
function PartsFields() {
  const name = 'credential.parts'
  const { fields, append, remove } = useFieldArray({ name, shouldUnregister: true })
  useEffect(() => {
    if (fields.length < partsMin) append({ kind: 'header' }, { shouldFocus: false })
  }, [fields.length, append])
  return (
    <div className="grid gap-4">
      {fields.map(({ id }, index) => (
        <fieldset key={id} className="relative grid gap-4 rounded-md border border-line p-4">
          <legend className="sr-only">Key {index + 1}</legend>
          {fields.length > partsMin && (
            <div className="absolute top-2 right-2">
              <IconButton label={`Remove key ${index + 1}`} onClick={() => remove(index)}>
                <Trash2 aria-hidden="true" />
              </IconButton>
            </div>
          )}
          <KindField at={`${name}.${index}`} kinds={partKinds} />
          <KeyFields at={`${name}.${index}`} hint={index === 0 ? sealed : undefined} />
          <PartFault at={`${name}.${index}`} />
        </fieldset>
      ))}
      {fields.length < partsMax && (
        <div>
          <Button size="sm" onClick={() => append({ kind: 'header' })}>
            <Plus aria-hidden="true" /> Add a key
          </Button>
        </div>
      )}
    </div>
  )
}

/** What is wrong with a key as a whole: it stands where another one does. */
function PartFault({ at }: { at: string }) {
  const { formState } = useFormContext()
  const fault = get(formState.errors, at) as FieldError | undefined
  const message = fault?.message
  if (message === undefined || message === '') return null
  return (
    <p role="alert" className="text-[0.87rem] font-medium text-bad">
      It {message}.
    </p>
  )
}

const namesOf: Readonly<Record<string, string>> = {
  header: 'Name of the header',
  query: 'Name of the parameter',
  cookie: 'Name of the cookie',
}

const callerPlaces = [
  { value: 'header', label: 'A header' },
  { value: 'query', label: 'A parameter in the query' },
  { value: 'cookie', label: 'A cookie' },
]

/** Where what each caller sends goes. Nothing secret is typed in. */
function CallerFields({ at }: { at: string }) {
  const { watch } = useFormContext()
  const place = String(watch(`${at}.place`) ?? 'header')
  const name = { ...plain, conditional: true }
  return (
    <>
      <Notice tone="warn">
        <p>
          The vault keeps no key here: each agent has to hold a credential itself and sends it with
          every call. What may be called is up to the policy all the same. The addresses cannot grow
          later.
        </p>
      </Notice>
      <SelectField name={`${at}.place`} label="Where it goes" options={callerPlaces} conditional />
      <TextField name={`${at}.name`} label={namesOf[place] ?? 'Name'} {...name} />
      {place === 'header' && (
        <TextField
          name={`${at}.prefix`}
          label="Before it"
          optional
          hint="Bearer, say: agents send what comes behind."
          {...name}
        />
      )}
    </>
  )
}

/** What a key of the chosen kind needs beside its kind. */
function KeyFields({ at, hint }: { at: string; hint: string | undefined }) {
  const { watch } = useFormContext()
  const kind = String(watch(`${at}.kind`))
  if (kind === 'none') return null
  if (kind === 'caller') return <CallerFields at={at} />
  const name = { ...plain, conditional: true }
  const secretLabel = kind === 'basic' ? 'Password' : 'Key'
  return (
    <>
      {namesOf[kind] !== undefined && (
        <TextField name={`${at}.name`} label={namesOf[kind]} {...name} />
      )}
      {kind === 'header' && (
        <TextField name={`${at}.prefix`} label="Before the key" optional {...name} />
      )}
      {kind === 'path' && (
        <TextField
          name={`${at}.placeholder`}
          label="Placeholder"
          hint="Agents write it in braces where the key goes: {token}."
          {...name}
        />
      )}
      {kind === 'basic' && <TextField name={`${at}.username`} label="User name" {...name} />}
      <SecretField
        key={secretName(kind)}
        name={`${at}.${secretName(kind)}`}
        label={secretLabel}
        autoComplete="off"
        conditional
        hint={hint}
      />
    </>
  )
}
