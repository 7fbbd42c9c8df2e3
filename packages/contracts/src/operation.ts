import type { z } from 'zod'
import type { ProblemType } from './problem.ts'

/** Whose credential an operation takes: an agent's token, an owner's session or token, or nobody's. */
export type Caller = 'agent' | 'owner' | 'anyone'

/** What an owner's token can be allowed to do. `account` is never given to a token: it needs a session. */
export const ownerScopes = [
  'agents:read',
  'agents:write',
  'connections:read',
  'connections:write',
  'policies:read',
  'policies:write',
  'tools:read',
  'tools:write',
  'capabilities:read',
  'capabilities:write',
  'approvals:read',
  'approvals:write',
  'audit:read',
  'workspace:read',
  'workspace:write',
] as const

/** A scope of an owner's personal access token. */
export type OwnerScope = (typeof ownerScopes)[number]

/** What an operation on the owners' plane demands: a scope, or a signed-in session. */
export type OwnerDemand = OwnerScope | 'account'

/**
 * In which callers of connections of the kind `caller` send their own credentials: `con_… value`, several with commas between them
 * or in headers of their own.
 */
export const callerCredentialHeader = 'sallyport-caller-credential'

/** That header as a line, for whoever sets a caller up to fill in. */
export const callerCredentialLine = (connectionId: string): string =>
  `Sallyport-Caller-Credential: ${connectionId} <credential>`

type Shared = {
  /** Unique, camelCase: a verb and a noun. */
  readonly id: string
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  /** Absolute path; parameters in braces, each a member of the input. */
  readonly path: `/${string}`
  readonly summary: string
  /** Path parameters, and the query (GET, DELETE) or the JSON body, as one strict object. */
  readonly input: z.ZodType
  /** What a success answers; members that are not named here never leave the vault. */
  readonly output: z.ZodType
  /** The success status. 200 unless said otherwise. */
  readonly status?: 200 | 201 | 202
  /** Problems that this operation answers beside those that every operation can. */
  readonly problems: readonly ProblemType[]
  /** A refusal (bad input included) is recorded in the audit log and its answer carries `auditId`. */
  readonly audited?: true
  /**
   * Signed by whoever sends it: the member `body` of the input is the body as it came, whatever it is, and the other members are
   * these headers. The handler proves it before it reads any of it.
   */
  readonly signedBy?: Readonly<Record<string, string>>
  /** A consumer token of the agent reaches it too (agents' plane alone). */
  readonly consumer?: true
  /**
   * The caller's own credential may come along, in the header of `callerCredentialHeader`. It is no member of the input, so that
   * nothing that reads, records or answers inputs ever holds it.
   */
  readonly callerCredential?: true
  /** A body in this form is accepted beside JSON. */
  readonly form?: true
  /** These members may stand in the query, too, where others stand in a body. */
  readonly inQuery?: readonly string[]
  /** How long an answer may take, in ms, where that is longer than clients usually wait: what it asks of others is slow. */
  readonly answerMsMax?: number
  /** Bytes of request body accepted where the usual bound is too small. */
  readonly bodyBytesMax?: number
}

/** An operation of the agents' plane, of the owners' plane, or open to anyone: never a mixture without a demand. */
export type Operation = Shared &
  (
    | {
        readonly caller: readonly ['agent'] | readonly ['anyone']
        readonly demand?: never
        readonly furtherDemand?: never
      }
    | {
        readonly caller: readonly ['owner']
        readonly demand: OwnerDemand
        /** What some inputs demand beside that, since they bring more along. */
        furtherDemand?(input: object): OwnerScope | undefined
      }
  )

/** Describes one operation. The server, SDK, MCP tools, OpenAPI document and tests all read this value. */
export const defineOperation = <const O extends Operation>(operation: O): O => operation

/** The parsed input of an operation. */
export type InputOf<O extends Operation> = z.output<O['input']>
/** What a caller may write as the input of an operation. */
export type CallOf<O extends Operation> = z.input<O['input']>
/** The answer of an operation. */
export type OutputOf<O extends Operation> = z.output<O['output']>
