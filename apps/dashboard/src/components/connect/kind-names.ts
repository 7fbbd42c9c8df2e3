import type { CredentialInput } from '@sallyport/contracts'

type KeyKind = Exclude<
  CredentialInput['kind'],
  'oauth2' | 'oauth2-client-credentials' | 'jwt-service-account' | 'aws-sigv4'
>

/** How a key is put on, for people who have read an API's documentation once. */
export const kindNames: Readonly<Record<KeyKind, string>> = {
  bearer: 'Authorization: Bearer …',
  header: 'Another header, such as X-API-Key',
  query: 'A parameter in the query, such as ?key=…',
  basic: 'A user name and a password (HTTP Basic)',
  path: 'A part of the path, such as /bot…/',
  cookie: 'A cookie',
  several: 'Several of these together',
  none: 'None: it is open to everybody',
  caller: 'The caller’s own: the vault keeps none',
}
