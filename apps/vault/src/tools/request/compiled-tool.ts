import type { ToolCaller } from '../../execute/callable-tool.ts'
import type { CallInput } from '../../execute/freeze-call.ts'
import type { RequestInput } from '../../execute/freeze-request.ts'
import type { TemplateWorld } from '../template/template.ts'

/** The request that a call makes, before it is frozen. */
export interface BuiltRequest extends RequestInput {
  /** Absolute and canonical, with the whole query in it. */
  readonly url: string
  /** Names of headers, in lower case, that the tool itself may send beside those of its connection. */
  readonly ownHeaders: readonly string[]
}

/** The call that is no HTTP request, before it is frozen. */
export interface BuiltCall extends CallInput {
  readonly ownHeaders: readonly string[]
}

/** What one call of a tool is written from beside its arguments. */
export interface BuildOptions {
  /** Of the connection: whether a value may have a slash in a path. */
  readonly allowEncodedSlash?: boolean | undefined
  readonly caller?: ToolCaller | undefined
}

/** A tool made ready for many calls. */
export interface CompiledTool<Built = BuiltRequest | BuiltCall> {
  /**
   * Fills in defaults, checks the arguments against the whole schema and writes the request. Pure but for `world`.
   * @throws Problem `invalid-arguments` naming each argument and what is wrong with it; nothing is sent then
   */
  build(
    args: Readonly<Record<string, unknown>>,
    world: TemplateWorld,
    options?: BuildOptions,
  ): Built
  /** The arguments with their defaults, in canonical JSON (RFC 8785): equal calls have equal texts. */
  canonicalArguments(args: Readonly<Record<string, unknown>>): string
  /** `none`: no credential goes on. */
  readonly credential: 'connection' | 'none'
  /** What becomes of an answer; undefined where it stays as it is. */
  readonly shapeAnswer?:
    | ((
        answer: {
          readonly status: number
          readonly body: unknown
          readonly headers: Readonly<Record<string, string>>
        },
        world: TemplateWorld,
      ) => unknown)
    | undefined
}
