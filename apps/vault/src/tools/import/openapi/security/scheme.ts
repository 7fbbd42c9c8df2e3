import type { CredentialInput } from '@sallyport/contracts'

type CredentialKindName = CredentialInput['kind']

/** A security scheme, as far as the vault is concerned. */
export interface SchemeFacts {
  readonly name: string
  readonly description?: string | undefined
  /** The kind of credential that serves it; absent with a reason. */
  readonly kind?: CredentialKindName | undefined
  readonly known: Readonly<Record<string, unknown>>
  readonly reason?: string | undefined
  /** Where the credential goes on: two schemes of one place cannot hold together. */
  readonly place: string
  /** It goes on as `Authorization: Bearer`, wherever the token comes from. */
  readonly isBearer: boolean
  /** The parameter that is the credential. */
  readonly parameter?: { readonly in: string; readonly name: string } | undefined
}
