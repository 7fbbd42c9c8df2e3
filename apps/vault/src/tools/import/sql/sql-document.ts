import type { SqlDialect, SqlParameter } from '@sallyport/contracts'

// Sources of SQL as documents say them, once they are read: plain data that a thread hands to another.

/** What an owner gave: the document, and values of what it takes from its environment. */
export interface SqlDocumentInput {
  readonly document: string
  readonly format?: 'genai-toolbox' | 'higress' | undefined
  readonly variables?: Readonly<Record<string, string>> | undefined
}

/** A statement of a document. One that is refused says why; the others go on. */
export type ReadStatement = {
  readonly key: string
  readonly description: string
  readonly statement?: string | undefined
  readonly tags: readonly string[]
  /** The source that it names, in the words of the document. */
  readonly source: string
} & (
  | { readonly refused: string }
  | {
      readonly refused?: undefined
      readonly name: string
      readonly title?: string | undefined
      readonly statement: string
      readonly parameters: readonly SqlParameter[]
      /** What was changed. */
      readonly reason?: string | undefined
    }
)

/** A source of a document. */
export interface ReadSource {
  readonly key: string
  readonly name: string
  readonly kind: string
  readonly refused?: string | undefined
  readonly dialect?: SqlDialect | undefined
  readonly host?: string | undefined
  readonly port?: number | undefined
  readonly database?: string | undefined
  readonly path?: string | undefined
  readonly tls?: 'require' | 'off' | undefined
  readonly user?: string | undefined
  /** A secret: it goes into the credential, and nowhere else. */
  readonly password?: string | undefined
  readonly timeoutSeconds?: number | undefined
  /** What the document does not say and has to be given. */
  readonly asks: readonly { readonly field: string; readonly message: string }[]
}

/** A document that was read. Holds secrets: never log it. */
export interface SqlDocument {
  readonly format: 'genai-toolbox' | 'higress'
  readonly sources: readonly ReadSource[]
  readonly statements: readonly ReadStatement[]
  readonly notes: readonly string[]
}

/** @throws Problem `document-refused` with the place in the document where there is one */
export type ReadSqlDocument = (input: SqlDocumentInput) => SqlDocument
