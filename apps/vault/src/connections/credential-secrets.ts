import type { CredentialInput } from '@sallyport/contracts'
import type { StoredCredential } from './stored-credential.ts'

// What of a credential is secret, and what an owner sees of it.

/** Secrets shorter than this show nothing of themselves. */
const hintFromChars = 12
const hintChars = 4

type Credential = CredentialInput | StoredCredential

/** The parts of a credential that are secret. An account that was connected has none of its own: see its tokens. */
export function secretsOf(credential: Credential): readonly string[] {
  switch (credential.kind) {
    case 'bearer':
      return [credential.token]
    case 'basic':
      return [credential.password]
    case 'header':
    case 'query':
    case 'path':
    case 'cookie':
      return [credential.value]
    case 'none':
    case 'caller':
      return []
    case 'several':
      return credential.parts.flatMap(secretsOf)
    case 'oauth2':
      return 'refreshToken' in credential ? [credential.refreshToken] : []
    case 'oauth2-client-credentials':
      return given(credential.clientSecret, credential.privateKey)
    case 'jwt-service-account':
      return [credential.privateKey]
    case 'aws-sigv4':
      return given(credential.secretAccessKey, credential.sessionToken)
    case 'upstream':
      return [...Object.values(credential.headers), ...Object.values(credential.env)]
  }
}

/**
 * What an owner sees of a credential: dots and the last four characters of the secret, or nothing where it has fewer than
 * twelve. Of a private key nothing is shown but the end of its id, and of an AWS key pair the end of the access key id.
 * Several keys show the end of the first, and an account has a name instead.
 */
export function hintOf(credential: Credential): string {
  const shown = shownOf(credential) ?? ''
  return shown.length < hintFromChars ? '' : `••••${shown.slice(-hintChars)}`
}

function shownOf(credential: Credential): string | undefined {
  switch (credential.kind) {
    case 'oauth2':
    case 'upstream':
      return undefined
    case 'oauth2-client-credentials':
      return credential.clientSecret ?? credential.keyId
    case 'jwt-service-account':
      return credential.keyId
    case 'aws-sigv4':
      return credential.accessKeyId
    default:
      return secretsOf(credential)[0]
  }
}

/** Those that are there. */
export const given = (...values: readonly (string | undefined)[]): string[] =>
  values.filter((value) => value !== undefined)
