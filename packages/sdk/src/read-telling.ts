import { Problem, type ToolProgress } from '@sallyport/contracts'
import type { Answer } from './answer.ts'
import { readAnswer } from './read-answer.ts'

// Reads an answer that tells of progress before it comes: server-sent events, the last of which is the answer.

/** What a request that asks for progress accepts. */
export const acceptProgress = { accept: 'application/json, text/event-stream' }

/** Bytes of events that are read: the largest answer, with room for what goes before. */
const eventsBytesMax = 65 * 1024 * 1024

/** Whether the answer tells of progress first. */
export const isTelling = ({ ok, headers }: Answer): boolean =>
  ok && headers.get('content-type')?.startsWith('text/event-stream') === true

/**
 * Reads such an answer to its end.
 * @throws Problem the vault's own, or `vault-invalid-answer` where it ended before the answer came
 */
export async function readTelling(
  response: Answer,
  onProgress: (progress: ToolProgress) => void,
): Promise<Readonly<Record<string, unknown>>> {
  for await (const { event, data } of eventsOf(response)) {
    if (event === 'answer') return await readAnswer(plainAnswer(response, data))
    const told = event === 'progress' ? parse(data) : undefined
    if (isProgress(told)) onProgress(told)
  }
  throw cutShort()
}

interface ServerEvent {
  readonly event: string
  readonly data: string
}

async function* eventsOf(response: Answer): AsyncIterable<ServerEvent> {
  const reader = response.body?.getReader()
  if (reader === undefined) return
  const decoder = new TextDecoder()
  let text = ''
  let bytes = 0
  try {
    for (;;) {
      const { done, value } = await reader.read()
      if (done || value === undefined) return
      bytes += value.byteLength
      if (bytes > eventsBytesMax) throw cutShort()
      text += decoder.decode(value, { stream: true })
      let end = text.indexOf('\n\n')
      for (; end !== -1; end = text.indexOf('\n\n')) {
        yield readEvent(text.slice(0, end))
        text = text.slice(end + 2)
      }
    }
  } finally {
    await reader.cancel().catch(() => {})
  }
}

/** As the vault writes them: a line for the name, and one for the data. */
function readEvent(text: string): ServerEvent {
  const line = (name: string) =>
    text
      .split('\n')
      .find((one) => one.startsWith(`${name}: `))
      ?.slice(name.length + 2) ?? ''
  return { event: line('event'), data: line('data') }
}

const isProgress = (value: unknown): value is ToolProgress =>
  typeof value === 'object' &&
  value !== null &&
  'progress' in value &&
  typeof value.progress === 'number'

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** The answer of the last event, as it would have come alone. */
function plainAnswer(response: Answer, data: string): Answer {
  const { status, body } = (parse(data) ?? {}) as {
    readonly status?: unknown
    readonly body?: unknown
  }
  if (typeof status !== 'number') throw cutShort()
  const bytes = new TextEncoder().encode(JSON.stringify(body))
  const chunks = [bytes]
  const cancel = async () => {}
  return {
    ...{ status, ok: status >= 200 && status < 300, type: response.type },
    headers: { get: (name) => (name === 'content-type' ? 'application/json' : null) },
    body: {
      cancel,
      getReader: () => ({
        cancel,
        async read() {
          const value = chunks.shift()
          return value === undefined ? { done: true } : { done: false, value }
        },
      }),
    },
  }
}

const cutShort = () =>
  new Problem('vault-invalid-answer', 'The answer broke off before its end.', {
    next: 'It is not known whether the call was carried out: look before you make it again.',
  })
