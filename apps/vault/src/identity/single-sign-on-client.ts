import { Problem } from '@sallyport/contracts'
import {
  allowInsecureRequests,
  authorizationCodeGrant,
  buildAuthorizationUrl,
  ClientSecretBasic,
  ClientSecretPost,
  type Configuration,
  type CustomFetch,
  calculatePKCECodeChallenge,
  customFetch,
  discovery,
  enableNonRepudiationChecks,
  fetchUserInfo,
  None,
  ResponseBodyError,
  WWWAuthenticateChallengeError,
} from 'openid-client'
import {
  type Claims,
  needsUserinfo,
  type ProviderPerson,
  readPerson,
} from './single-sign-on-claims.ts'
import type { FlowSecrets } from './single-sign-on-flow.ts'
import type { SingleSignOnSettings } from './single-sign-on-settings.ts'

/** Seconds that the provider has for each answer. */
const answerSecondsMax = 10
/** For how long the provider's metadata and keys are kept, in ms. Keys that are not among them are looked for anew. */
const metadataKeptMs = 3_600_000
/** How far the provider's clock may be off, in ms. */
const clockDifferenceMs = 5 * 60_000
const issuerShownCharsMax = 200

/** What a browser brings back from the provider. */
export interface AuthorizationAnswer {
  readonly code: string
  readonly iss: string | undefined
}

/** How the way to the provider is asked for. */
export interface Asking {
  readonly secrets: FlowSecrets
  readonly redirectUri: string
  /** Somebody proves again who they are: the provider has to ask them, whatever it remembers. */
  readonly again?: { readonly email: string }
}

export type SingleSignOnClient = ReturnType<typeof createSingleSignOnClient>

/** What the client needs of the rooms around. */
export interface SingleSignOnClientNeeds {
  /** The way out (S-17). */
  readonly providerFetch: CustomFetch
  /** Whether the vault may speak to an origin: true, or a sentence that says why not. */
  readonly mayUseOrigin: (origin: string) => true | string
  /** What a failure of the library or of the way out means; no sentence holds one of the secrets. */
  readonly toProviderProblem: (
    error: unknown,
    provider: string,
    options: { readonly secrets: readonly string[] },
  ) => Problem
  readonly now: () => number
}

/** Speaks OpenID Connect (Core 1.0, Discovery 1.0) with the provider of one vault, as the confidential client of the settings. */
export function createSingleSignOnClient(needs: SingleSignOnClientNeeds) {
  const { now } = needs
  /** Of the settings that were used last: a vault has one provider. */
  const kept: { key?: string; atMs: number; configuration?: Promise<Configuration> } = { atMs: 0 }

  function configurationOf(settings: SingleSignOnSettings): Promise<Configuration> {
    const key = JSON.stringify(settings)
    const isGood = kept.key === key && now() - kept.atMs < metadataKeptMs
    if (isGood && kept.configuration !== undefined) return kept.configuration
    const configuration = discover(needs, settings)
    Object.assign(kept, { key, atMs: now(), configuration })
    // A failure is not kept; who asked meanwhile shares it.
    configuration.catch(() => {
      if (kept.configuration === configuration) delete kept.configuration
    })
    return configuration
  }

  return {
    /**
     * Reads the provider's metadata anew and answers its issuer as the provider writes it.
     * @throws Problem origin-not-allowed, provider-refused, provider-unavailable
     */
    async readIssuer(settings: SingleSignOnSettings): Promise<string> {
      return (await discover(needs, settings)).serverMetadata().issuer
    },

    /** Whether every answer of the provider names it (RFC 9207 §3). Problems as above. */
    async sendsIssuer(settings: SingleSignOnSettings): Promise<boolean> {
      const metadata = (await configurationOf(settings)).serverMetadata()
      return metadata.authorization_response_iss_parameter_supported === true
    },

    /** Where the browser goes. Problems as above. */
    async authorizationUrl(
      settings: SingleSignOnSettings,
      { secrets, redirectUri, again }: Asking,
    ): Promise<string> {
      const configuration = await configurationOf(settings)
      const scopes = new Set(['openid', 'email', 'profile', ...settings.scopes])
      const url = buildAuthorizationUrl(configuration, {
        redirect_uri: redirectUri,
        scope: [...scopes].join(' '),
        state: secrets.state,
        nonce: secrets.nonce,
        code_challenge: await calculatePKCECodeChallenge(secrets.verifier),
        code_challenge_method: 'S256',
        ...(again !== undefined && { prompt: 'login', max_age: '0', login_hint: again.email }),
      })
      return url.href
    },

    /**
     * Exchanges the code and reads who signed in: the ID token's signature, issuer, audience, times and nonce were checked.
     * @throws Problem authorization-refused, provider-refused, provider-unavailable
     */
    async exchange(
      settings: SingleSignOnSettings,
      answer: AuthorizationAnswer,
      { secrets, redirectUri }: Asking,
    ): Promise<ProviderPerson> {
      const configuration = await configurationOf(settings)
      const url = new URL(redirectUri)
      url.searchParams.set('state', secrets.state)
      url.searchParams.set('code', answer.code)
      if (answer.iss !== undefined) url.searchParams.set('iss', answer.iss)
      try {
        const tokens = await authorizationCodeGrant(configuration, url, {
          expectedState: secrets.state,
          expectedNonce: secrets.nonce,
          pkceCodeVerifier: secrets.verifier,
          idTokenExpected: true,
        })
        const idToken: Claims = { ...tokens.claims() }
        const userinfo = await readUserinfo(configuration, { settings, idToken, ...tokens })
        const person = isForUs(idToken, settings, now())
          ? readPerson(settings.issuer, { idToken, userinfo }, settings)
          : undefined
        if (person === undefined) throw invalidIdToken()
        return person
      } catch (error) {
        throw failed(needs, error, { settings, secrets: [answer.code, secrets.verifier] })
      }
    },
  }
}

