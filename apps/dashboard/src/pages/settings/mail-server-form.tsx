import { putMailServer } from '@sallyport/contracts'
import { type Output, useAction } from '../../api.ts'
import { Form } from '../../components/form.tsx'
import { NumberField, SecretField, SelectField, TextField } from '../../components/form-fields.tsx'
import { useToast } from '../../components/toast.tsx'

type MailServer = NonNullable<Output<'getMailServer'>['mailServer']>

const plain = { autoComplete: 'off', spellCheck: false, autoCapitalize: 'none' }
const submissionPort = 587
const securities = [
  { value: 'starttls', label: 'STARTTLS (usual, port 587)' },
  { value: 'tls', label: 'TLS from the start (port 465)' },
  { value: 'none', label: 'None (only a relay at a private address)' },
]

/** Sets the mail server up, or changes it; a password that is not typed in stays. */
export function MailServerForm({ mailServer }: { mailServer: MailServer | undefined }) {
  const toast = useToast()
  const put = useAction('putMailServer', { onDone: () => toast('The server took it: saved') })
  const { passwordHint, updatedAt: _, ...kept } = mailServer ?? { updatedAt: '' }
  return (
    <Form
      schema={putMailServer.input}
      defaults={{ host: '', port: submissionPort, security: 'starttls', from: '', ...kept }}
      onSubmit={put.mutateAsync}
      submitLabel="Ask the server and save"
    >
      <TextField name="host" label="Host" placeholder="smtp.example.com" {...plain} />
      <SelectField name="security" label="Encryption" options={securities} />
      <NumberField name="port" label="Port" />
      <TextField
        name="username"
        label="User name"
        hint="Empty for a server that asks for none."
        optional
        {...plain}
      />
      <SecretField
        name="password"
        label="Password"
        hint={
          passwordHint === undefined
            ? 'It is sealed at once and never shown again, to nobody.'
            : `The one that is kept (${passwordHint}) stays unless you type another.`
        }
        autoComplete="new-password"
        optional
      />
      <TextField
        name="from"
        label="Sender"
        type="email"
        placeholder="sallyport@example.com"
        hint="The address that mails come from. The server has to allow it."
        {...plain}
      />
    </Form>
  )
}
