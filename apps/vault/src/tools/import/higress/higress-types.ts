import type { DataObject } from '../read-document.ts'

// A document of Higress once it was read. genai-toolbox's HTTP tools are put into this shape as well.

/** Which way of signing in is meant, and what is said about it. */
export interface SecurityReference {
  readonly id: string
  readonly passthrough: boolean
  readonly credential?: string | undefined
}

/** `server.securitySchemes[]` */
export interface HigressScheme {
  readonly id: string
  readonly type: string
  readonly scheme?: string | undefined
  readonly in?: string | undefined
  readonly name?: string | undefined
  readonly defaultCredential?: string | undefined
  /** `server.securitySchemes[0]` */
  readonly where: string
}

export interface HigressArgument {
  readonly name: string
  readonly required: boolean
  /** In lower case. */
  readonly position?: string | undefined
  /** All of it, for its schema. */
  readonly schema: DataObject
}

export interface HigressRequest {
  readonly url: string
  readonly method?: string | undefined
  readonly headers: readonly { readonly key: string; readonly value: string }[]
  readonly body?: string | undefined
  readonly argsTo: readonly ('json' | 'query' | 'form')[]
  readonly security?: SecurityReference | undefined
}

export interface HigressTool {
  readonly name: string
  readonly title?: string | undefined
  readonly description: string
  readonly args: readonly HigressArgument[]
  /** Absent for a tool that asks nobody. */
  readonly request?: HigressRequest | undefined
  readonly response: {
    readonly body?: string | undefined
    readonly prepend?: string | undefined
    readonly append?: string | undefined
    readonly error?: string | undefined
  }
  readonly security?: SecurityReference | undefined
  readonly outputSchema?: DataObject | undefined
  readonly annotations?: DataObject | undefined
  readonly tags?: readonly string[] | undefined
  /** Why it cannot be a tool, where that is known already. */
  readonly refused?: string | undefined
}

export interface HigressDocument {
  readonly name: string
  readonly description?: string | undefined
  readonly config: DataObject
  readonly schemes: readonly HigressScheme[]
  readonly upstream?: SecurityReference | undefined
  readonly downstream?: SecurityReference | undefined
  readonly passthroughHeader: boolean
  /** The tools that may be called; all where it is absent. */
  readonly allowed?: ReadonlySet<string> | undefined
  readonly tools: readonly HigressTool[]
  /** What a value of its configuration is called: `server.config.apiKey`. */
  readonly nameOf: (path: string) => string
}
