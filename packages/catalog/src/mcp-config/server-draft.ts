// A server as a file has it, in the vault’s words.
import type { McpTransport } from '@sallyport/contracts'
import type { ConfigText } from './config-text.ts'

/** What is kept of a server, once what its texts refer to is known. */
export interface ServerDraft {
  readonly name: string
  readonly description?: string
  readonly transport: McpTransport
  readonly command?: ConfigText
  readonly args: readonly ConfigText[]
  readonly env: Readonly<Record<string, ConfigText>>
  readonly cwd?: ConfigText
  readonly url?: ConfigText
  readonly headers: Readonly<Record<string, ConfigText>>
  readonly permission: 'workspace' | 'full'
  readonly package?: string
  readonly perAgent?: boolean
  readonly connectTimeoutSeconds?: number
  readonly readTimeoutSeconds?: number
  readonly enabled: boolean
}

/** A key that stands in the file in plain. */
export interface PlainSecret {
  readonly where: string
  readonly hint: string
}

/** One server of a file, and what becomes of it. */
export interface ReadServer {
  /** Its name in the file. */
  readonly key: string
  readonly outcome: 'taken' | 'changed' | 'refused'
  /** What was changed, or why it is refused, in sentences. */
  readonly reasons: readonly string[]
  /** Absent where it is refused. */
  readonly draft?: ServerDraft
  /** Keys that are sealed with it; the file holds them still. */
  readonly secrets: readonly PlainSecret[]
}

/** Why a server cannot be taken. */
export class ServerFault extends Error {
  override readonly name = 'ServerFault'
}
