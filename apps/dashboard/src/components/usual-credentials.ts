import type { Service } from '@sallyport/catalog'
import type { CredentialInput } from '@sallyport/contracts'

type Kind = CredentialInput['kind']

/** How a key is put on, for people who have read an API's documentation once. */
export const kindNames: Readonly<Record<Kind, string>> = {
  bearer: 'Authorization: Bearer …',
  header: 'Another header, such as X-API-Key',
  query: 'A parameter in the query, such as ?key=…',
  basic: 'A user name and a password (HTTP Basic)',
  path: 'A part of the path, such as /bot…/',
  oauth2: 'An access token that is renewed by a refresh token',
  'oauth2-client-credentials': 'Client credentials (OAuth 2)',
  'jwt-service-account': 'A service account with a private key',
  'aws-sigv4': 'AWS access key (Signature Version 4)',
}

interface Usual {
  readonly kind: Kind
  /** Of the header, the parameter or the placeholder. */
  readonly name?: string
  /** Headers that the API wants from its client beside the usual ones. */
  readonly requestHeaders?: readonly string[]
  /** Where the key is made. */
  readonly hint?: string
}

const usual: Readonly<Record<string, Usual>> = {
  anthropic: { kind: 'header', name: 'x-api-key', requestHeaders: ['anthropic-version'] },
  github: {
    kind: 'bearer',
    requestHeaders: ['x-github-api-version'],
    hint: 'A personal access token, from Settings → Developer settings at GitHub.',
  },
  notion: {
    kind: 'bearer',
    requestHeaders: ['notion-version'],
    hint: 'The secret of an internal integration.',
  },
  slack: { kind: 'bearer', hint: 'A bot token; it begins with xoxb-.' },
  telegram: { kind: 'path', name: 'token', hint: 'What BotFather gave you.' },
}
const byProvider: Readonly<Record<string, Usual>> = {
  google: { kind: 'bearer', hint: 'An access token; it works until it expires.' },
  microsoft: { kind: 'bearer', hint: 'An access token; it works until it expires.' },
}

/** Whether its keys are made by hand and last; the others are access tokens that end within the hour. */
export const hasLastingKeys = ({ provider }: Pick<Service, 'provider'>): boolean =>
  byProvider[provider] === undefined

/** How the keys of a service are usually put on; a form begins with it and the owner may change it. */
export const usualCredential = ({ id, provider }: Pick<Service, 'id' | 'provider'>): Usual =>
  usual[id] ?? byProvider[provider] ?? { kind: 'bearer' }
