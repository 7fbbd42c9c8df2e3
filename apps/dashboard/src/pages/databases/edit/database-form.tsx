import type { Source } from '@sallyport/contracts'
import { useController, useFormContext } from 'react-hook-form'
import { LinkButton } from '../../../components/button.tsx'
import { Form } from '../../../components/form.tsx'
import {
  NumberField,
  SecretField,
  SelectField,
  TextareaField,
  TextField,
} from '../../../components/form-fields.tsx'
import { Notice } from '../../../components/notice.tsx'
import { RadioCards } from '../../../components/radio-cards.tsx'
import { dialectWords } from '../database-words.ts'
import { emptyDatabase, TypedDatabase, typedOf } from './database-typed.ts'
import { TryDraft } from './try-draft.tsx'

const plain = { spellCheck: false, autoCapitalize: 'none', autoComplete: 'off' } as const

const dialects = [
  { value: 'postgres', label: dialectWords.postgres },
  { value: 'mysql', label: dialectWords.mysql },
  {
    value: 'sqlite',
    label: dialectWords.sqlite,
    description: 'A file on the machine of the vault, in a folder that its operator listed.',
  },
] as const

interface DatabaseFormProps {
  /** The one that is changed; a new one where there is none. */
  readonly source?: Source
  readonly onSubmit: (typed: TypedDatabase) => Promise<unknown>
}

/** Where a database is and who signs in there. It can be tried as it stands before it is saved. */
export function DatabaseForm({ source, onSubmit }: DatabaseFormProps) {
  return (
    <Form
      schema={TypedDatabase}
      defaults={source === undefined ? emptyDatabase : typedOf(source)}
      onSubmit={onSubmit}
      submitLabel={source === undefined ? 'Add the database' : 'Save'}
      actions={
        source === undefined ? (
          <LinkButton to="/databases">Cancel</LinkButton>
        ) : (
          <LinkButton to="/databases/$sourceId" params={{ sourceId: source.id }}>
            Cancel
          </LinkButton>
        )
      }
    >
      <TextField
        name="name"
        label="Name"
        hint="Its tools are listed under it. Small letters, digits and -."
        {...plain}
      />
      {source === undefined && <DialectField />}
      <Place source={source} />
      <More />
      <TryDraft source={source} />
    </Form>
  )
}

function DialectField() {
  const { field } = useController({ name: 'dialect' })
  return (
    <RadioCards legend="Kind" value={field.value} options={dialects} onChange={field.onChange} />
  )
}

/** What the other kind of database has instead is not given; the vault says what is missing. */
const filledIn = (value: unknown) => (value === '' ? undefined : value)

function Place({ source }: { source: Source | undefined }) {
  const { watch } = useFormContext()
  const dialect = String(watch('dialect'))
  if (dialect === 'sqlite') {
    return (
      <TextField
        name="path"
        label="File"
        hint="Its absolute path, such as /srv/data/shop.db. Symbolic links are followed and checked."
        transform={filledIn}
        {...plain}
      />
    )
  }
  return (
    <>
      <div className="grid gap-5 sm:grid-cols-[1fr_7rem]">
        <TextField name="host" label="Host" transform={filledIn} {...plain} />
        <NumberField name="port" label="Port" placeholder={dialect === 'mysql' ? '3306' : '5432'} />
      </div>
      <TextField name="database" label="Database" transform={filledIn} {...plain} />
      <TextField
        name="user"
        label="User"
        hint="Best a role of its own that may SELECT what agents may see, and nothing else."
        transform={filledIn}
        {...plain}
      />
      <SecretField
        name="password"
        label="Password"
        hint={
          source?.hasPassword === true
            ? 'The one that is kept stays unless you type another.'
            : 'Sealed, and never shown again.'
        }
        optional
        autoComplete="off"
      />
      <TlsField />
    </>
  )
}

function TlsField() {
  const { watch } = useFormContext()
  return (
    <>
      <SelectField
        name="tls"
        label="TLS"
        options={[
          { value: 'require', label: 'Required, with a verified certificate' },
          { value: 'off', label: 'Off' },
        ]}
      />
      {watch('tls') === 'off' && (
        <Notice tone="warn">
          <p>
            Without TLS everything goes in the clear, the password’s proof included. The vault does
            that only within the operator’s own address ranges.
          </p>
        </Notice>
      )}
    </>
  )
}

function More() {
  return (
    <details>
      <summary className="cursor-pointer text-[0.93rem] font-medium">More settings</summary>
      <div className="mt-4 grid gap-5">
        <TextField name="title" label="Title" optional autoComplete="off" />
        <TextareaField name="description" label="Description" optional rows={2} />
        <div className="grid gap-5 sm:grid-cols-3">
          <NumberField name="rowsMax" label="Rows at most" />
          <NumberField name="bytesMax" label="Bytes at most" />
          <NumberField name="timeoutSeconds" label="Seconds at most" />
        </div>
        <p className="-mt-2 text-[0.87rem] text-ink-soft">
          Of one call. What has more is cut and says so; what takes longer is cancelled.
        </p>
      </div>
    </details>
  )
}
