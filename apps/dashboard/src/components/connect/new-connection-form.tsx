import { customService, type Service } from '@sallyport/catalog'
import type { Connection } from '@sallyport/contracts'
import type { ReactNode } from 'react'
import { useAction } from '../../api.ts'
import { ConnectionAdvanced } from '../connection-advanced.tsx'
import { Form } from '../form.tsx'
import { TextField } from '../form-fields.tsx'
import { credentialDefaults } from './credential-defaults.ts'
import { CredentialPart } from './credential-part.tsx'
import { newConnectionSchema } from './form-schemas.ts'
import type { Way } from './ways.ts'
import { WhereItGoes } from './where-it-goes.tsx'

interface NewConnectionFormProps {
  readonly service: Service
  readonly way: Way
  readonly onDone: (connection: Connection) => void
  readonly actions?: ReactNode
  /** Whether more can be said than most need: several addresses, further headers, a URL to test with. */
  readonly isFull: boolean
  readonly oauthAppId?: string
}

/** Keeps what is typed in: a key, or what the vault gets access tokens with. */
export function NewConnectionForm(props: NewConnectionFormProps) {
  const { service, way, onDone, actions, isFull, oauthAppId } = props
  const create = useAction('createConnection', {
    // Those that wait for a connection can now be granted on it.
    invalidates: ['capability-requests'],
    onDone: ({ connection }) => onDone(connection),
  })
  const isCustom = service.id === customService.id
  const asksOrigin = isCustom || service.originPattern !== undefined
  const defaults = {
    service: service.id,
    label: isCustom ? '' : service.name,
    ...(asksOrigin && { origins: [''] }),
    ...(oauthAppId !== undefined && { oauthAppId }),
    credential: credentialDefaults(way),
  }
  return (
    <Form
      // Another service or another way begins a new form.
      key={`${service.id} ${way.id}`}
      schema={newConnectionSchema(service)}
      defaults={defaults as never}
      onSubmit={create.mutateAsync}
      submitLabel="Keep it"
      actions={actions}
    >
      <WhereItGoes service={service} isFull={isFull} />
      <TextField
        name="label"
        label="Name"
        autoComplete="off"
        hint="What you and your agents call it."
      />
      <CredentialPart way={way} />
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
