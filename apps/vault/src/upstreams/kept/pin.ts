import type { ToolDefinition } from '@sallyport/contracts'

/** A tool of which a server says something else than an owner has seen. Until an owner has looked, nobody can call it. */
export interface Pin {
  /** The server's own name of it. */
  readonly key: string
  readonly change: 'added' | 'changed' | 'removed'
  /** What it was before; `new`: no owner has ever seen it. */
  readonly was: 'active' | 'disabled' | 'new'
  /** Of a changed one: what the server says now. */
  readonly definition?: ToolDefinition
  /** Of what the server says now. */
  readonly digest?: string
}

/** A tool that cannot be used at all. */
export interface RefusedTool {
  /** Where it has one. */
  readonly name?: string
  readonly reason: string
}
