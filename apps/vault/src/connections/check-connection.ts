import { Buffer } from 'node:buffer'
import { type CredentialInput, type FieldFault, Problem } from '@sallyport/contracts'
import { secretsOf } from './credential-secrets.ts'
import { faultOfExtraRequestHeader, faultOfExtraResponseHeader } from './header-rules.ts'
import type { StoredCredential } from './stored-credential.ts'

/** May a credential be sent to this origin at all here? If not, a sentence that says why. */
export type MayUseOrigin = (origin: string) => true | string

const urlCharsMax = 8192

/** The origins, each once. Problem `origin-not-allowed` where the operator's rules exclude one. */
export function checkOrigins(origins: readonly string[], mayUseOrigin: MayUseOrigin): string[] {
  const faults = origins.flatMap((origin, index) => {
    const answer = mayUseOrigin(origin)
    return answer === true ? [] : [{ field: `origins[${index}]`, message: answer }]
  })
  const [first] = faults
  if (first !== undefined) {
    throw new Problem('origin-not-allowed', first.message, { fields: faults })
  }
  return [...new Set(origins)]
}

/** The names in lower case, each once. Problem `invalid-input` for one that agents never send or see. */
export function checkExtraHeaders(
  field: 'requestHeaders' | 'responseHeaders',
  names: readonly string[],
): string[] {
  const faultOf =
    field === 'requestHeaders' ? faultOfExtraRequestHeader : faultOfExtraResponseHeader
  for (const [index, name] of names.entries()) {
    const message = faultOf(name)
    if (message !== undefined) throw invalidField({ field: `${field}[${index}]`, message })
  }
  return [...new Set(names.map((name) => name.toLowerCase()))]
}

/**
 * A test URL lies within the origins and is written as the URL standard writes it; `{placeholder}` may stand for the
 * secret of a path credential. Problems `invalid-url`, `origin-not-allowed`.
 */
export function checkTestUrl(text: string, origins: readonly string[]): string {
  const canonical = text.replaceAll(/\{[A-Za-z0-9_-]{1,64}\}/g, 'x')
  if (text.length > urlCharsMax || !/^[\x21-\x7e]+$/.test(text) || !URL.canParse(canonical)) {
    throw invalidTestUrl('must be an absolute URL in printable ASCII, at most 8192 characters')
  }
  const url = new URL(canonical)
  if (url.username !== '' || url.password !== '' || canonical.includes('#')) {
    throw invalidTestUrl('must hold no user name, password or fragment')
  }
  // The host is read from the text as written, so that no placeholder can stand in it.
  const within = origins.some((origin) => text === origin || text.startsWith(`${origin}/`))
  if (!within && origins.includes(url.origin)) {
    throw invalidTestUrl('must have a path after the host, written as the URL standard writes it')
  }
  if (!within) {
    throw new Problem('origin-not-allowed', 'The test URL lies outside the connection’s origins.', {
      next: `An owner names a URL that begins with ${origins.join(' or ')}.`,
      fields: [{ field: 'testUrl', message: 'must lie within the origins' }],
    })
  }
  if (url.href !== canonical && url.href !== `${canonical}/`) {
    throw invalidTestUrl('must be written as the URL standard writes it')
  }
  return text
}

/** What of a connection is stored in the clear. */
export interface ClearTexts {
  readonly label?: string | undefined
  readonly testUrl?: string | null | undefined
  readonly origins?: readonly string[] | undefined
  readonly requestHeaders?: readonly string[] | undefined
  readonly responseHeaders?: readonly string[] | undefined
  readonly requestedScopes?: readonly string[] | undefined
}

/** Problem `invalid-input` where a secret stands in something that is stored in the clear (S-38). */
export function checkNoSecret(
  credential: CredentialInput | StoredCredential,
  texts: ClearTexts,
): void {
  const forms = secretsOf(credential).flatMap((secret) => [
    secret,
    encodeURIComponent(secret),
    Buffer.from(secret).toString('base64'),
  ])
  const holds = (text: string) => forms.some((form) => text.includes(form))
  // Hosts and names of headers are kept in lower case.
  const holdsInLower = (text: string) => forms.some((form) => text.includes(form.toLowerCase()))
  const message = 'must not hold the secret: it is stored in the clear'
  for (const field of ['label', 'testUrl'] as const) {
    const text = texts[field] ?? ''
    if (holds(text) || holdsInLower(text)) throw invalidField({ field, message })
  }
  for (const field of ['origins', 'requestHeaders', 'responseHeaders'] as const) {
    if (texts[field]?.some(holdsInLower)) throw invalidField({ field, message })
  }
  if (texts.requestedScopes?.some(holds)) {
    throw invalidField({ field: 'credential.scopes', message })
  }
}

/** A problem with one field of the input. */
export function invalidField(fault: FieldFault): Problem {
  return new Problem('invalid-input', `${fault.field} ${fault.message}.`, { fields: [fault] })
}

function invalidTestUrl(message: string): Problem {
  return new Problem('invalid-url', `The test URL ${message}.`, {
    fields: [{ field: 'testUrl', message }],
  })
}
