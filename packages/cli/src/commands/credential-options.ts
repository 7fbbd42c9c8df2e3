import type { ClientAuthentication, CredentialInput } from '@sallyport/contracts'

/** What the command line says of a credential; the rest is asked for. Secrets are never options. */
export interface CredentialOptions {
  readonly kind?: CredentialInput['kind']
  readonly name?: string
  /** Of a credential of the caller's own. */
  readonly place?: 'header' | 'query' | 'cookie'
  readonly prefix?: string
  readonly part?: string[]
  readonly username?: string
  readonly scope?: string[]
  readonly tokenEndpoint?: string
  readonly clientId?: string
  readonly clientAuthentication?: Exclude<ClientAuthentication, 'none'>
  readonly privateKeyFile?: string
  readonly keyId?: string
  readonly audience?: string
  readonly keyFile?: string
  readonly subject?: string
  readonly accessKeyId?: string
  readonly sessionToken?: boolean
  readonly region?: string
  readonly awsService?: string
}
