import { type CredentialInput, type FieldFault, Problem } from '@sallyport/contracts'
import { findAwsScope } from './aws-scope.ts'
import { invalidField, type MayUseOrigin } from './check-connection.ts'
import { faultOfCredentialHeader } from './header-rules.ts'
import type { StoredCredential } from './stored-credential.ts'

export interface CredentialRules {
  readonly mayUseOrigin: MayUseOrigin
  /** What is wrong with a private key, as a clause; undefined where it can sign. */
  readonly faultOfPrivateKey: (text: string) => string | undefined
}

type Credential = CredentialInput | StoredCredential
type Part = Extract<Credential, { kind: 'several' }>['parts'][number]
type Of<Kind extends CredentialInput['kind']> = Extract<Credential, { kind: Kind }>

/**
 * Checks what a credential says beside its secret. Problem `invalid-input` where it would change how requests are framed or
 * routed, or cannot work as it stands; `origin-not-allowed` for a token endpoint that the operator's rules exclude.
 */
export function checkCredential(
  rules: CredentialRules,
  credential: Credential,
  origins: readonly string[],
): void {
  const fault = faultOf(rules, credential, origins)
  if (fault !== undefined) {
    throw invalidField({ field: `credential.${fault.field}`, message: fault.message })
  }
}

function faultOf(
  rules: CredentialRules,
  credential: Credential,
  origins: readonly string[],
): FieldFault | undefined {
  switch (credential.kind) {
    case 'header':
      return faultOfKey(credential)
    case 'caller':
      return faultOfPlace(credential)
    case 'several':
      return faultOfParts(credential.parts)
    case 'oauth2-client-credentials':
      checkTokenEndpoint(rules, credential.tokenEndpoint)
      return faultOfClient(rules, credential)
    case 'jwt-service-account':
      checkTokenEndpoint(rules, credential.tokenEndpoint)
      return fieldFault('privateKey', rules.faultOfPrivateKey(credential.privateKey))
    case 'aws-sigv4':
      return faultOfScope(credential, origins)
    default:
      return undefined
  }
}

const faultOfKey = (key: Part): FieldFault | undefined =>
  key.kind === 'header' ? fieldFault('name', faultOfCredentialHeader(key.name)) : undefined

/** Where callers' own credentials go: the same places that a kept one has. */
function faultOfPlace({ place, name, prefix }: Of<'caller'>): FieldFault | undefined {
  if (place === 'header') return fieldFault('name', faultOfCredentialHeader(name))
  if (prefix !== undefined) return fieldFault('prefix', 'must be left out: it is for headers')
  if (place === 'query' && !/^[A-Za-z0-9._~-]+$/.test(name)) {
    return fieldFault('name', 'must be letters, digits and . _ ~ -')
  }
  return undefined
}

/** Why what a caller passed cannot stand where it goes, without a letter of it. */
export function faultOfPassed(
  {
    kind,
    prefix = '',
  }: { readonly kind: Of<'caller'>['place']; readonly prefix?: string | undefined },
  value: string,
): string | undefined {
  if (kind === 'cookie' && !/^[\x21\x23-\x2b\x2d-\x3a\x3c-\x5b\x5d-\x7e]+$/.test(value)) {
    return 'The credential for this connection goes into a cookie, and holds what no cookie may (RFC 6265).'
  }
  const scheme = prefix.trim().toLowerCase()
  return scheme !== '' && value.toLowerCase().startsWith(`${scheme} `)
    ? `The vault writes “${prefix.trim()}” before the credential for this connection: send it without.`
    : undefined
}

/** Each part by itself, and that no two stand in the same place: one of them would never arrive. */
function faultOfParts(parts: readonly Part[]): FieldFault | undefined {
  const taken = new Map<string, number>()
  for (const [index, part] of parts.entries()) {
    const fault = faultOfKey(part)
    if (fault !== undefined) return { ...fault, field: `parts[${index}].${fault.field}` }
    const place = placeOf(part)
    const first = taken.get(place)
    if (first !== undefined) {
      const message = `must stand in another place than parts[${first}]: both are put ${wordsOf(part)}`
      return { field: `parts[${index}]`, message }
    }
    taken.set(place, index)
  }
  // A header that is written whole leaves no room for single cookies.
  const whole = taken.get('header cookie')
  const cookie = parts.findIndex(({ kind }) => kind === 'cookie')
  if (whole === undefined || cookie < 0) return undefined
  const message = `must stand in another place than parts[${whole}]: both are put into the header cookie`
  return { field: `parts[${cookie}]`, message }
}

/** Names that a server may read as one are one place: any case, and `_` or `.` for `-` in headers. */
function placeOf(part: Part): string {
  switch (part.kind) {
    case 'bearer':
    case 'basic':
      return 'header authorization'
    case 'header':
      return `header ${part.name.toLowerCase().replaceAll(/[_.]/g, '-')}`
    case 'query':
    case 'cookie':
      return `${part.kind} ${part.name.toLowerCase()}`
    case 'path':
      return 'path'
  }
}

function wordsOf(part: Part): string {
  switch (part.kind) {
    case 'bearer':
    case 'basic':
      return 'into the header authorization'
    case 'header':
      return `into the header ${part.name.toLowerCase()}`
    case 'query':
      return `into the query parameter ${part.name}`
    case 'cookie':
      return `into the cookie ${part.name}`
    case 'path':
      return 'into the path, which has room for one'
  }
}

const fieldFault = (field: string, message: string | undefined): FieldFault | undefined =>
  message === undefined ? undefined : { field, message }

/** The secret goes there too, so the operator's rules hold for it as they do for the API. */
function checkTokenEndpoint({ mayUseOrigin }: CredentialRules, url: string): void {
  const answer = mayUseOrigin(new URL(url).origin)
  if (answer === true) return
  throw new Problem('origin-not-allowed', answer, {
    fields: [{ field: 'credential.tokenEndpoint', message: answer }],
  })
}

/** A client proves itself by its secret or by its key, and is not given the other for nothing. */
function faultOfClient(
  { faultOfPrivateKey }: CredentialRules,
  { clientAuthentication, clientSecret, privateKey, keyId }: Of<'oauth2-client-credentials'>,
): FieldFault | undefined {
  const how = `with the client authentication ${clientAuthentication}`
  if (clientAuthentication === 'private_key_jwt') {
    if (clientSecret !== undefined) return fieldFault('clientSecret', `must be left out ${how}`)
    if (privateKey === undefined) return fieldFault('privateKey', `must be given ${how}`)
    return fieldFault('privateKey', faultOfPrivateKey(privateKey))
  }
  if (clientSecret === undefined) return fieldFault('clientSecret', `must be given ${how}`)
  if (privateKey !== undefined) return fieldFault('privateKey', `must be left out ${how}`)
  return keyId === undefined ? undefined : fieldFault('keyId', `must be left out ${how}`)
}

/** What is signed names region and service: every host says them, or the owner does. */
function faultOfScope(
  credential: Of<'aws-sigv4'>,
  origins: readonly string[],
): FieldFault | undefined {
  const silent = origins.find((origin) => !findAwsScope(credential, new URL(origin).host))
  if (silent === undefined) return undefined
  const field = credential.region === undefined ? 'region' : 'service'
  return { field, message: `must be given: ${silent} does not say it` }
}
