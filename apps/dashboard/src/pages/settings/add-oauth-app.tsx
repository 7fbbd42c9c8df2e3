import { useQuery } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { useState } from 'react'
import { query } from '../../api.ts'
import { catalog } from '../../catalog.ts'
import { LinkButton } from '../../components/button.tsx'
import { Card } from '../../components/card.tsx'
import { OAuthAppForm } from '../../components/connect/oauth-app-form.tsx'
import { WhatToRegister } from '../../components/connect/what-to-register.tsx'
import { Field } from '../../components/field.tsx'
import { Select } from '../../components/input.tsx'
import { LoadingState } from '../../components/loading-state.tsx'
import { Notice } from '../../components/notice.tsx'
import { ErrorState } from '../../components/states.tsx'
import { useToast } from '../../components/toast.tsx'
import { useMay } from '../../session.ts'
import { scopesOfProvider } from './scopes-of-provider.ts'

const own = 'own'
const offered = catalog.providers
  .filter(({ oauth }) => oauth !== undefined)
  .toSorted((one, other) => one.name.localeCompare(other.name))

/** Which provider, what to register there, and what it gave. */
export function AddOAuthApp({ provider: wanted }: { provider: string }) {
  const [chosen, setChosen] = useState(
    offered.some(({ id }) => id === wanted) ? wanted : (offered[0]?.id ?? own),
  )
  const { data, error, refetch } = useQuery(query('listOAuthApps', {}))
  const navigate = useNavigate()
  const toast = useToast()
  const mayWrite = useMay('connections:write')
  if (!mayWrite) {
    return (
      <Notice title="Your role can look at OAuth apps, not add them.">
        <p>An owner or admin of the workspace can.</p>
      </Notice>
    )
  }
  if (data === undefined) {
    return error === null ? <LoadingState /> : <ErrorState error={error} onRetry={refetch} />
  }
  const provider = offered.find(({ id }) => id === chosen)
  return (
    <div className="grid gap-5">
      <Card title="Add an OAuth app">
        <div className="grid gap-5">
          <Field label="Provider">
            {(aria) => (
              <Select
                {...aria}
                className="max-w-xl"
                value={chosen}
                onChange={({ target }) => setChosen(target.value)}
              >
                {offered.map(({ id, name }) => (
                  <option key={id} value={id}>
                    {name}
                  </option>
                ))}
                <option value={own}>Another provider…</option>
              </Select>
            )}
          </Field>
          <WhatToRegister
            provider={provider}
            redirectUri={data.redirectUri}
            scopes={provider === undefined ? [] : scopesOfProvider(provider)}
          />
        </div>
      </Card>
      <Card title="What the provider gave you">
        <OAuthAppForm
          provider={provider}
          onDone={({ id }) => {
            toast('The OAuth app is kept')
            void navigate({ to: '/settings/oauth-apps/$oauthAppId', params: { oauthAppId: id } })
          }}
          actions={<LinkButton to="/settings/oauth-apps">Cancel</LinkButton>}
        />
      </Card>
    </div>
  )
}
