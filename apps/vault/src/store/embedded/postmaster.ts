// Runs one PostgreSQL server on a cluster, and makes sure that it ends when the vault does.
import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { readFileSync, readlinkSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import type { Duplex } from 'node:stream'
import { Problem } from '@sallyport/contracts'
import type { Place } from './place.ts'

/** Recovery after a crash may take long on a slow disk. */
const readyMsMax = 120_000
const readyPollMs = 5
/** A fast shutdown writes a checkpoint; after this an immediate one is ordered, which costs a recovery at the next start. */
const fastStopMsMax = 15_000
const immediateStopMsMax = 5_000
const stopPollMs = 10
/** How much of what the server says is kept for an error's sentence. */
const saidCharsMax = 4_000

/** Small where a laptop is to be spared, large enough for an audit log of millions. */
const settings: Readonly<Record<string, string>> = {
  listen_addresses: '',
  port: '5432',
  unix_socket_permissions: '0700',
  max_connections: '60',
  shared_buffers: '64MB',
  // One node, no replication: half the log to write.
  wal_level: 'minimal',
  max_wal_senders: '0',
  max_wal_size: '256MB',
  min_wal_size: '32MB',
  // Named, though they are the defaults: an acknowledged audit record is on disk.
  fsync: 'on',
  full_page_writes: 'on',
  synchronous_commit: 'on',
  // Fewer processes at rest, faster start.
  io_method: 'sync',
  autovacuum_max_workers: '2',
  max_parallel_workers_per_gather: '0',
  jit: 'off',
  timezone: 'UTC',
  log_timezone: 'UTC',
  // S-38: statements and their values stay out of the log.
  log_min_messages: 'warning',
  log_min_error_statement: 'panic',
  log_error_verbosity: 'terse',
}

/**
 * The shell waits on a pipe whose other end the vault holds. When the vault is gone, however it went, the read ends and the
 * server gets SIGINT: a fast, clean shutdown. A line on the pipe means that the server is gone, and nothing is to be done.
 */
const watched =
  '(read -r gone <&3 || kill -INT $$) </dev/null >/dev/null 2>&1 & exec "$@" 3<&- </dev/null'

export interface Postmaster {
  readonly pid: number
  /** Resolves when the server has ended, with what it said last. */
  readonly ended: Promise<string>
  /** Ends it: fast, then at once. */
  stop(): Promise<void>
}

/** Starts the server and resolves when it takes connections. Throws `store-unavailable` when it ends before that. */
export async function startPostmaster(options: {
  place: Place
  postgres: string
}): Promise<Postmaster> {
  const { place } = options
  const all = { ...settings, unix_socket_directories: place.socketDirectory }
  const flags = Object.entries(all).flatMap(([name, value]) => ['-c', `${name}=${value}`])
  const child = spawn(
    '/bin/sh',
    ['-c', watched, 'sh', options.postgres, '-D', place.cluster, ...flags],
    {
      ...place.user,
      cwd: '/',
      // Nothing of the vault's environment: it may hold the root key, and this is another user's process.
      env: { LC_ALL: 'C', TZ: 'UTC' },
      // Its own session: Ctrl-C in the vault's terminal is for the vault, which needs the database until it has drained.
      detached: true,
      stdio: ['ignore', 'ignore', 'pipe', 'pipe'],
    },
  )
  const ended = watchEnd(child)
  await untilReady({ child, ended, place }).catch((error: unknown) => {
    child.kill('SIGQUIT')
    throw error
  })
  const pid = child.pid ?? 0
  const isGone = () => child.exitCode !== null || child.signalCode !== null
  return { pid, ended, stop: () => stopProcess((signal) => child.kill(signal), isGone) }
}

function watchEnd(child: ChildProcess): Promise<string> {
  let said = ''
  child.stderr?.on('data', (chunk) => {
    said = `${said}${chunk}`.slice(-saidCharsMax)
  })
  const pipe = child.stdio[3] as Duplex
  pipe.on('error', () => {})
  return new Promise((resolve) => {
    child.once('error', (error) => resolve(error.message))
    child.once('exit', () => {
      pipe.end('gone\n')
      // What it said last may still be in the pipe.
      setImmediate(() => resolve(said))
    })
  })
}

async function untilReady(options: {
  child: ChildProcess
  ended: Promise<string>
  place: Place
}): Promise<void> {
  const file = join(options.place.cluster, 'postmaster.pid')
  let said: string | undefined
  void options.ended.then((text) => {
    said = text
  })
  for (let waitedMs = 0; waitedMs < readyMsMax && said === undefined; waitedMs += readyPollMs) {
    const lines = linesOf(file)
    if (Number(lines[0]) === options.child.pid && lines[7]?.trim() === 'ready') return
    await pause(readyPollMs)
  }
  const last = said?.split('\n').findLast((line) => /FATAL|PANIC|ERROR/.test(line))
  throw new Problem(
    'store-unavailable',
    `The embedded database did not start: ${last?.trim() ?? 'no answer'}`,
    {
      next: 'The operator has to look at the data directory: free space, permissions.',
      cause: new Error(said ?? 'no answer'),
    },
  )
}

/**
 * Ends a server that outlived its vault. Only to be called by who holds the data directory. A pid that now belongs to
 * something else is left alone, and the file that names it is removed: PostgreSQL would take it for a running server.
 */
export async function endStaleServer(cluster: string): Promise<'none' | 'ended'> {
  const file = join(cluster, 'postmaster.pid')
  const [first] = linesOf(file)
  if (first === undefined) return 'none'
  const pid = Number(first)
  if (!Number.isInteger(pid) || pid <= 1 || !isServerOf(pid, cluster)) {
    rmSync(file, { force: true })
    return 'none'
  }
  const gone = () => !isServerOf(pid, cluster)
  await stopProcess((signal) => process.kill(pid, signal), gone)
  return 'ended'
}

/** None where there is no such file: a server that ends, or begins after one that was killed, removes it at any moment. */
function linesOf(file: string): string[] {
  try {
    return readFileSync(file, 'utf8').split('\n')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return []
    throw error
  }
}

/** A postmaster works in its data directory: that, and not the pid, says that it is ours. */
function isServerOf(pid: number, cluster: string): boolean {
  if (process.platform === 'linux') {
    try {
      return readlinkSync(`/proc/${pid}/cwd`) === cluster
    } catch {
      return false
    }
  }
  const found = spawnSync('ps', ['-o', 'command=', '-p', String(pid)], { encoding: 'utf8' })
  return found.stdout.includes(`postgres -D ${cluster} `)
}

async function stopProcess(
  kill: (signal: 'SIGINT' | 'SIGQUIT' | 'SIGKILL') => void,
  gone: () => boolean,
): Promise<void> {
  const steps = [
    ['SIGINT', fastStopMsMax],
    ['SIGQUIT', immediateStopMsMax],
    ['SIGKILL', immediateStopMsMax],
  ] as const
  for (const [signal, waitMsMax] of steps) {
    if (gone()) return
    try {
      kill(signal)
    } catch {
      // It went in between.
    }
    for (let waitedMs = 0; waitedMs < waitMsMax; waitedMs += stopPollMs) {
      if (gone()) return
      await pause(stopPollMs)
    }
  }
}

const pause = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms))
