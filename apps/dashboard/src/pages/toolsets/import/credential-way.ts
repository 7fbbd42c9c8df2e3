import type { Way } from '../../../components/connect/ways.ts'
import type { Preview } from './choices.ts'

// How the tools of a document sign in: pure parts of the form.

export type CredentialWay = 'found' | 'new' | 'existing' | 'none'
export type Scheme = Preview['securitySchemes'][number]

/** What is offered first: nothing has to be typed where the document brings a secret or needs none. */
export function firstWay({
  secretsFound,
  securitySchemes,
}: Pick<Preview, 'secretsFound' | 'securitySchemes'>): CredentialWay {
  if (secretsFound.some(({ scheme }) => scheme !== undefined)) return 'found'
  return securitySchemes.some(({ kind }) => kind !== undefined && kind !== 'none') ? 'new' : 'none'
}

/** Tokens of an account come from a connection, which is made where somebody signs in: here one is only chosen. */
export const comesFromConnection = (way: CredentialWay, scheme: Scheme | undefined): boolean =>
  way === 'existing' || (way === 'new' && scheme?.kind === 'oauth2')

/** What of a credential a document may say, by its kind. */
const knownMembers: Readonly<Record<string, readonly string[]>> = {
  header: ['name', 'prefix'],
  query: ['name'],
  caller: ['place', 'name', 'prefix'],
  cookie: ['name'],
  basic: ['username'],
  path: ['placeholder'],
  several: ['parts'],
  'oauth2-client-credentials': ['tokenEndpoint', 'scopes', 'clientAuthentication', 'audience'],
  'jwt-service-account': ['tokenEndpoint', 'scopes', 'issuer', 'audience'],
  'aws-sigv4': ['region', 'service'],
}
const needed: Readonly<Record<string, object>> = {
  'oauth2-client-credentials': {
    tokenEndpoint: '',
    clientAuthentication: 'client_secret_basic',
    scopes: [],
  },
  'jwt-service-account': { issuer: '', privateKey: '', scopes: [] },
}

/** The members of `credential` that the form begins with. */
export function credentialOf(scheme: Scheme | undefined): Readonly<Record<string, unknown>> {
  const kind = scheme?.kind ?? 'bearer'
  const known = Object.entries(scheme?.known ?? {}).filter(([name]) =>
    knownMembers[kind]?.includes(name),
  )
  return { kind, ...needed[kind], ...Object.fromEntries(known) }
}

/** The fields for a kind of credential. */
export function wayOf(scheme: Scheme | undefined): Way {
  const unnamed = { id: scheme?.kind ?? 'any-key', label: '', description: '' }
  switch (scheme?.kind) {
    case 'oauth2-client-credentials':
      return { ...unnamed, kind: 'client-credentials' }
    case 'jwt-service-account':
      return { ...unnamed, kind: 'service-account' }
    case 'aws-sigv4':
      return { ...unnamed, kind: 'aws' }
    default:
      return { ...unnamed, kind: 'any-key' }
  }
}
