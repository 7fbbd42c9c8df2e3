import type { IncomingMessage } from 'node:http'
import type { Answer, AnswerBody, Fetch } from '@sallyport/sdk'

/** How long a connection is kept for a next request; a vault and the proxies before it keep theirs longer. */
const idleMsMax = 4_000

/**
 * Sends requests with Node's own client. The global `fetch` takes as long to load as all the rest of this program, and ten
 * megabytes: one of these runs for every conversation, and a client waits for its first list of tools.
 */
export function createHttpFetch(): Fetch {
  const kept = { keepAlive: true, timeout: idleMsMax }
  const openHttp = once(async () => {
    const { Agent, request } = await import('node:http')
    return { agent: new Agent(kept), request }
  })
  const openHttps = once(async () => {
    const { Agent, request } = await import('node:https')
    return { agent: new Agent(kept), request }
  })
  return async (url, { method = 'GET', headers, signal, body }) => {
    const options = {
      method,
      headers: { ...(headers as Record<string, string>) },
      ...(signal != null && { signal }),
    }
    const { agent, request } = await (url.startsWith('https:') ? openHttps() : openHttp())
    return await new Promise<Answer>((resolve, reject) => {
      const sent = request(url, { ...options, agent })
      sent.on('response', (incoming) => resolve(answerOf(incoming)))
      sent.on('error', reject)
      sent.end(typeof body === 'string' ? body : undefined)
    })
  }
}

function once<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined
  return () => {
    made ??= make()
    return made
  }
}

function answerOf(incoming: IncomingMessage): Answer {
  const { statusCode: status = 0, headers } = incoming
  return {
    status,
    ok: status >= 200 && status < 300,
    type: 'default',
    headers: {
      get(name) {
        const value = headers[name.toLowerCase()]
        return value === undefined ? null : String(value)
      },
    },
    body: bodyOf(incoming),
  }
}

function bodyOf(incoming: IncomingMessage): AnswerBody {
  const cancel = async (): Promise<void> => void incoming.destroy()
  return {
    cancel,
    getReader() {
      const chunks = incoming[Symbol.asyncIterator]()
      return {
        async read() {
          const { done, value } = await chunks.next()
          return done === true ? { done } : { done: false, value }
        },
        cancel,
      }
    },
  }
}
