import { randomBytes } from 'node:crypto'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'

// The upstream that writes everything down: which request came when, with which credential, and what it was told.

/** One request that arrived. Its path ends with a number that only the one who asked for it knows. */
export interface Hit {
  readonly nonce: string
  /** The first part of the path. */
  readonly kind: string
  readonly method: string
  /** Milliseconds since the epoch, when all of the request was there. */
  readonly at: number
  readonly authorization: string | undefined
  /** What it was answered: nobody who was not answered can know it. */
  readonly receipt: string
  /** Whether its intent stood in the database then; undefined where nobody could look. */
  readonly intentStood: boolean | undefined
}

export interface Ledger {
  readonly origin: string
  readonly hits: readonly Hit[]
  /** The most requests of this kind that were held open at one time. */
  openMost(kind: string): number
  close(): Promise<void>
}

/** Of a kind that takes its time, so that a kill finds requests under way. */
const slowMs = { slow: 250, narrow: 120 } as const

/** Starts it on loopback. `stands` looks whether the intent of a number has been committed. */
export async function startLedger(
  stands: (nonce: string) => Promise<boolean | undefined>,
): Promise<Ledger> {
  const hits: Hit[] = []
  const open = new Map<string, number>()
  const most = new Map<string, number>()
  const move = (kind: string, by: number) => {
    const now = (open.get(kind) ?? 0) + by
    open.set(kind, now)
    most.set(kind, Math.max(most.get(kind) ?? 0, now))
  }
  const answer = async (request: IncomingMessage, response: ServerResponse) => {
    const [, kind = '', nonce = ''] = (request.url ?? '').split('/')
    move(kind, 1)
    response.once('close', () => move(kind, -1))
    request.on('error', () => {})
    response.on('error', () => {})
    for await (const _ of request) {
      // Read to the end: the body says nothing.
    }
    const at = Date.now()
    const receipt = randomBytes(12).toString('hex')
    const { authorization } = request.headers
    const method = request.method ?? ''
    const intentStood = await stands(nonce)
    hits.push({ nonce, kind, method, at, authorization, receipt, intentStood })
    await sleep(slowMs[kind as keyof typeof slowMs] ?? 0)
    response.writeHead(200, { 'content-type': 'application/json' })
    response.end(JSON.stringify({ nonce, receipt }))
  }
  // Who asked hung up: it stands in the ledger, or did not come whole.
  const server = createServer((request, response) => void answer(request, response).catch(() => {}))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0
  return {
    origin: `http://127.0.0.1:${port}`,
    hits,
    openMost: (kind) => most.get(kind) ?? 0,
    close() {
      server.closeAllConnections()
      return new Promise((resolve) => server.close(() => resolve()))
    },
  }
}
