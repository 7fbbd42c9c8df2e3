import { ExternalLink } from 'lucide-react'
import { Fragment, type ReactNode } from 'react'
import { useWatch } from 'react-hook-form'
import { LinkButton } from '../../../components/button.tsx'
import { CredentialPart } from '../../../components/connect/credential-part.tsx'
import { Field } from '../../../components/field.tsx'
import { SelectField } from '../../../components/form-fields.tsx'
import { Select } from '../../../components/input.tsx'
import { Notice } from '../../../components/notice.tsx'
import { OriginsField } from '../../../components/origins-field.tsx'
import { useAllConnections } from '../../../components/pick-lists.ts'
import { RadioCards } from '../../../components/radio-cards.tsx'
import { plainText } from '../../../components/tools/plain-text.ts'
import { UntrustedText } from '../../../components/untrusted-text.tsx'
import { useMay } from '../../../session.ts'
import type { Preview } from './choices.ts'
import { type CredentialWay, comesFromConnection, type Scheme, wayOf } from './credential-way.ts'

const nameCharsShown = 80

interface CredentialFieldsProps {
  readonly preview: Preview
  readonly way: CredentialWay
  readonly onWay: (way: CredentialWay) => void
  readonly scheme: Scheme | undefined
  readonly onScheme: (name: string) => void
}

/** How the tools sign in, and where what they sign in with may be sent. */
export function CredentialFields(props: CredentialFieldsProps) {
  const { preview, way, onWay, scheme } = props
  const mayConnect = useMay('connections:write')
  const options = waysOf(preview, scheme).filter(({ value }) => mayConnect || value === 'existing')
  return (
    <>
      <RadioCards
        legend="What the tools sign in with"
        value={way}
        options={options}
        onChange={onWay}
      />
      {way === 'new' && <Schemes {...props} />}
      {comesFromConnection(way, scheme) ? (
        <Existing
          origins={preview.origins}
          account={way === 'new' && scheme !== undefined && <Account {...{ preview, scheme }} />}
        />
      ) : (
        <>
          {way === 'new' && <CredentialPart way={wayOf(scheme)} />}
          <OriginsField />
        </>
      )}
    </>
  )
}

function waysOf({ secretsFound }: Preview, scheme: Scheme | undefined) {
  const first = secretsFound.find(({ scheme }) => scheme !== undefined)
  return [
    ...(first === undefined
      ? []
      : [
          {
            value: 'found' as const,
            label: 'The secret of the document',
            description: (
              <>
                It is sealed and used as the credential:{' '}
                <UntrustedText inline mono text={first.hint} limit={40} />
              </>
            ),
          },
        ]),
    scheme?.kind === 'oauth2'
      ? {
          value: 'new' as const,
          label: 'An account',
          description: 'Somebody signs in to it; the vault renews its tokens.',
        }
      : {
          value: 'new' as const,
          label: 'A new key',
          description: 'You type it in. It is sealed in a connection of its own.',
        },
    {
      value: 'existing' as const,
      label: 'A connection that you have',
      description: 'Its key is used; it may go to this API already.',
    },
    {
      value: 'none' as const,
      label: 'Nothing',
      description: 'The API is open to everybody: no key is put on.',
    },
  ]
}

