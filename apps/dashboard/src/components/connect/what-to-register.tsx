import type { Provider } from '@sallyport/catalog'
import { CodeBlock } from '../copy-button.tsx'
import { ExternalLink } from '../external-link.tsx'

interface WhatToRegisterProps {
  /** Of the catalog; undefined for one of the owner's own. */
  readonly provider: Provider | undefined
  readonly redirectUri: string
  /** Those that the app has to be allowed to ask for. */
  readonly scopes: readonly string[]
}

/** Exactly what an owner registers with a provider, to be copied. */
export function WhatToRegister({ provider, redirectUri, scopes }: WhatToRegisterProps) {
  const registration = provider?.oauth?.registration
  return (
    <div className="grid gap-3.5">
      {registration === undefined ? (
        <p>
          Register a confidential client for the authorization code flow with the provider, with the
          redirect URI shown here.
        </p>
      ) : (
        <>
          <p>
            <ExternalLink href={registration.url}>
              {`Where apps are registered at ${provider?.name}`}
            </ExternalLink>
          </p>
          <ol className="grid gap-1.5 pl-5 [list-style:decimal]">
            {registration.steps.map((step) => (
              <li key={step}>{step}</li>
            ))}
          </ol>
        </>
      )}
      <CodeBlock label="Redirect URI, exactly so" text={redirectUri} />
      {scopes.length > 0 && <CodeBlock label="Scopes that it asks for" text={scopes.join('\n')} />}
    </div>
  )
}
