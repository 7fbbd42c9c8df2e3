import type { McpServer, McpSignInFound } from '@sallyport/contracts'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { type Input, query, useAction } from '../../../api.ts'
import { Button } from '../../../components/button.tsx'
import { Facts } from '../../../components/card.tsx'
import { useGoOn } from '../../../components/connect/use-go-on.ts'
import { CopyButton } from '../../../components/copy-button.tsx'
import { Field } from '../../../components/field.tsx'
import { Select } from '../../../components/input.tsx'
import { LightField, LightForm } from '../../../components/light-form.tsx'
import { LoadingState } from '../../../components/loading-state.tsx'
import { ProblemNotice } from '../../../components/notice.tsx'
import { useToast } from '../../../components/toast.tsx'
import { UntrustedText } from '../../../components/untrusted-text.tsx'

/** What is found out stays so for a while, in ms. */
const foundMs = 60_000

/** What the server says of how it is signed in to, and the ways that there are. */
export function SignInWays({ server }: { server: McpServer }) {
  const [issuer, setIssuer] = useState<string>()
  const { data, error, refetch } = useQuery({
    ...query('discoverMcpSignIn', { serverId: server.id, ...(issuer !== undefined && { issuer }) }),
    ...{ staleTime: foundMs, retry: false },
  })
  if (data === undefined) {
    return error === null ? (
      <LoadingState />
    ) : (
      <ProblemNotice
        error={error}
        action={
          <Button size="sm" onClick={() => void refetch()}>
            Ask it again
          </Button>
        }
      />
    )
  }
  const { found } = data
  return (
    <div className="grid gap-4">
      <Found found={found} />
      {found.issuers.length > 1 && (
        <Field label="Where to sign in">
          {(aria) => (
            <Select {...aria} value={found.issuer} onChange={(at) => setIssuer(at.target.value)}>
              {found.issuers.map((one) => (
                <option key={one}>{one}</option>
              ))}
            </Select>
          )}
        </Field>
      )}
      <Ways server={server} found={found} issuer={issuer} />
    </div>
  )
}

function Found({ found }: { found: McpSignInFound }) {
  const { message, issuer, resource, scopes } = found
  return (
    <>
      <UntrustedText text={message} limit={1000} />
      <Facts
        items={[
          ['Sign in at', <code key="issuer">{issuer}</code>],
          ['Tokens for', <code key="resource">{resource}</code>],
          ['Asked for', scopes.length === 0 ? 'What the server gives anyway' : scopes.join(' ')],
        ]}
      />
    </>
  )
}

interface WaysProps {
  readonly server: McpServer
  readonly found: McpSignInFound
  readonly issuer: string | undefined
}

function Ways({ server, found, issuer }: WaysProps) {
  const start = useAction('signInToMcpServer', { invalidates: ['connections', 'oauth-apps'] })
  const goOn = useGoOn()
  const toast = useToast()
  const [busy, setBusy] = useState(false)
  const [error, setError] = useState<unknown>()
  const begin = async (wish: Omit<Input<'signInToMcpServer'>, 'serverId'>) => {
    const answer = await start.mutateAsync({
      ...{ serverId: server.id, returnTo: `/servers/${server.id}` },
      ...{ ...(issuer !== undefined && { issuer }), ...wish },
    })
    const { flow, authorizationUrl } = answer
    if (flow === undefined) toast('Signed in')
    else await goOn({ flow, ...(authorizationUrl !== undefined && { authorizationUrl }) })
  }
  const press = async (wish: Parameters<typeof begin>[0]) => {
    setBusy(true)
    setError(undefined)
    await begin(wish).catch(setError)
    setBusy(false)
  }
  const isByHand = found.client === 'by-hand' || found.authorizationEndpoint === undefined
  return (
    <div className="grid gap-4">
      {error !== undefined && <ProblemNotice error={error} />}
      {!isByHand && (
        <div className="flex flex-wrap gap-2">
          <Button variant="primary" busy={busy} onClick={() => void press({})}>
            Sign in
          </Button>
          {found.client === 'kept' && (
            <Button busy={busy} onClick={() => void press({ newClient: true })}>
              With a new client
            </Button>
          )}
        </div>
      )}
      <details open={isByHand}>
        <summary className="cursor-pointer text-[0.93rem]">With a client of your own</summary>
        <OwnClient found={found} onBegin={begin} />
      </details>
    </div>
  )
}

interface OwnClientProps {
  readonly found: McpSignInFound
  readonly onBegin: (wish: Omit<Input<'signInToMcpServer'>, 'serverId'>) => Promise<void>
}

/** A client that somebody registered: for a person who signs in, or for itself. */
function OwnClient({ found, onBegin }: OwnClientProps) {
  const takesPeople = found.authorizationEndpoint !== undefined
  const submit = async ({ clientId, clientSecret, method }: Readonly<Record<string, string>>) =>
    onBegin({
      method: method === 'client_credentials' ? method : 'authorization_code',
      ...(clientId !== undefined && { clientId }),
      ...(clientSecret !== undefined && { clientSecret }),
    })
  return (
    <div className="mt-3 grid max-w-xl gap-4">
      <div className="grid gap-1.5 text-[0.93rem]">
        <p className="text-ink-soft">Register it at {found.issuer} with this redirect URI:</p>
        <div className="flex flex-wrap items-center gap-2">
          <code className="[overflow-wrap:anywhere]">{found.redirectUri}</code>
          <CopyButton text={found.redirectUri} />
        </div>
      </div>
      <LightForm submitLabel="Sign in with it" onSubmit={submit}>
        {(errors) => (
          <>
            <Field label="Who signs in">
              {(aria) => (
                <Select {...aria} name="method">
                  {takesPeople && <option value="authorization_code">A person, there</option>}
                  <option value="client_credentials">The client, for itself</option>
                </Select>
              )}
            </Field>
            <LightField name="clientId" label="Client id" required error={errors.clientId} />
            <LightField
              name="clientSecret"
              label="Client secret"
              hint="Sealed; sent to that authorization server alone."
              type="password"
              autoComplete="off"
              error={errors.clientSecret}
            />
          </>
        )}
      </LightForm>
    </div>
  )
}
