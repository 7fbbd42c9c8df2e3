import { ClientId, ClientSecret, Problem } from '@sallyport/contracts'
import { readProviderText } from '../../connections/oauth/provider-text.ts'
import type { NewServerClient } from '../../connections/oauth-apps/server-apps.ts'
import { registrableAuthentication } from './choose-client.ts'
import { type AskNeeds, ask, readObject, requirePlace } from './read-json.ts'

/** A client as an authorization server registered it. Holds a secret: never log it. */
interface RegisteredClient
  extends Pick<NewServerClient, 'clientId' | 'authentication' | 'clientSecret'> {
  /** Seconds since the epoch. */
  readonly secretExpiresAt?: number
}

const registerMsMax = 10_000
const clientName = 'Sallyport'
const methods = ['client_secret_basic', 'client_secret_post', 'none'] as const

/**
 * Registers the vault as a client (RFC 7591), for one server alone. Nothing secret is sent.
 * @throws Problem provider-refused, provider-unavailable, origin-not-allowed
 */
export async function registerClient(
  needs: AskNeeds,
  endpoint: string,
  about: {
    readonly redirectUri: string
    readonly clientUri: string
    readonly offered: readonly string[] | undefined
  },
): Promise<RegisteredClient> {
  requirePlace(needs.mayUseOrigin, endpoint)
  const authentication = registrableAuthentication(about.offered)
  const response = await ask(needs, endpoint, {
    signal: AbortSignal.timeout(registerMsMax),
    json: {
      client_name: clientName,
      client_uri: about.clientUri,
      redirect_uris: [about.redirectUri],
      grant_types: ['authorization_code', 'refresh_token'],
      response_types: ['code'],
      token_endpoint_auth_method: authentication,
      // A vault on this machine has no https: OpenID Connect Registration §2 lets native clients be on loopback.
      application_type: isLoopback(about.redirectUri) ? 'native' : 'web',
    },
  })
  const body = readObject(await response.text())
  if (response.status >= 500 || response.status === 429) throw unavailable(response.status)
  if (response.status !== 201 && response.status !== 200) throw refusal(response.status, body)
  return readClient(body, authentication)
}

function readClient(
  body: Readonly<Record<string, unknown>> | undefined,
  asked: NewServerClient['authentication'],
): RegisteredClient {
  const clientId = ClientId.safeParse(body?.client_id)
  if (!clientId.success) throw unusable('names no client id')
  if (body?.client_secret === undefined || body.client_secret === null) {
    const named = body?.token_endpoint_auth_method ?? asked
    if (asked !== 'none' && named !== 'none') throw unusable('gave no client secret')
    return { clientId: clientId.data, authentication: 'none' }
  }
  const clientSecret = ClientSecret.safeParse(body.client_secret)
  if (!clientSecret.success) throw unusable('gave a client secret that is none')
  // RFC 7591 §3.2.1: what it registered may be something else than what it was asked for.
  const registered = methods.find((one) => one === body.token_endpoint_auth_method) ?? asked
  if (registered === 'none') return { clientId: clientId.data, authentication: 'none' }
  const expires = body.client_secret_expires_at
  return {
    ...{ clientId: clientId.data, authentication: registered, clientSecret: clientSecret.data },
    ...(typeof expires === 'number' && expires > 0 && { secretExpiresAt: expires }),
  }
}

function isLoopback(url: string): boolean {
  const { protocol, hostname } = new URL(url)
  return protocol === 'http:' && /^(?:localhost|127(?:\.\d+){3}|\[::1\])$/.test(hostname)
}

const byHand = 'An owner registers a client there by hand, and gives its id and its secret.'

function refusal(status: number, body: Readonly<Record<string, unknown>> | undefined): Problem {
  const { error, error_description: description } = body ?? {}
  const said = readProviderText(typeof description === 'string' ? description : '', [])
  const code = readProviderText(typeof error === 'string' ? error : '', [])
  const what = code === '' ? `answered ${status}` : `refused (${code})`
  return new Problem(
    'provider-refused',
    `The authorization server ${what} when the vault registered itself.${said === '' ? '' : ` It says: “${said}”.`}`,
    { next: byHand },
  )
}

const unusable = (what: string) =>
  new Problem(
    'provider-refused',
    `The authorization server ${what} when the vault registered itself.`,
    {
      next: byHand,
    },
  )

const unavailable = (status: number) =>
  new Problem('provider-unavailable', `The authorization server answered ${status}.`, {
    next: 'Try again in a while.',
    retryAfterSeconds: 10,
  })
