import type { CredentialInput, HttpToolDefinition, ImportFormat } from '@sallyport/contracts'

// What every importer makes of its kind of document. Pure: nothing is fetched, nothing is kept, and what costs too much is a
// Problem `document-refused` (S-41).

/** What an owner gave and chose. */
export interface ImportInput {
  readonly document: string
  /** A URL: one of the document's servers, or another one. */
  readonly server?: string | undefined
  readonly variables?: Readonly<Record<string, string>> | undefined
  /** The name of the scheme by which the credential goes on; the first that serves most operations unless given. */
  readonly securityScheme?: string | undefined
}

/** A server as the document names it, its variables not filled in. */
interface ImportedServer {
  readonly url: string
  readonly description?: string | undefined
  readonly variables: readonly {
    readonly name: string
    readonly default: string
    readonly values?: readonly string[] | undefined
    readonly description?: string | undefined
  }[]
}

/** One operation of the document. Names are safe but need not be unique yet; `key`s are unique. */
export type ImportedTool =
  | {
      readonly outcome: 'taken' | 'changed'
      /** What was changed, in a sentence or several. */
      readonly reason?: string | undefined
      readonly definition: HttpToolDefinition
    }
  | {
      readonly outcome: 'refused'
      readonly reason: string
      readonly key: string
      readonly description: string
      readonly method?: string | undefined
      readonly url?: string | undefined
    }

/** A way to sign in that the document names. */
export interface ImportedScheme {
  readonly name: string
  readonly description?: string | undefined
  /** The kind of credential that serves it, and what of that the document says: `{ name: 'X-API-Key' }`. */
  readonly kind?: CredentialInput['kind'] | undefined
  readonly known: Readonly<Record<string, unknown>>
  /** Why the vault cannot serve it. */
  readonly reason?: string | undefined
  /** How many operations can be called with it. */
  readonly operations: number
}

/** A secret that stood in the document. Its value leaves the vault by no way; it may become the credential. */
export interface ImportedSecret {
  readonly where: string
  readonly value: string
  readonly scheme?: string | undefined
  /** The whole credential that it makes, where it makes one. */
  readonly credential?: CredentialInput | undefined
}

export interface ImportedToolset {
  readonly format: ImportFormat
  /** A suggestion, made safe. */
  readonly name: string
  readonly title?: string | undefined
  readonly description?: string | undefined
  readonly servers: readonly ImportedServer[]
  /** All origins that its tools go to; the first is that of the chosen server. Empty where none is known. */
  readonly origins: readonly string[]
  readonly tools: readonly ImportedTool[]
  readonly schemes: readonly ImportedScheme[]
  readonly secrets: readonly ImportedSecret[]
  /** What else a reader should know, in sentences. */
  readonly notes: readonly string[]
}

/** @throws Problem `document-refused` with the place in the document where there is one, `invalid-input` for a choice */
export type Importer = (input: ImportInput) => ImportedToolset
