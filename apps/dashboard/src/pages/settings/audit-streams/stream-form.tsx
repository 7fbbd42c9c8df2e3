import { createAuditStream } from '@sallyport/contracts'
import { useNavigate } from '@tanstack/react-router'
import { useState } from 'react'
import { type Output, useAction } from '../../../api.ts'
import { LinkButton } from '../../../components/button.tsx'
import { Card } from '../../../components/card.tsx'
import { Form } from '../../../components/form.tsx'
import {
  CheckboxField,
  NumberField,
  SecretField,
  SelectField,
  TextField,
} from '../../../components/form-fields.tsx'
import { useToast } from '../../../components/toast.tsx'
import { SigningSecretCard } from '../signing-secret-card.tsx'
import { kindWords, type Stream } from './stream-words.ts'

type Kind = Stream['kind']

const plain = { autoComplete: 'off', spellCheck: false, autoCapitalize: 'none' }
const url = { ...plain, inputMode: 'url' } as const
const sealed = 'It is sealed at once and never shown again.'
const formats = [
  { value: 'jsonl', label: 'As they stand in the chain, with their signatures' },
  { value: 'ocsf', label: 'As OCSF events, for security tools' },
]
const beginnings = [
  { value: 'now', label: 'From now on' },
  { value: 'beginning', label: 'All there is, and then what comes' },
]
const bodies = [
  { value: 'lines', label: 'One JSON object a line' },
  { value: 'array', label: 'One JSON array' },
]
const defaults: Readonly<Record<Kind, object>> = {
  webhook: { kind: 'webhook', body: 'lines' },
  syslog: { kind: 'syslog', port: 6514, tls: true },
  s3: { kind: 's3', prefix: '', everySeconds: 60 },
}

/** Makes a stream of one kind. A webhook's secret is shown then, once. */
export function StreamForm({ kind }: { kind: Kind }) {
  const navigate = useNavigate()
  const toast = useToast()
  const [made, setMade] = useState<Output<'createAuditStream'>>()
  const goBack = () => void navigate({ to: '/settings/audit-streams', search: {} })
  const create = useAction('createAuditStream', {
    onDone: (output) => {
      if (output.secret !== undefined) return setMade(output)
      toast('The log is sent there from now on')
      goBack()
    },
  })
  if (made?.secret !== undefined) {
    return <SigningSecretCard secret={made.secret} onDone={goBack} />
  }
  return (
    <Card title={kindWords[kind].name} description={kindWords[kind].sentence}>
      <Form
        schema={createAuditStream.input}
        defaults={{ target: defaults[kind], format: 'jsonl', from: 'now' } as never}
        onSubmit={create.mutateAsync}
        submitLabel="Send the log there"
        actions={
          <LinkButton to="/settings/audit-streams" variant="quiet">
            Cancel
          </LinkButton>
        }
      >
        <TargetFields kind={kind} />
        <SelectField name="format" label="Entries" options={formats} />
        <SelectField name="from" label="Begin" options={beginnings} />
        <TextField name="label" label="What you call it" autoComplete="off" optional />
      </Form>
    </Card>
  )
}

function TargetFields({ kind }: { kind: Kind }) {
  if (kind === 'syslog') {
    return (
      <>
        <TextField name="target.host" label="Host" placeholder="syslog.example.com" {...plain} />
        <NumberField name="target.port" label="Port" />
        <CheckboxField
          name="target.tls"
          label="TLS"
          hint="Without it only where the operator lists the address as private."
        />
      </>
    )
  }
  if (kind === 's3') return <BucketFields />
  return (
    <>
      <TextField
        name="target.url"
        label="URL"
        placeholder="https://siem.example.com/ingest"
        hint="Each batch is a POST there. Any answer of 200 to 299 takes it."
        {...url}
      />
      <SecretField
        name="target.authorization"
        label="Authorization header"
        hint={`Such as “Splunk …”. ${sealed}`}
        autoComplete="off"
        optional
      />
      <SelectField name="target.body" label="Body" options={bodies} />
    </>
  )
}

function BucketFields() {
  return (
    <>
      <TextField
        name="target.endpoint"
        label="Endpoint"
        placeholder="https://s3.eu-central-1.amazonaws.com"
        {...url}
      />
      <TextField name="target.bucket" label="Bucket" {...plain} />
      <TextField name="target.region" label="Region" placeholder="eu-central-1" {...plain} />
      <TextField name="target.prefix" label="Prefix" hint="Before the date." optional {...plain} />
      <TextField name="target.accessKeyId" label="Access key ID" {...plain} />
      <SecretField
        name="target.secretAccessKey"
        label="Secret access key"
        hint={`It needs to put objects and nothing else. ${sealed}`}
        autoComplete="off"
      />
      <SecretField
        name="target.sessionToken"
        label="Session token"
        hint={`Of temporary credentials. Sending stops when they end. ${sealed}`}
        autoComplete="off"
        optional
      />
      <NumberField
        name="target.everySeconds"
        label="Seconds to gather"
        hint="So that objects are few and not small."
      />
    </>
  )
}
