import { refuse } from './field-faults.ts'
import type { OAuthAppRecord } from './oauth-app-store.ts'
import type { SealedApp } from './sealed-app.ts'

// What is stored of an OAuth client beside its seal, in the clear.

/** Secrets shorter than this show nothing of themselves. */
const hintFromChars = 12
const hintChars = 4

/** What lists show of a client. Endpoints of the catalog's are not repeated. */
export function shownOf(app: SealedApp) {
  const secret = app.clientSecret ?? ''
  const server = app.own?.server
  return {
    provider: app.provider,
    clientId: app.clientId,
    clientAuthentication: app.authentication,
    secretHint: secret.length < hintFromChars ? '' : `••••${secret.slice(-hintChars)}`,
    issuer: server?.issuer ?? null,
    authorizationEndpoint: server?.authorizationEndpoint ?? null,
    tokenEndpoint: server?.tokenEndpoint ?? null,
    revocationEndpoint: server?.revocationEndpoint ?? null,
    deviceAuthorizationEndpoint: server?.deviceAuthorizationEndpoint ?? null,
    parameters: app.parameters,
  }
}

type Shown = Omit<OAuthAppRecord, 'id' | 'workspaceId' | 'version' | 'createdAt' | 'updatedAt'>

/** Problem `invalid-input` where the secret stands in something that is stored in the clear (S-38). */
export function checkNoSecret({ clientSecret }: SealedApp, row: Shown): void {
  if (clientSecret === undefined) return
  const forms = [clientSecret, encodeURIComponent(clientSecret)]
  const holds = (text: string | null) => text !== null && forms.some((form) => text.includes(form))
  const { name, clientId, issuer, authorizationEndpoint, tokenEndpoint } = row
  const { revocationEndpoint, deviceAuthorizationEndpoint } = row
  const texts = {
    ...{ name, clientId, issuer, authorizationEndpoint, tokenEndpoint },
    ...{ revocationEndpoint, deviceAuthorizationEndpoint },
    parameters: Object.values(row.parameters).join(' '),
  }
  refuse(
    Object.entries(texts)
      .filter(([, text]) => holds(text))
      .map(([field]) => ({
        field,
        message: 'must not hold the secret: it is stored in the clear',
      })),
  )
}
