import { customService, type Provider, type Service } from '@sallyport/catalog'
import type { OAuthApp } from '@sallyport/contracts'
import { type ReactNode, useState } from 'react'
import { type Input, useAction } from '../../api.ts'
import { Form } from '../form.tsx'
import { LinesField, TextField } from '../form-fields.tsx'
import { RadioCards } from '../radio-cards.tsx'
import { ChooseActions } from './choose-actions.tsx'
import { startSchema } from './form-schemas.ts'
import { originOfApp } from './origin-fits.ts'
import { ScopeList } from './scope-list.tsx'
import { scopesOf } from './scope-words.ts'
import { useGoOn } from './use-go-on.ts'
import { WhereItGoes } from './where-it-goes.tsx'

interface AccountFormProps {
  readonly service: Service
  /** Of the catalog; undefined for one of the owner's own. */
  readonly provider: Provider | undefined
  readonly app: OAuthApp
  /** Actions that are wanted already. */
  readonly wanted: readonly string[]
  /** A path of this dashboard to go back to afterwards. */
  readonly returnTo: string | undefined
  readonly actions?: ReactNode
}

/** Asks what an account is to be asked for, and sends the browser to the provider. */
export function AccountForm(props: AccountFormProps) {
  const { service, provider, app, wanted, returnTo, actions } = props
  const [chosen, setChosen] = useState(() => startActions(service, wanted))
  const [method, setMethod] = useState<'code' | 'device'>('code')
  const start = useAction('startConnection')
  const goOn = useGoOn()
  const isCustom = service.id === customService.id
  const providerName = provider?.name ?? app.name
  const submit = async (input: Input<'startConnection'>) => {
    const asked = { ...input, method, ...(chosen.length > 0 && { actions: chosen }) }
    await goOn(await start.mutateAsync({ ...asked, ...(returnTo !== undefined && { returnTo }) }))
  }
  const defaults = {
    service: service.id,
    ...(isCustom && { oauthAppId: app.id }),
    ...((isCustom || service.originPattern !== undefined) && {
      origins: [ownOrigin(service, provider, app)],
    }),
    scopes: [],
  }
  return (
    <Form
      key={`${service.id} ${app.id}`}
      schema={startSchema(service)}
      defaults={defaults as never}
      onSubmit={submit}
      submitLabel={method === 'device' ? 'Get a code' : `Go on to ${providerName}`}
      actions={actions}
    >
      <WhereItGoes service={service} isFull />
      {service.actions.length > 0 && (
        <ChooseActions
          legend="What may agents come to need?"
          service={service}
          provider={provider}
          chosen={chosen}
          onChange={setChosen}
        />
      )}
      {!isCustom && <WhatIsAsked service={service} provider={provider} chosen={chosen} />}
      {isCustom && <ScopesField />}
      <TextField
        name="label"
        label="Name"
        autoComplete="off"
        hint="What you and your agents call it. The service and the account, unless you say otherwise."
        optional
      />
      {offersDevice(provider, app) && (
        <RadioCards
          legend="Where do you sign in?"
          value={method}
          options={methods}
          onChange={setMethod}
        />
      )}
      {!isCustom && (
        <details>
          <summary className="cursor-pointer text-[0.93rem] text-ink-soft hover:text-ink">
            Advanced: further scopes
          </summary>
          <div className="mt-4">
            <ScopesField />
          </div>
        </details>
      )}
    </Form>
  )
}

function ownOrigin({ originPattern }: Service, provider: Provider | undefined, app: OAuthApp) {
  if (originPattern === undefined) return ''
  const endpoint = provider?.oauth?.authorizationEndpoint
  return originOfApp({ pattern: originPattern.pattern, endpoint, parameters: app.parameters })
}

const methods = [
  { value: 'code', label: 'Here', description: 'In this browser.' },
  {
    value: 'device',
    label: 'On another device',
    description: 'You get a code to type in there, such as on your phone.',
  },
] as const

function offersDevice(provider: Provider | undefined, app: OAuthApp): boolean {
  return (
    provider?.oauth?.deviceAuthorizationEndpoint !== undefined ||
    app.deviceAuthorizationEndpoint !== undefined
  )
}

/** What was wanted; else what only reads and never asks, so that the first thing somebody connects can be looked at. */
function startActions({ actions }: Service, wanted: readonly string[]): string[] {
  const known = actions.filter(({ id }) => wanted.includes(id))
  const first = known.length > 0 ? known : actions.filter(({ approval }) => approval === 'never')
  return first.map(({ id }) => id)
}

const ScopesField = () => (
  <LinesField
    name="scopes"
    label="Scopes"
    hint="As the provider names them."
    words
    optional
    spellCheck={false}
    autoCapitalize="none"
  />
)

interface WhatIsAskedProps {
  readonly service: Service
  readonly provider: Provider | undefined
  readonly chosen: readonly string[]
}

/** The sum of what the provider's own page will say. */
function WhatIsAsked({ service, provider, chosen }: WhatIsAskedProps) {
  const scopes = [
    ...new Set([...(provider?.oauth?.baseScopes ?? []), ...scopesOf(service, chosen)]),
  ]
  if (scopes.length === 0) return null
  return (
    <div className="rounded-md bg-sunken px-3.5 py-3 text-[0.93rem]" aria-live="polite">
      <p className="mb-1.5 font-medium">
        {provider?.name ?? service.name} will ask whether the vault may
      </p>
      <ScopeList scopes={scopes} provider={provider} />
      <p className="mt-2 text-ink-soft">
        Agents get none of it by this. Each is allowed what you give it, and asks where you say so.
      </p>
    </div>
  )
}
