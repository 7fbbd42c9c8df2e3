import type { Operation, OutputOf, ToolProgress } from '@sallyport/contracts'
import type { Context } from 'hono'
import { type Call, type MountContext, type Mounted, mount } from './mount.ts'

// Answers that tell of progress before they come. Whoever accepts `text/event-stream` gets the plain answer all the same as long as
// there is no progress to tell; with the first of it the answer becomes a stream of server-sent events, the last of which is the answer.

/** Progress that is told of one call: an upstream may report without end. */
const toldMax = 1_000

/** `mount`, for an operation whose work reports progress. */
export function mountTelling<const O extends Operation>(
  operation: O,
  handle: (call: Call<O>) => Promise<OutputOf<O>> | OutputOf<O>,
): Mounted {
  const plain = mount(operation, handle)
  return {
    ...plain,
    serve: (c, context) =>
      acceptsEvents(c) ? serveTelling(plain, c, context) : plain.serve(c, context),
  }
}

const acceptsEvents = (c: Context): boolean =>
  c.req.header('accept')?.includes('text/event-stream') === true

type Tell = (progress: ToolProgress) => void

async function serveTelling(plain: Mounted, c: Context, context: MountContext): Promise<Response> {
  const early: ToolProgress[] = []
  let tell: Tell = (progress) => void early.push(progress)
  let left = toldMax
  let begin = () => {}
  const begun = new Promise<void>((resolve) => {
    begin = resolve
  })
  const answer = plain.serve(c, context, (progress) => {
    if (left === 0) return
    left -= 1
    tell(progress)
    begin()
  })
  const first = await Promise.race([answer, begun])
  if (first !== undefined) return first
  const { readable, events } = createEvents()
  tell = events.tell
  for (const progress of early) tell(progress)
  void answer.then(events.end)
  return context.respond.send({
    ...{ status: 200, type: 'text/event-stream', body: readable },
    requestId: context.requestId(),
    // No proxy may gather them (nginx does).
    headers: { 'x-accel-buffering': 'no' },
  })
}

const encoder = new TextEncoder()

/** What a slow reader does not take is not kept for it: of progress the latest counts. */
const waitingMax = 64

function createEvents() {
  let stream: ReadableStreamDefaultController<Uint8Array> | undefined
  const readable = new ReadableStream<Uint8Array>(
    {
      start(controller) {
        stream = controller
      },
      cancel() {
        stream = undefined
      },
    },
    { highWaterMark: waitingMax },
  )
  const write = (event: string, json: string) =>
    stream?.enqueue(encoder.encode(`event: ${event}\ndata: ${json}\n\n`))
  const events = {
    tell(progress: ToolProgress) {
      if ((stream?.desiredSize ?? 0) > 0) write('progress', JSON.stringify(progress))
    },
    /** The plain answer, as it would have come alone. */
    async end(answer: Response) {
      const body = await answer.text()
      // Without ends of lines, since no JSON of the vault has any.
      write('answer', `{"status":${answer.status},"body":${body === '' ? 'null' : body}}`)
      stream?.close()
    },
  }
  return { readable, events }
}
