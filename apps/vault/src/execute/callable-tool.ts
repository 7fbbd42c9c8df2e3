import type { CallInput } from './freeze-call.ts'
import type { FrozenTool, RequestInput } from './freeze-request.ts'

/** What a tool may know beside its arguments. */
export interface ToolWorld {
  /** Wall clock, ms since the epoch. */
  readonly now: () => number
  readonly randomBytes: (size: number) => Uint8Array
}

/** Who calls: what the vault itself puts in place of an argument, where a tool says so. */
export interface ToolCaller {
  readonly id: string
  readonly name: string
}

/** An answer as a tool may shape it: scrubbed, and filtered by the policy's rules. */
export interface ShapedAnswer {
  readonly status: number
  readonly body: unknown
  readonly headers: Readonly<Record<string, string>>
}

/** Makes of an answer what the agent gets in place of its body. Throws where it cannot be applied. */
export type ShapeAnswer = (answer: ShapedAnswer, world: ToolWorld) => unknown

/** What the request path needs of a tool that is ready to be called. */
interface CallableTool {
  /** @throws Problem `invalid-arguments` */
  build(
    args: Readonly<Record<string, unknown>>,
    world: ToolWorld,
    options: { readonly allowEncodedSlash: boolean; readonly caller: ToolCaller },
  ): (RequestInput | CallInput) & Pick<FrozenTool, 'ownHeaders'>
  /** Equal calls have equal texts. */
  canonicalArguments(args: Readonly<Record<string, unknown>>): string
  /** `none`: no credential goes on. */
  readonly credential: 'connection' | 'none'
  readonly shapeAnswer?: ShapeAnswer | undefined
}

/** A tool as the request path sees it. */
export interface ToolSnapshot {
  readonly toolId: string
  readonly toolsetId: string
  readonly workspaceId: string
  /** Its full name. */
  readonly name: string
  /** That of the tool that it is, where that is another toolset’s. */
  readonly sourceName?: string | undefined
  /** Of its definition: another one has another. */
  readonly digest: string
  /** Where its calls go; undefined where its source is gone. */
  readonly connectionId: string | undefined
  readonly status: 'active' | 'disabled' | 'held'
  readonly compiled: CallableTool
}

/** A tool that is being called. */
export interface ToolCall extends ToolSnapshot {
  /** Of the request that it made. */
  readonly ownHeaders?: readonly string[] | undefined
  /** Canonical; undefined where a stored request of it is sent. */
  readonly arguments?: string | undefined
}
