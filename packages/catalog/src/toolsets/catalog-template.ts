import type { HttpToolDefinition } from '@sallyport/contracts'

/** A ready toolset: tools of one service, without any secret. A change of its tools is another version. */
export interface CatalogTemplate {
  readonly id: string
  readonly version: number
  /** Of the catalog: a connection of it serves the tools. */
  readonly service: string
  readonly title: string
  readonly description: string
  /** Where a connection for it goes. */
  readonly origins: readonly string[]
  readonly tools: readonly HttpToolDefinition[]
}
