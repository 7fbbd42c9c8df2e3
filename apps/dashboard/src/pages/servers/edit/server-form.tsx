import type { McpServer } from '@sallyport/contracts'
import type { ReactNode } from 'react'
import { useController, useFormContext } from 'react-hook-form'
import { LinkButton, TextLink } from '../../../components/button.tsx'
import { Form } from '../../../components/form.tsx'
import {
  CheckboxField,
  NumberField,
  SelectField,
  TextareaField,
  TextField,
} from '../../../components/form-fields.tsx'
import { RadioCards } from '../../../components/radio-cards.tsx'
import { useMay } from '../../../session.ts'
import { PairsField } from './pairs-field.tsx'
import { ProgramFields } from './program-fields.tsx'
import { emptyServer, TypedServer, typedOf } from './server-typed.ts'
import { TryDraft } from './try-draft.tsx'

const plain = { spellCheck: false, autoCapitalize: 'none', autoComplete: 'off' } as const

const transports = [
  {
    value: 'stdio',
    label: 'A program',
    description: 'The vault runs a command and speaks with it over its standard streams.',
  },
  {
    value: 'streamable_http',
    label: 'An address, Streamable HTTP',
    description: 'What remote servers speak today.',
  },
  { value: 'sse', label: 'An address, SSE', description: 'Of servers from before 2025.' },
] as const

interface ServerFormProps {
  /** The one that is changed; a new one where there is none. */
  readonly server?: McpServer
  readonly onSubmit: (typed: TypedServer) => Promise<unknown>
}

/** All that an owner says of a server. It can be tried as it stands before it is saved. */
export function ServerForm({ server, onSubmit }: ServerFormProps) {
  return (
    <Form
      schema={TypedServer}
      defaults={server === undefined ? emptyServer : typedOf(server)}
      onSubmit={onSubmit}
      submitLabel={server === undefined ? 'Add the server' : 'Save'}
      actions={
        server === undefined ? (
          <LinkButton to="/servers">Cancel</LinkButton>
        ) : (
          <LinkButton to="/servers/$serverId" params={{ serverId: server.id }}>
            Cancel
          </LinkButton>
        )
      }
    >
      <TextField
        name="name"
        label="Name"
        hint="Letters, digits, spaces, _ - and . Its tools are listed under it."
        {...plain}
      />
      <TransportField />
      <ByTransport />
      <Advanced />
      <TryDraft server={server} />
    </Form>
  )
}

function TransportField() {
  const { field } = useController({ name: 'transport' })
  return (
    <RadioCards
      legend="How it is spoken to"
      value={field.value}
      options={transports}
      onChange={field.onChange}
    />
  )
}

function ByTransport() {
  const { watch } = useFormContext()
  if (watch('transport') === 'stdio') return <ProgramFields variablesHint={<VariablesHint />} />
  return (
    <>
      <TextField
        name="url"
        label="Address"
        hint="Such as https://mcp.example.com/mcp. Redirects are not followed."
        inputMode="url"
        {...plain}
      />
      <PairsField
        name="headers"
        legend="Headers"
        one="header"
        hint={<>Sent with every message, such as Authorization. {<VariablesHint />}</>}
      />
    </>
  )
}

/** What values may refer to. */
function VariablesHint() {
  const mayRead = useMay('connections:read')
  return (
    <>
      Sealed, and never shown again. <code className="font-mono">$&#123;NAME&#125;</code> is
      replaced by {mayRead ? <TextLink to="/servers/variables">a variable</TextLink> : 'a variable'}{' '}
      of that name; <code className="font-mono">$$</code> is one $.
    </>
  )
}

function Advanced(): ReactNode {
  const { watch } = useFormContext()
  const isProgram = watch('transport') === 'stdio'
  return (
    <details>
      <summary className="cursor-pointer text-[0.93rem] font-medium">More settings</summary>
      <div className="mt-4 grid gap-5">
        <TextareaField name="description" label="Description" optional rows={2} />
        {isProgram && (
          <>
            <TextField
              name="cwd"
              label="Working directory"
              optional
              hint="Within the workspace of the server, which is its own, unless it may begin anywhere."
              {...plain}
            />
            <SelectField
              name="permission"
              label="Where it may begin"
              options={[
                { value: 'workspace', label: 'In its own workspace' },
                { value: 'full', label: 'In any directory of the machine' },
              ]}
            />
            <TextField
              name="package"
              label="Package"
              optional
              hint="What the command comes from, such as @scope/weather-mcp. It says how to install what is missing."
              {...plain}
            />
            <CheckboxField
              name="perAgent"
              label="A process of its own for each agent"
              hint="For programs that keep something of one caller to themselves. One for all otherwise."
            />
          </>
        )}
        <div className="grid gap-5 sm:grid-cols-2">
          <NumberField name="connectTimeoutSeconds" label="Seconds to connect" />
          <NumberField name="readTimeoutSeconds" label="Seconds for an answer" />
        </div>
        <CheckboxField
          name="enabled"
          label="On"
          hint="The vault connects to it once it is saved. Off, its tools are hidden from everybody."
        />
      </div>
    </details>
  )
}