async function discover(
  needs: SingleSignOnClientNeeds,
  settings: SingleSignOnSettings,
): Promise<Configuration> {
  const { mayUseOrigin } = needs
  const issuer = new URL(settings.issuer)
  requireOrigin(mayUseOrigin, issuer)
  const configuration = await discovery(
    issuer,
    settings.clientId,
    undefined,
    authenticationOf(settings),
    {
      [customFetch]: needs.providerFetch,
      timeout: answerSecondsMax,
      execute: [
        // TLS to the token endpoint would do (Core §3.1.3.7); inside a network that an operator listed there may be none.
        enableNonRepudiationChecks,
        ...(issuer.protocol === 'http:' ? [allowInsecureRequests] : []),
      ],
    },
  ).catch((error: unknown) => {
    const named = namedIssuer(error)
    throw named === undefined ? failed(needs, error, { settings }) : wrongIssuer(named, settings)
  })
  const metadata = configuration.serverMetadata()
  // Compared as they are written, but for the slash that URL adds: Microsoft's `common` names no tenant, and lets any in.
  if (!isSameUrl(metadata.issuer, issuer)) throw wrongIssuer(metadata.issuer, settings)
  const { authorization_endpoint, token_endpoint, jwks_uri, userinfo_endpoint } = metadata
  for (const endpoint of [authorization_endpoint, token_endpoint, jwks_uri]) {
    if (endpoint === undefined) throw lacksEndpoints(settings)
  }
  for (const endpoint of [authorization_endpoint, token_endpoint, jwks_uri, userinfo_endpoint]) {
    if (endpoint === undefined) continue
    if (!URL.canParse(endpoint)) throw lacksEndpoints(settings)
    requireOrigin(mayUseOrigin, new URL(endpoint))
  }
  return configuration
}

function requireOrigin(
  mayUseOrigin: SingleSignOnClientNeeds['mayUseOrigin'],
  { origin }: URL,
): void {
  const allowed = mayUseOrigin(origin)
  if (allowed !== true) throw new Problem('origin-not-allowed', allowed)
}

function authenticationOf({ clientAuthentication, clientSecret }: SingleSignOnSettings) {
  if (clientAuthentication === 'none') return None()
  return clientAuthentication === 'client_secret_post'
    ? ClientSecretPost(clientSecret)
    : ClientSecretBasic(clientSecret)
}

