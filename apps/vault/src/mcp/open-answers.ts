import { Problem } from '@sallyport/contracts'

/** Answers that one agent may have open at a time, and those of them that only tell of changes. */
const openMax: Readonly<Record<Kind, number>> = { call: 100, subscription: 10 }
const retryAfterSeconds = 1

type Kind = 'call' | 'subscription'

/** One answer, from the request to its last byte. */
interface OpenAnswer {
  /** Aborted when the answer is over, for whatever reason. */
  readonly ended: AbortSignal
  end(): void
  /** The same response, which ends the answer with its last byte or when its reader leaves. */
  follow(response: Response): Response
}

export interface OpenAnswers {
  /** Problem `overloaded` where the agent has too many, or the vault stops. */
  open(agentId: string, kind: Kind): OpenAnswer
  /** Ends those that only tell of changes, and opens no more. Calls under way are answered. */
  close(): void
}

/** One reason for all: to make one for each answer costs more than to end it. */
const over = new Error('The answer is over.')

/** Counts the answers that are open, so that no agent holds more than its share. */
export function createOpenAnswers(): OpenAnswers {
  const counts = new Map<string, number>()
  const open = new Map<AbortController, Kind>()
  const state = { isClosed: false }
  return {
    open(agentId, kind) {
      if (state.isClosed) throw stopping()
      const key = `${kind} ${agentId}`
      const count = counts.get(key) ?? 0
      if (count >= openMax[kind]) throw tooMany(openMax[kind])
      counts.set(key, count + 1)
      const controller = new AbortController()
      open.set(controller, kind)
      const end = () => {
        if (!open.delete(controller)) return
        const left = (counts.get(key) ?? 1) - 1
        if (left === 0) counts.delete(key)
        else counts.set(key, left)
        controller.abort(over)
      }
      controller.signal.addEventListener('abort', end, { once: true })
      const { signal } = controller
      return { ended: signal, end, follow: (response) => follow(response, signal, end) }
    },
    close() {
      state.isClosed = true
      for (const [controller, kind] of open) if (kind === 'subscription') controller.abort(over)
    },
  }
}

function follow(response: Response, ended: AbortSignal, end: () => void): Response {
  if (!isStream(response) || response.body === null) {
    end()
    return response
  }
  const reader = response.body.getReader()
  // Whoever ended it waits for nobody: what is still read of it is its end.
  ended.addEventListener('abort', () => void reader.cancel().catch(() => {}), { once: true })
  const body = new ReadableStream<Uint8Array>({
    async pull(controller) {
      try {
        const { done, value } = await reader.read()
        if (!done) return controller.enqueue(value)
        end()
        controller.close()
      } catch (error) {
        end()
        controller.error(error)
      }
    },
    async cancel(reason) {
      end()
      await reader.cancel(reason).catch(() => {})
    },
  })
  const { status, headers } = response
  return new Response(body, { status, headers })
}

const isStream = ({ headers }: Response): boolean =>
  headers.get('content-type')?.startsWith('text/event-stream') === true

const tooMany = (most: number) =>
  new Problem(
    'overloaded',
    `${most} requests of this agent are being answered, so nothing was done.`,
    {
      next: 'Send it again when one of them is answered.',
      retryAfterSeconds,
    },
  )

const stopping = () =>
  new Problem('overloaded', 'The vault is stopping, so nothing was done.', {
    next: 'Send it again in a few seconds.',
    retryAfterSeconds,
  })
