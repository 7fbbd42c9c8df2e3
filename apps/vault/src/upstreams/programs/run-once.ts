// Runs one of the operator’s installers to its end: without a shell, with an environment of its own, for a bounded time, and as a
// user who can change nothing but the place that it installs into.
import { randomUUID } from 'node:crypto'
import type { Readable } from 'node:stream'
import { handOver, takeBack } from './hand-over.ts'
import { killMarked, markName } from './marked-processes.ts'
import type { FindProgramUser } from './program-user.ts'
import { killGroup, launchWatched } from './watched-process.ts'

/** What is run. */
export interface OnceSpec {
  /** Absolute. */
  readonly path: string
  readonly args: readonly string[]
  /** Where it works: the one place that it may write to. Where the vault is root, nobody can write to it afterwards. */
  readonly cwd: string
  readonly env: Readonly<Record<string, string>>
  readonly timeoutMs: number
}

/** How it ended. */
export interface OnceResult {
  /** Null where it was killed, or did not start. */
  readonly code: number | null
  /** The beginning of what it wrote. */
  readonly stdout: string
  /** The end of what it wrote to standard error. */
  readonly stderr: string
}

export type RunOnce = (spec: OnceSpec) => Promise<OnceResult>

const outputBytesMax = 1024 * 1024
const errorBytesMax = 16 * 1024

/**
 * Builds what runs an installer in a process group of its own, which ends with it, with its time, and with the vault. It rejects
 * where its place cannot be handed over, or not be taken back.
 */
export function createRunOnce(findUser: FindProgramUser): RunOnce {
  return async (spec) => {
    const user = findUser(`install ${spec.cwd}`)
    if (user === undefined) return run(spec, undefined)
    await handOver(spec.cwd, user)
    try {
      return await run(spec, user)
    } finally {
      await takeBack(spec.cwd)
    }
  }
}

function run(
  { path, args, cwd, env, timeoutMs }: OnceSpec,
  user: ReturnType<FindProgramUser>,
): Promise<OnceResult> {
  const mark = `install.${randomUUID()}`
  const child = launchWatched({ path, args, cwd, user, env: { ...env, [markName]: mark } })
  const said = { stdout: '', stderr: '' }
  const kill = () => {
    if (child.pid !== undefined) killGroup(child.pid, 'SIGKILL')
    killMarked(mark)
  }
  const timer = setTimeout(kill, timeoutMs)
  child.stdin.end()
  read(child.stdout, (text) => {
    if (said.stdout.length < outputBytesMax) said.stdout += text
  })
  read(child.stderr, (text) => {
    said.stderr = (said.stderr + text).slice(-errorBytesMax)
  })
  return new Promise((resolve) => {
    child.on('error', ({ message }) => {
      clearTimeout(timer)
      resolve({ code: null, ...said, stderr: `${said.stderr}${message}` })
    })
    // What it started ends with it, and so does the shell that watches.
    child.on('exit', kill)
    child.on('close', (code) => {
      clearTimeout(timer)
      resolve({ code, ...said })
    })
  })
}

const read = (stream: Readable, take: (text: string) => void) =>
  stream.setEncoding('utf8').on('data', take)
