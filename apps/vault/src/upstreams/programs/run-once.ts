// Runs one of the operator’s installers to its end: without a shell, with an environment of its own, and for a bounded time.
import { spawn } from 'node:child_process'

/** What is run. */
export interface OnceSpec {
  /** Absolute. */
  readonly path: string
  readonly args: readonly string[]
  readonly cwd: string
  readonly env: Readonly<Record<string, string>>
  readonly timeoutMs: number
  readonly signal?: AbortSignal | undefined
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

/** Runs a program in a process group of its own, which ends with it. Never rejects. */
export const runOnce: RunOnce = ({ path, args, cwd, env, timeoutMs, signal }) =>
  new Promise((resolve) => {
    const child = spawn(path, [...args], {
      ...{ cwd, env, shell: false, detached: true },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    let [stdout, stderr] = ['', '']
    const kill = () => {
      try {
        if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL')
      } catch {
        // It has ended already.
      }
    }
    const timer = setTimeout(kill, timeoutMs)
    signal?.addEventListener('abort', kill, { once: true })
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      if (stdout.length < outputBytesMax) stdout += text
    })
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      stderr = (stderr + text).slice(-errorBytesMax)
    })
    const end = (code: number | null) => {
      clearTimeout(timer)
      signal?.removeEventListener('abort', kill)
      // What it started ends with it.
      kill()
      resolve({ code, stdout, stderr })
    }
    child.on('error', (error) => {
      stderr = `${stderr}${error.message}`
      end(null)
    })
    child.on('close', (code) => end(code))
  })