/** What the ID token leaves open, from the userinfo endpoint, whose `sub` has to be the same (Core §5.3.2). */
async function readUserinfo(
  configuration: Configuration,
  given: {
    readonly settings: SingleSignOnSettings
    readonly idToken: Claims
    readonly access_token: string
  },
): Promise<Claims | undefined> {
  const { settings, idToken, access_token } = given
  if (configuration.serverMetadata().userinfo_endpoint === undefined) return undefined
  if (!needsUserinfo(idToken, settings) || typeof idToken.sub !== 'string') return undefined
  return { ...(await fetchUserInfo(configuration, access_token, idToken.sub)) }
}

/** Beyond what the library checks: `azp` wherever it stands (Core §3.1.3.7, 5), and a time of issue that is about now. */
function isForUs({ azp, iat }: Claims, { clientId }: SingleSignOnSettings, nowMs: number): boolean {
  if (azp !== undefined && azp !== clientId) return false
  return typeof iat === 'number' && Math.abs(nowMs - iat * 1000) <= clockDifferenceMs
}

/** What came of asking the provider, for who signs in. */
function failed(
  { toProviderProblem }: SingleSignOnClientNeeds,
  error: unknown,
  { settings, secrets = [] }: { settings: SingleSignOnSettings; secrets?: readonly string[] },
): Problem {
  const { label, clientSecret } = settings
  const all = clientSecret === undefined ? secrets : [...secrets, clientSecret]
  const { type, detail, retryAfterSeconds, cause } =
    error instanceof WWWAuthenticateChallengeError
      ? clientRefused(label)
      : toProviderProblem(error, label, { secrets: all })
  const rest = { cause, ...(retryAfterSeconds !== undefined && { retryAfterSeconds }) }
  // RFC 6749 §5.2: the code has ended, was used, or is not of this sign-in.
  if (error instanceof ResponseBodyError && error.error === 'invalid_grant') {
    const sentence = 'The provider does not take its own answer any more.'
    return new Problem('authorization-refused', sentence, { next: 'Sign in again.', ...rest })
  }
  const next =
    type === 'provider-refused'
      ? 'An owner checks the issuer, the client id and the client secret of single sign-on, and the clocks; owners can sign in without it.'
      : 'Try again later; owners can sign in without it.'
  return new Problem(type, detail, { next, ...rest })
}

/** The code of a provider's failure, for the audit log; where there is none, the problem itself. */
export function faultCode({ type, cause }: Problem): string {
  return cause instanceof Error && 'code' in cause ? String(cause.code) : type
}

const clientRefused = (label: string) =>
  new Problem('provider-refused', `${label} does not know the client, or not by this secret.`, {
    cause: Object.assign(new Error('the client was refused'), { code: 'invalid_client' }),
  })

/** The issuer in metadata that are another's, as the library's error has it. */
function namedIssuer(error: unknown): string | undefined {
  const { attribute, body } = Object(Object(error).cause)
  const named: unknown = attribute === 'issuer' ? Object(body).issuer : undefined
  return typeof named === 'string' ? named : undefined
}

const isSameUrl = (text: string, url: URL) => URL.canParse(text) && new URL(text).href === url.href

function wrongIssuer(named: string, { issuer }: SingleSignOnSettings): Problem {
  const shown = named.replaceAll(/[^\x21-\x7e]/g, '').slice(0, issuerShownCharsMax)
  return new Problem('provider-refused', `What was found at ${issuer} is the provider ${shown}.`, {
    next: shown.includes('{')
      ? 'Write the issuer of your own organisation, with its tenant in it: one that stands for all lets anybody in.'
      : `If that is yours, write the issuer exactly so: ${shown}`,
  })
}

const lacksEndpoints = ({ issuer }: SingleSignOnSettings) =>
  new Problem('provider-refused', `The metadata of ${issuer} lack an endpoint.`, {
    next: 'Check the issuer: its OpenID Connect metadata name authorization_endpoint, token_endpoint and jwks_uri.',
  })

const invalidIdToken = () =>
  new Problem('provider-refused', 'What the provider says of who signed in is not valid.', {
    cause: Object.assign(new Error('the ID token was refused'), { code: 'id_token' }),
  })
