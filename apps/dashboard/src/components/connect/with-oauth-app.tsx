import type { Provider } from '@sallyport/catalog'
import type { OAuthApp } from '@sallyport/contracts'
import { useQuery } from '@tanstack/react-query'
import type { ReactNode } from 'react'
import { query } from '../../api.ts'
import { LoadingState } from '../loading-state.tsx'
import { ErrorState } from '../states.tsx'
import { OAuthAppForm } from './oauth-app-form.tsx'
import { WhatToRegister } from './what-to-register.tsx'

/** The most that one answer lists; there is one app for each provider. */
export const appsListed = 200

interface WithOAuthAppProps {
  readonly provider: Provider
  /** Those that the app has to be allowed to ask for. */
  readonly scopes: readonly string[]
  readonly actions?: ReactNode
  readonly children: (app: OAuthApp) => ReactNode
}

/** What needs the workspace's own OAuth app for a provider; says how to make it where there is none yet, then goes on. */
export function WithOAuthApp({ provider, scopes, actions, children }: WithOAuthAppProps) {
  const { data, error, refetch } = useQuery(query('listOAuthApps', { limit: appsListed }))
  if (data === undefined) {
    return error === null ? (
      <LoadingState lines={4} />
    ) : (
      <ErrorState error={error} onRetry={refetch} />
    )
  }
  const app = data.oauthApps.find((known) => known.provider === provider.id)
  if (app !== undefined) return children(app)
  return (
    <div className="grid gap-6">
      <div className="grid gap-3">
        <h2 className="font-semibold">First: an app of your own at {provider.name}</h2>
        <p className="max-w-2xl text-ink-soft">
          {provider.name} lets accounts be connected only by an app that is registered there. You do
          this once for the workspace: the app is yours, and nobody stands between you and{' '}
          {provider.name}.
        </p>
        <WhatToRegister provider={provider} redirectUri={data.redirectUri} scopes={scopes} />
      </div>
      <div className="grid gap-3">
        <h2 className="font-semibold">Then: what {provider.name} gave you</h2>
        {/* The list of apps is asked again by itself, and this goes on with the new one. */}
        <OAuthAppForm provider={provider} onDone={() => undefined} actions={actions} />
      </div>
    </div>
  )
}
