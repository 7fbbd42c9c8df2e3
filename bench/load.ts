import { connect, type Socket } from 'node:net'

// A load generator: connections that each send the next request when the last was answered, on raw sockets, since an HTTP
// client of Node costs more than what is measured. Every answer is read whole and looked at.

/** What is asked, again and again. */
export interface LoadTarget {
  readonly port: number
  /** The bytes of one request. */
  readonly request: Buffer
  /** Stands in the body of every good answer. */
  readonly expected: string
}

/** What a load is made of. */
export interface LoadOptions {
  readonly connections: number
  /** Before it is counted. */
  readonly rampMs: number
  readonly measureMs: number
  /** Called at the beginning and at the end of what is counted. */
  readonly sample: () => void
}

/** What was counted. */
export interface LoadResult {
  readonly requests: number
  readonly seconds: number
  /** Ascending. */
  readonly latenciesMs: Float64Array
}

const readBytes = 64 * 1024
const answerMsMax = 30_000
const headEnd = Buffer.from('\r\n\r\n')

/**
 * Loads targets for as long as said, the connections shared out among them by turns. Rejects at the first answer that is not good,
 * or that does not come.
 */
export async function runLoad(
  targets: readonly LoadTarget[],
  options: LoadOptions,
): Promise<LoadResult> {
  const latencies: number[] = []
  let isCounting = false
  let isOver = false
  const next = (latencyMs: number | undefined): boolean => {
    if (isCounting && latencyMs !== undefined) latencies.push(latencyMs)
    return !isOver
  }
  const done = Array.from(
    { length: Math.ceil(options.connections / targets.length) },
    () => targets,
  )
    .flat()
    .slice(0, options.connections)
    .map((target) => ask(target, next))
  const failed = Promise.all(done).then(() => {})
  await Promise.race([failed, pause(options.rampMs)])
  options.sample()
  const startMs = performance.now()
  isCounting = true
  await Promise.race([failed, pause(options.measureMs)])
  isCounting = false
  const seconds = (performance.now() - startMs) / 1000
  options.sample()
  isOver = true
  await failed
  return {
    requests: latencies.length,
    seconds,
    latenciesMs: Float64Array.from(latencies).sort(),
  }
}

const pause = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms))

/** One connection, until `next` says that there is no further request. */
function ask(target: LoadTarget, next: (latencyMs?: number) => boolean): Promise<void> {
  return new Promise((resolve, reject) => {
    let sentMs = 0
    let read = Buffer.alloc(0)
    const send = (latencyMs?: number) => {
      if (!next(latencyMs)) {
        socket.destroy()
        resolve()
        return
      }
      sentMs = performance.now()
      socket.write(target.request)
    }
    const socket: Socket = connect({
      port: target.port,
      host: '127.0.0.1',
      noDelay: true,
      onread: {
        buffer: Buffer.alloc(readBytes),
        callback(bytes, buffer) {
          const chunk = Buffer.from(buffer.buffer, buffer.byteOffset, bytes)
          const all = read.length === 0 ? chunk : Buffer.concat([read, chunk])
          const verdict = judge(all, target.expected)
          if (verdict === 'good') {
            read = Buffer.alloc(0)
            send(performance.now() - sentMs)
          } else if (verdict === 'incomplete') read = Buffer.from(all)
          else socket.destroy(new Error(`An answer was not good: ${verdict}`))
          return true
        },
      },
    })
    socket.setTimeout(answerMsMax, () => socket.destroy(new Error('An answer did not come.')))
    socket.once('connect', () => send())
    socket.once('error', reject)
    socket.once('close', () => reject(new Error('The connection was closed.')))
  })
}

/** `good`, `incomplete`, or the beginning of what is neither. */
function judge(all: Buffer, expected: string): string {
  const end = all.indexOf(headEnd)
  if (end < 0) return 'incomplete'
  const head = all.toString('latin1', 0, end)
  const length = /\r\ncontent-length: (\d+)/i.exec(head)?.[1]
  if (!head.startsWith('HTTP/1.1 200 ') || length === undefined)
    return all.toString('latin1', 0, 600)
  const whole = end + headEnd.length + Number(length)
  if (all.length < whole) return 'incomplete'
  return all.length === whole && all.includes(expected, end)
    ? 'good'
    : all.toString('latin1', 0, 600)
}

/** The value below which a share of the latencies lies. */
export function quantile(sorted: Float64Array, share: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN
}
