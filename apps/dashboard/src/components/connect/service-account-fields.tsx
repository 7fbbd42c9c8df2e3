import { FileKey2 } from 'lucide-react'
import { useState } from 'react'
import { useFormContext } from 'react-hook-form'
import { Button } from '../button.tsx'
import { Facts } from '../card.tsx'
import { Field } from '../field.tsx'
import { LinesField, TextField } from '../form-fields.tsx'
import { Textarea } from '../input.tsx'
import { type KeyFile, readKeyFile } from './google-key-file.ts'
import { PrivateKeyFields } from './machine-fields.tsx'

const plain = { autoComplete: 'off', spellCheck: false, autoCapitalize: 'none' }

/** RFC 7523 §2.1, as Google does it: by the whole key file, or by hand. */
export function ServiceAccountFields() {
  const [byHand, setByHand] = useState(false)
  return (
    <>
      {byHand ? <ByHand /> : <ByKeyFile onByHand={() => setByHand(true)} />}
      <LinesField
        name="credential.scopes"
        label="Scopes"
        hint="What it may do, such as https://www.googleapis.com/auth/drive.readonly."
        words
        {...plain}
      />
      <TextField
        name="credential.subject"
        label="Act for"
        hint="The address of a person of your organisation, where an administrator has allowed that (domain-wide delegation)."
        optional
        {...plain}
      />
    </>
  )
}

function ByHand() {
  return (
    <>
      <TextField name="credential.issuer" label="Issuer (client_email)" {...plain} />
      <PrivateKeyFields within="credential." />
      <TextField name="credential.tokenEndpoint" label="Token endpoint" {...plain} />
      <TextField
        name="credential.audience"
        label="Audience"
        hint="The token endpoint unless given."
        optional
        {...plain}
      />
    </>
  )
}

const fileBytesMax = 65_536

function ByKeyFile({ onByHand }: { onByHand: () => void }) {
  const { setValue, formState } = useFormContext()
  const [read, setRead] = useState<KeyFile>()
  const [fault, setFault] = useState<string>()
  const take = (text: string) => {
    if (text.trim() === '') return
    const file = readKeyFile(text)
    if (typeof file === 'string') return setFault(file)
    setFault(undefined)
    setRead(file)
    for (const [name, value] of Object.entries(file)) setValue(`credential.${name}`, value)
  }
  if (read !== undefined) {
    return (
      <div className="grid gap-3 rounded-md border border-line bg-sunken px-3.5 py-3">
        <Facts
          items={[
            ['Service account', read.issuer],
            ['Key', read.keyId ?? 'without an id'],
            ['Tokens come from', read.tokenEndpoint ?? 'oauth2.googleapis.com'],
          ]}
        />
        <div>
          <Button size="sm" onClick={() => setRead(undefined)}>
            Another file
          </Button>
        </div>
      </div>
    )
  }
  const isMissing = formState.errors.credential !== undefined
  return (
    <div className="grid gap-2.5">
      <Field
        label="Key file (JSON)"
        hint="Paste the whole file. It is taken apart here, and only the address, the key and its id are sent."
        error={fault ?? (isMissing ? 'Paste the key file.' : undefined)}
      >
        {(aria) => (
          <Textarea
            {...aria}
            {...plain}
            rows={5}
            className="font-mono text-[0.87rem]"
            placeholder='{ "type": "service_account", … }'
            onChange={({ target }) => take(target.value)}
          />
        )}
      </Field>
      <div className="flex flex-wrap gap-2">
        <FileButton onText={take} />
        <Button size="sm" variant="quiet" onClick={onByHand}>
          Fill in by hand
        </Button>
      </div>
    </div>
  )
}

function FileButton({ onText }: { onText: (text: string) => void }) {
  const read = async (file: File | undefined) => {
    if (file !== undefined) onText(await file.slice(0, fileBytesMax).text())
  }
  return (
    <label className="inline-flex min-h-8 cursor-pointer items-center gap-1.5 rounded-md border border-line-strong/60 bg-surface px-2.5 text-[0.87rem] font-medium hover:bg-sunken has-focus-visible:outline-2 has-focus-visible:outline-offset-2 has-focus-visible:outline-accent">
      <FileKey2 aria-hidden="true" className="size-4" />
      Choose the file
      <input
        type="file"
        accept=".json,application/json"
        className="sr-only"
        onChange={({ target }) => void read(target.files?.[0])}
      />
    </label>
  )
}
