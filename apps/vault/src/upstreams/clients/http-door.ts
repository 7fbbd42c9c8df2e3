// The way out to servers over HTTP, as the house hands it in.

/** What a client asks of a way out: see `createStreamDoors` of egress. */
export interface HttpDoor {
  fetch(url: string | URL, options?: HttpDoorOptions): Promise<Response>
  /** Cuts everything. */
  close(): void
}

/** The part of `RequestInit` that the SDK uses. */
export interface HttpDoorOptions {
  readonly method?: string
  readonly headers?: Headers
  readonly body?: unknown
  readonly signal?: AbortSignal | null
}
