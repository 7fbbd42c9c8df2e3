import type { CredentialKind } from '@sallyport/contracts'

/** How tools say in Higress that they sign in: a scheme without its key. */
interface WrittenSecurity {
  readonly scheme: Readonly<Record<string, string>>
  /** What a tool says of its caller, and what its request says of the upstream. */
  readonly tool: object
  readonly request: object
  readonly note: string
}

const id = 'credential'
const bearer = { id, type: 'http', scheme: 'bearer' }

/** A key whose place is known, and not what it is called there: that is sealed with it. */
const places: Readonly<Partial<Record<CredentialKind, readonly [string, string]>>> = {
  header: ['a header', 'X-API-Key'],
  query: ['a parameter of the query', 'api_key'],
  cookie: ['a cookie', 'session'],
}
const tokens: ReadonlySet<CredentialKind | undefined> = new Set([
  ...(['bearer', 'oauth2', 'oauth2-client-credentials', 'jwt-service-account'] as const),
])

/** The scheme for a connection’s kind of credential; undefined where tools are those of several connections. */
export function writeSecurity(kind: CredentialKind | undefined): WrittenSecurity {
  const plain = { tool: {}, request: { security: { id } } }
  const none = 'No credential is written.'
  const [where, name] = (kind === undefined ? undefined : places[kind]) ?? []
  if (kind !== undefined && where !== undefined && name !== undefined) {
    return {
      ...plain,
      scheme: { id, type: 'apiKey', in: kind, name },
      note: `${none} Tools sign in by a key in ${where}: put its name in the place of ${name} in server.securitySchemes.`,
    }
  }
  if (kind === 'basic') {
    return {
      ...plain,
      scheme: { ...bearer, scheme: 'basic' },
      note: `${none} Tools sign in by a user and a password (basic).`,
    }
  }
  if (kind === 'caller') {
    return {
      ...plain,
      ...{ tool: { security: { id, passthrough: true } }, scheme: bearer },
      note: `${none} What each caller sends is passed on as a bearer token (passthrough); where it goes elsewhere, change server.securitySchemes.`,
    }
  }
  const otherwise = tokens.has(kind)
    ? ''
    : '; where they do it otherwise, change server.securitySchemes'
  return {
    ...{ ...plain, scheme: bearer },
    note: `${none} Higress is told that tools sign in by a bearer token${otherwise}.`,
  }
}
