import type { OAuthApp } from '@sallyport/contracts'
import { useQuery } from '@tanstack/react-query'
import { type ReactNode, useState } from 'react'
import { query } from '../../api.ts'
import { Field } from '../field.tsx'
import { Select } from '../input.tsx'
import { LoadingState } from '../loading-state.tsx'
import { ErrorState } from '../states.tsx'
import { OAuthAppForm } from './oauth-app-form.tsx'
import { WhatToRegister } from './what-to-register.tsx'
import { appsListed } from './with-oauth-app.tsx'

interface WithAnyOAuthAppProps {
  readonly actions?: ReactNode
  readonly children: (app: OAuthApp) => ReactNode
}

const another = 'another'

/** What needs an OAuth app of whichever provider: one of the workspace's, or a new one. */
export function WithAnyOAuthApp({ actions, children }: WithAnyOAuthAppProps) {
  const { data, error, refetch } = useQuery(query('listOAuthApps', { limit: appsListed }))
  const [wanted, setWanted] = useState<string>()
  if (data === undefined) {
    return error === null ? (
      <LoadingState lines={4} />
    ) : (
      <ErrorState error={error} onRetry={refetch} />
    )
  }
  const { oauthApps, redirectUri } = data
  const chosen = wanted ?? oauthApps[0]?.id ?? another
  const app = oauthApps.find(({ id }) => id === chosen)
  return (
    <div className="grid gap-5">
      {oauthApps.length > 0 && (
        <Field label="Provider">
          {(aria) => (
            <Select
              {...aria}
              className="max-w-xl"
              value={chosen}
              onChange={({ target }) => setWanted(target.value)}
            >
              {oauthApps.map(({ id, name }) => (
                <option key={id} value={id}>
                  {name}
                </option>
              ))}
              <option value={another}>Another provider…</option>
            </Select>
          )}
        </Field>
      )}
      {app === undefined ? (
        <>
          <WhatToRegister provider={undefined} redirectUri={redirectUri} scopes={[]} />
          <OAuthAppForm provider={undefined} onDone={({ id }) => setWanted(id)} actions={actions} />
        </>
      ) : (
        children(app)
      )}
    </div>
  )
}
