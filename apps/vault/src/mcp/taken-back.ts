// Finds the call that a client takes back. Clients of revisions before 2026-07-28 say so in a message of its own, by the id that they
// gave the call; there are no sessions that would say which client it is, and every client counts from the same number.

/** Who sends a message, as far as that can be told without a session. */
export interface Sender {
  /** The caller's own token. */
  readonly bearer: string
  /** What else tells two clients of one token apart: address, program, protocol. */
  readonly marks: string
}

export interface TakenBack {
  /** Keeps how a call is ended, while it is open. What it returns has to be called when it is over. */
  open(sender: Sender, body: unknown, end: () => void): () => void
  /** Ends the one call that a message takes back; none where that could be another client's as well. */
  take(sender: Sender, body: unknown): void
}

/** Builds an empty register. */
export function createTakenBack(): TakenBack {
  const open = new Map<string, Set<() => void>>()
  return {
    open(sender, body, end) {
      const id = callIdOf(body)
      if (id === undefined) return () => {}
      const key = keyOf(sender, id)
      const ends = open.get(key) ?? new Set()
      ends.add(end)
      open.set(key, ends)
      return () => {
        ends.delete(end)
        if (ends.size === 0) open.delete(key)
      }
    },
    take(sender, body) {
      const id = takenIdOf(body)
      const [end, another] = (id === undefined ? undefined : open.get(keyOf(sender, id))) ?? []
      if (another === undefined) end?.()
    },
  }
}

type Id = string | number

/** `1` and `"1"` are two. */
const keyOf = ({ bearer, marks }: Sender, id: Id) => JSON.stringify([bearer, marks, id])

interface Message {
  readonly id?: unknown
  readonly method?: unknown
  readonly params?: unknown
}

const messageOf = (body: unknown): Message =>
  typeof body === 'object' && body !== null && !Array.isArray(body) ? body : {}

function callIdOf(body: unknown): Id | undefined {
  const { id, method } = messageOf(body)
  return method === 'tools/call' || method === 'resources/read' || method === 'prompts/get'
    ? idOf(id)
    : undefined
}

function takenIdOf(body: unknown): Id | undefined {
  const { method, params } = messageOf(body)
  if (method !== 'notifications/cancelled') return undefined
  return idOf((messageOf(params) as { readonly requestId?: unknown }).requestId)
}

const idOf = (id: unknown): Id | undefined =>
  typeof id === 'string' || typeof id === 'number' ? id : undefined