function Schemes({ preview, scheme, onScheme }: CredentialFieldsProps) {
  const { securitySchemes } = preview
  if (securitySchemes.length === 0) return null
  return (
    <>
      <Field
        label="By which way of the document"
        hint={
          scheme === undefined ? (
            'The document names several ways to sign in.'
          ) : (
            <>
              For {scheme.operations.toLocaleString('en')}{' '}
              {scheme.operations === 1 ? 'operation' : 'operations'}.{' '}
              {scheme.description !== undefined && (
                <UntrustedText inline text={scheme.description} limit={200} />
              )}
            </>
          )
        }
      >
        {(aria) => (
          <Select
            {...aria}
            value={scheme?.name ?? ''}
            onChange={({ target }) => onScheme(target.value)}
          >
            {securitySchemes.map(({ name, kind }) => (
              <option key={name} value={name} disabled={kind === undefined}>
                {plainText(name, nameCharsShown)}
                {kind === undefined && ' (not served)'}
              </option>
            ))}
          </Select>
        )}
      </Field>
      {scheme !== undefined && <ScopesOffered known={scheme.known} />}
      {securitySchemes.some(({ reason }) => reason !== undefined) && (
        <ul className="grid gap-1 text-[0.87rem] text-ink-soft">
          {securitySchemes
            .filter(({ reason }) => reason !== undefined)
            .map(({ name, reason = '' }) => (
              <li key={name}>
                <UntrustedText inline mono text={name} limit={nameCharsShown} />:{' '}
                <UntrustedText inline text={reason} limit={300} />
              </li>
            ))}
        </ul>
      )}
    </>
  )
}

/** Scopes that the document names; how many of them are asked for is the owner's to say. */
function ScopesOffered({ known: { scopesOffered } }: Pick<Scheme, 'known'>) {
  if (!Array.isArray(scopesOffered) || scopesOffered.length === 0) return null
  return (
    <p className="text-[0.87rem] text-ink-soft">
      Scopes that it names:{' '}
      <UntrustedText inline mono text={scopesOffered.map(String).join(' ')} limit={400} />
    </p>
  )
}

/** What to give where an account is connected: in a tab of its own, so that what is chosen here stays. */
function Account({ preview, scheme }: { preview: Preview; scheme: Scheme }) {
  const { authorizationEndpoint, tokenEndpoint } = scheme.known
  const facts = [
    ['Address', preview.origins.join(' ')],
    ['Authorization endpoint', authorizationEndpoint],
    ['Token endpoint', tokenEndpoint],
  ] as const
  return (
    <Notice title="Its tokens come from an account that somebody signs in to.">
      <p>
        Connect it in a tab of its own, with what the document says of it, and choose it here: it
        appears by itself.
      </p>
      <dl className="mt-2 grid gap-x-3 gap-y-1 text-[0.93rem] sm:grid-cols-[auto_minmax(0,1fr)]">
        {facts.map(
          ([name, text]) =>
            typeof text === 'string' && (
              <Fragment key={name}>
                <dt className="text-ink-soft">{name}</dt>
                <dd>
                  <UntrustedText inline mono text={text} limit={400} />
                </dd>
              </Fragment>
            ),
        )}
      </dl>
      <div className="mt-3">
        <LinkButton
          size="sm"
          to="/connections"
          search={{ service: 'custom' }}
          target="_blank"
          rel="noreferrer"
        >
          <ExternalLink aria-hidden="true" /> Connect an account
          <span className="sr-only"> (opens in a new tab)</span>
        </LinkButton>
      </div>
    </Notice>
  )
}

interface ExistingProps {
  readonly origins: readonly string[]
  /** How a fitting one is made, where it has to be an account's. */
  readonly account: ReactNode
}

/** Connections whose key may go wherever the tools send. */
function Existing({ origins, account }: ExistingProps) {
  const { data } = useAllConnections()
  const chosen: unknown = useWatch({ name: 'connectionId' })
  if (data === undefined) return null
  const fitting = data.filter((one) => origins.every((origin) => one.origins.includes(origin)))
  if (fitting.length === 0 && account === false) {
    return (
      <Notice tone="warn">
        <p className="[overflow-wrap:anywhere]">
          No connection may go to {origins.map((origin) => plainText(origin, 120)).join(', ')}. Add
          the address to one under Connections, or make a new key here.
        </p>
      </Notice>
    )
  }
  return (
    <>
      {account}
      <SelectField
        name="connectionId"
        label="Connection"
        {...(fitting.length === 0 && { hint: 'None may go to this address yet.' })}
        options={[
          ...(typeof chosen === 'string' && chosen !== ''
            ? []
            : [{ value: '', label: 'Choose one' }]),
          ...fitting.map(({ id, label }) => ({ value: id, label })),
        ]}
      />
    </>
  )
}
