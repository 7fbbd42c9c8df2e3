// One vault per data directory: a vault holds a Unix socket that the next one finds.
import { mkdirSync, rmSync, statSync } from 'node:fs'
import net from 'node:net'
import { Problem } from '@sallyport/contracts'

/** How long a holder may take to say who it is; one that is stopped or busy holds the directory all the same. */
const answerTimeoutMs = 1_000
/** Taking over takes milliseconds; a claim this old was left by a vault that died in the middle. */
const claimAgeMsMax = 10_000
const claimRetryMs = 20

/** Gives the data directory back. */
export type Release = () => Promise<void>

/**
 * Holds a data directory until it is released or this process ends, however it ends: the operating system refuses
 * connections to a dead process's socket, so that nothing has to be guessed from process ids. Throws `store-unavailable`
 * while another vault holds it.
 */
export async function holdDataDir(lockPath: string, dataDir: string): Promise<Release> {
  await refuseIfHeld(lockPath, dataDir)
  const claim = `${lockPath}.claim`
  await takeClaim(claim)
  try {
    // Once more: whoever had the claim before may hold the directory now.
    await refuseIfHeld(lockPath, dataDir)
    rmSync(lockPath, { force: true })
    const server = await listen(lockPath)
    return () => new Promise((resolve) => server.close(() => resolve()))
  } finally {
    rmSync(claim, { recursive: true, force: true })
  }
}

/** Between "the socket is dead" and "here is mine" only one vault may be at work. */
async function takeClaim(claim: string): Promise<void> {
  for (;;) {
    try {
      return mkdirSync(claim)
    } catch (error) {
      const ageMs = Date.now() - (statSync(claim, { throwIfNoEntry: false })?.mtimeMs ?? 0)
      if (!isExists(error)) throw error
      if (ageMs > claimAgeMsMax) rmSync(claim, { recursive: true, force: true })
    }
    await new Promise((resolve) => setTimeout(resolve, claimRetryMs))
  }
}

async function refuseIfHeld(lockPath: string, dataDir: string): Promise<void> {
  const holder = await findHolder(lockPath)
  if (holder === undefined) return
  throw new Problem(
    'store-unavailable',
    `Another vault uses the data directory ${dataDir}: ${holder}.`,
    {
      next: 'Stop that one first, or give this one another SALLYPORT_DATA_DIR.',
    },
  )
}

/** Who holds it, in words; undefined where nobody does. */
export function findHolder(lockPath: string): Promise<string | undefined> {
  return new Promise((resolve) => {
    let answer = ''
    const socket = net.connect({ path: lockPath })
    const silent = setTimeout(() => socket.destroy(), answerTimeoutMs)
    let held = false
    socket.on('connect', () => {
      held = true
    })
    socket.on('data', (chunk) => {
      answer += chunk
    })
    socket.on('error', (error: NodeJS.ErrnoException) => {
      // Refused, or no such file: nobody holds it. Anything else (no permission, queue full) is no proof of that.
      const code = error.code ?? ''
      if (held || code === 'ECONNREFUSED' || code === 'ENOENT') return
      held = true
      answer = `it cannot be asked (${code})`
    })
    socket.on('close', () => {
      clearTimeout(silent)
      resolve(held ? answer.trim() || 'it does not say which' : undefined)
    })
  })
}

function listen(lockPath: string): Promise<net.Server> {
  const greeting = `process ${process.pid}, since ${new Date().toISOString()}\n`
  return new Promise((resolve, reject) => {
    const server = net.createServer((socket) => {
      socket.on('error', () => {})
      socket.end(greeting)
    })
    server.once('error', reject)
    server.listen({ path: lockPath }, () => {
      // It must not keep a process alive that has nothing else to do.
      server.unref()
      resolve(server)
    })
  })
}

const isExists = (error: unknown) =>
  error instanceof Error && 'code' in error && error.code === 'EEXIST'
