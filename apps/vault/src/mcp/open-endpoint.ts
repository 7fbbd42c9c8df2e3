import { createMcpHandler, type McpServerFactory } from '@modelcontextprotocol/server'
import { Problem } from '@sallyport/contracts'
import type { CallAnswer } from 'sallyport-mcp/server'
import type { McpEndpoint, ServerOf } from './mcp-request.ts'
import { createOpenAnswers } from './open-answers.ts'
import { type PlainAnswer, type PlainCall, readPlainCall, writePlainAnswer } from './plain-call.ts'
import { createTakenBack } from './taken-back.ts'

/** How often a comment keeps a stream alive: proxies end those on which nothing moves for 30 or 60 s. */
const keepAliveMs = 15_000
/** Calls that one message may hold (JSON-RPC batches, which revisions before 2025-06-18 have). */
const batchMax = 20

/** Builds the endpoint: Streamable HTTP without sessions, of both protocol eras. Each request has a server of its own. */
export function openEndpoint({ serverOf }: { readonly serverOf: ServerOf }): McpEndpoint {
  const answers = createOpenAnswers()
  const takenBack = createTakenBack()
  return {
    async serve(asked) {
      const { body, agent, request } = asked
      if (Array.isArray(body) && body.length > batchMax) throw batchTooLong()
      takenBack.take(asked, body)
      const kind = isListen(body) ? 'subscription' : 'call'
      const answer = answers.open(agent.agentId, kind)
      const settled = takenBack.open(asked, body, answer.end)
      const whenOver = () => {
        settled()
        asked.over()
      }
      answer.ended.addEventListener('abort', whenOver, { once: true })
      const { build, begin, bus, watch } = serverOf(asked, answer)
      const call = begin && readPlainCall(body, request.headers)
      if (begin !== undefined && call !== undefined) {
        // Whoever hangs up takes the call back.
        request.signal.addEventListener('abort', answer.end, { once: true })
        const plain = await answerSoon(call, begin(call, answer.ended))
        if (plain !== undefined) {
          answer.end()
          return plain
        }
      }
      const over = (end: () => Promise<void>) =>
        answer.ended.addEventListener('abort', () => void end().catch(() => {}), { once: true })
      // With the answer ends what it waits for, also where the client is still there.
      const builtToEnd: McpServerFactory = async (context) => {
        const server = await build(context)
        over(() => server.close())
        return server
      }
      const handler = createMcpHandler(builtToEnd, {
        legacy: 'stateless',
        // A stream from the first notice of progress on; till then some failures have a status of their own.
        responseMode: 'auto',
        ...{ keepAliveMs, bus },
      })
      over(handler.close)
      try {
        const parsed = body === undefined ? {} : { parsedBody: body }
        const response = await handler.fetch(request, parsed)
        const followed = answer.follow(response)
        if (!answer.ended.aborted) watch(kind)
        return followed
      } catch (error) {
        answer.end()
        throw error
      }
    },
    close: answers.close,
  }
}

/** How long an answer may take that is written without a server of the SDK, which keeps a silent stream alive. */
const soonMs = 2_000

/** The answer of a call; undefined where it takes long, or is one that the SDK has to write. */
async function answerSoon(
  call: PlainCall,
  answer: Promise<CallAnswer>,
): Promise<PlainAnswer | undefined> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<undefined>((resolve) => {
    timer = setTimeout(resolve, soonMs, undefined)
  })
  try {
    const made = await Promise.race([answer, late])
    return made && writePlainAnswer(call, made)
  } catch {
    return undefined // The server of the SDK answers with the same failure.
  } finally {
    clearTimeout(timer)
  }
}

const isListen = (body: unknown): boolean =>
  typeof body === 'object' &&
  body !== null &&
  'method' in body &&
  body.method === 'subscriptions/listen'

const batchTooLong = () =>
  new Problem('invalid-input', `A batch holds at most ${batchMax} messages.`, {
    next: 'Send them one by one.',
  })
