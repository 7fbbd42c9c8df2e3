import { customService, type Provider, type Service } from '@sallyport/catalog'
import type { Connection, OAuthApp } from '@sallyport/contracts'
import { type ReactNode, useState } from 'react'
import { catalog } from '../../catalog.ts'
import { Button } from '../button.tsx'
import { RadioCards } from '../radio-cards.tsx'
import { AccountForm } from './account-form.tsx'
import { NewConnectionForm } from './new-connection-form.tsx'
import { scopesOf } from './scope-words.ts'
import { type Way, waysOf } from './ways.ts'
import { WithAnyOAuthApp } from './with-any-oauth-app.tsx'
import { WithOAuthApp } from './with-oauth-app.tsx'

interface ConnectServiceProps {
  readonly service: Service
  /** Actions that are wanted of it already, by id. */
  readonly wanted?: readonly string[]
  /** A path of this dashboard to go to after an account was connected at its provider. */
  readonly returnTo?: string | undefined
  /** For what is typed in here; an account comes back by `returnTo`. */
  readonly onDone: (connection: Connection) => void
  readonly actions?: ReactNode
  /** Whether more can be said than most need. */
  readonly isFull?: boolean
}

/** How a service is to be connected, and then what that way needs. */
export function ConnectService(props: ConnectServiceProps) {
  const { service } = props
  const [chosen, setChosen] = useState<string>()
  const [showsAll, setShowsAll] = useState(false)
  const all = waysOf(service)
  const shown = showsAll ? all : all.filter(({ isUnusual }) => isUnusual !== true)
  const offered = shown.length === 0 ? all : shown
  const way = offered.find(({ id }) => id === chosen) ?? offered[0]
  const hasMore = offered.length < all.length
  const otherWays = hasMore && (
    <div>
      <Button size="sm" variant="quiet" onClick={() => setShowsAll(true)}>
        Other ways…
      </Button>
    </div>
  )
  const choices = offered.map(({ id, label, description }) => ({ value: id, label, description }))
  return (
    <div className="grid gap-6">
      {offered.length > 1 && (
        <div className="grid max-w-xl gap-2">
          <RadioCards
            legend="How do you connect it?"
            value={way?.id ?? ''}
            options={choices}
            onChange={setChosen}
          />
          {otherWays}
        </div>
      )}
      {way !== undefined && <ByWay key={way.id} {...props} way={way} />}
      {offered.length === 1 && otherWays}
    </div>
  )
}

/** What one way needs. */
function ByWay(props: ConnectServiceProps & { way: Way }) {
  const { service, way, onDone, actions, isFull = false } = props
  const form = (oauthAppId?: string) => (
    <NewConnectionForm
      service={service}
      way={way}
      onDone={onDone}
      actions={actions}
      isFull={isFull}
      {...(oauthAppId !== undefined && { oauthAppId })}
    />
  )
  if (way.kind !== 'account' && way.kind !== 'refresh-token') return form()
  const provider = catalog.findProvider(service.provider)
  const withApp = (app: OAuthApp) =>
    way.kind === 'refresh-token' ? (
      form(app.id)
    ) : (
      <AccountForm
        service={service}
        provider={catalog.findProvider(app.provider)}
        app={app}
        wanted={props.wanted ?? []}
        returnTo={props.returnTo}
        actions={actions}
      />
    )
  if (service.id === customService.id || provider?.oauth === undefined) {
    return <WithAnyOAuthApp actions={actions}>{withApp}</WithAnyOAuthApp>
  }
  return (
    <WithOAuthApp provider={provider} scopes={allScopes(service, provider)} actions={actions}>
      {withApp}
    </WithOAuthApp>
  )
}

/** All that connections of a service may come to ask for. */
function allScopes(service: Service, provider: Provider): string[] {
  const actions = service.actions.map(({ id }) => id)
  return [...new Set([...(provider.oauth?.baseScopes ?? []), ...scopesOf(service, actions)])]
}
