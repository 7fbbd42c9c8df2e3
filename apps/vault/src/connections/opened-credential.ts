import { Buffer } from 'node:buffer'
import { type CredentialKind, Problem, secretCharsMin } from '@sallyport/contracts'
import { invalidPassed } from '../execute/passed-credentials.ts'
import { findAwsScope } from './aws-scope.ts'
import { type SignedHeaders, signAwsRequest, type UnsignedRequest } from './aws-signature.ts'
import { faultOfPassed } from './credential-faults.ts'
import { given, secretsOf } from './credential-secrets.ts'
import type { StoredCredential, StoredOf } from './stored-credential.ts'

/** A credential ready to be put on a request, and what must never come back. Frozen; never log it. */
export interface OpenedCredential {
  readonly kind: CredentialKind
  /** Names in lower case. */
  readonly headers: readonly (readonly [name: string, value: string])[]
  /** Not percent-encoded yet. */
  readonly query: readonly (readonly [name: string, value: string])[]
  /** Joined with the request's own cookies. */
  readonly cookies: readonly (readonly [name: string, value: string])[]
  /** What `{placeholder}` in the URL's path stands for. */
  readonly path?: { readonly placeholder: string; readonly value: string }
  /** Where each request is signed: the headers that go on this one, and its signature, which must not come back. */
  readonly sign?: (request: UnsignedRequest, nowMs: number) => SignedHeaders
  /** Where each caller's own goes, of which nothing is kept: laid out in that place. @throws Problem invalid-header */
  readonly ofCaller?: (value: string) => OpenedCredential
  /** Every form in which the credential itself could come back; the scrubber adds the encodings of each. */
  readonly secrets: readonly string[]
}

/** Lays a credential out for the request that it goes on. Of what becomes tokens nothing goes on a request. */
export function toOpenedCredential(credential: StoredCredential): OpenedCredential {
  const secrets = secretsOf(credential)
  const [secret = ''] = secrets
  const base = { kind: credential.kind, headers: [], query: [], cookies: [], secrets }
  switch (credential.kind) {
    case 'bearer': // RFC 6750 §2.1
      return frozen({ ...base, headers: [['authorization', `Bearer ${secret}`]] })
    case 'basic': {
      const userPass = Buffer.from(`${credential.username}:${secret}`).toString('base64') // RFC 7617 §2
      const headers = [['authorization', `Basic ${userPass}`]] as const
      return frozen({ ...base, headers, secrets: [secret, userPass] })
    }
    case 'header': {
      const name = credential.name.toLowerCase()
      const value = `${prefixOf(credential, name)}${secret}`
      return frozen({ ...base, headers: [[name, value]], secrets: [secret, ...withinBasic(value)] })
    }
    case 'query':
      return frozen({ ...base, query: [[credential.name, secret]] })
    case 'path':
      return frozen({ ...base, path: { placeholder: credential.placeholder, value: secret } })
    case 'caller':
      return frozen({ ...base, ofCaller: layOutPassed(credential) })
    case 'cookie': // RFC 6265 §4.2.1
      return frozen({ ...base, cookies: [[credential.name, secret]] })
    case 'several':
      return frozen({ ...joined(credential.parts.map(toOpenedCredential)), kind: 'several' })
    case 'aws-sigv4':
      return frozen({ ...base, sign: signWith(credential) })
    case 'oauth2-client-credentials':
      // Some APIs tell a client its own secret.
      return frozen({ ...base, secrets: given(credential.clientSecret) })
    case 'upstream':
      // Nothing goes on a request: what opens the upstream asks for it.
      return frozen({ ...base, secrets: secrets.filter((one) => one.length >= secretCharsMin) })
    default:
      // A private key goes to nobody, not even to those who check what it signed.
      return frozen({ ...base, secrets: [] })
  }
}

/** Lays out what a caller passed as if it were kept. What is secret of `Token abc` is `abc` too. */
const layOutPassed =
  ({ place: kind, name, prefix }: StoredOf<'caller'>) =>
  (value: string): OpenedCredential => {
    const fault = faultOfPassed({ kind, prefix }, value)
    if (fault !== undefined) throw invalidPassed(fault)
    const key = kind === 'header' ? { kind, name, prefix, value } : { kind, name, value }
    const opened = toOpenedCredential(key)
    const words = value.split(' ').slice(1)
    const secrets = [...opened.secrets, ...words.filter((one) => one.length >= secretCharsMin)]
    return frozen({ ...opened, kind: 'caller', secrets })
  }

/** All of them together; no two stand in the same place (see `faultOfPlaces`). */
function joined(parts: readonly OpenedCredential[]): Omit<OpenedCredential, 'kind'> {
  const path = parts.find((part) => part.path !== undefined)?.path
  return {
    headers: parts.flatMap(({ headers }) => headers),
    query: parts.flatMap(({ query }) => query),
    cookies: parts.flatMap(({ cookies }) => cookies),
    ...(path !== undefined && { path: { ...path } }),
    secrets: [...new Set(parts.flatMap(({ secrets }) => secrets))],
  }
}

/** Checked for every origin when the connection was saved; a host that names no region is not signed for. */
const signWith =
  (credential: StoredOf<'aws-sigv4'>): NonNullable<OpenedCredential['sign']> =>
  (request, nowMs) => {
    const scope = findAwsScope(credential, new URL(request.url).host)
    if (scope !== undefined) return signAwsRequest(request, { keys: credential, scope, nowMs })
    throw new Problem('origin-not-allowed', 'The host names no region and service of AWS.', {
      next: 'An owner gives the region and the service with the credential.',
    })
  }

/**
 * The prefix as the owner wrote it. One exception: RFC 9110 §11.4 wants a space after the scheme in Authorization, so
 * that `Token` means `Token `; what ends in anything but a letter or digit (`token=`) is left alone.
 */
function prefixOf({ prefix = '' }: { prefix?: string | undefined }, name: string): string {
  const isScheme = name === 'authorization' && /^[A-Za-z][A-Za-z0-9-]*[A-Za-z0-9]$/.test(prefix)
  return isScheme ? `${prefix} ` : prefix
}

/** What a header of HTTP Basic says in base64, as where a key stands in the place of the user name and no password follows. */
function withinBasic(value: string): string[] {
  const [, userPass = ''] = /^basic +([A-Za-z0-9+/]+=*)$/i.exec(value) ?? []
  const text = Buffer.from(userPass, 'base64').toString('utf8')
  const colon = text.indexOf(':')
  const parts = colon < 0 ? [] : [text.slice(0, colon), text.slice(colon + 1)]
  return parts.filter((part) => part.length >= secretCharsMin)
}

function frozen(opened: OpenedCredential): OpenedCredential {
  for (const list of [opened.headers, opened.query, opened.cookies]) {
    for (const pair of list) Object.freeze(pair)
    Object.freeze(list)
  }
  Object.freeze(opened.secrets)
  if (opened.path !== undefined) Object.freeze(opened.path)
  return Object.freeze(opened)
}
