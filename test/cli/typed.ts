import { spawn, spawnSync } from 'node:child_process'
import { stripVTControlCharacters } from 'node:util'

/** Whether a terminal can be had here: util-linux’s `script` gives one. */
export const hasTerminal = spawnSync('script', ['--version']).status === 0

/** A person waits this long before typing, so that the prompt listens. */
const typingMs = 120
const timeoutMs = 40_000

interface Typed {
  readonly environment: Record<string, string>
  readonly cwd: string
  /** What is typed when what stands before it has appeared, in this order. */
  readonly answers: readonly (readonly [prompt: string, keys: string])[]
}

/** Runs a command at a terminal and types. Answers the exit code and all that the terminal showed. */
export function runAtTerminal(command: readonly string[], { environment, cwd, answers }: Typed) {
  const quoted = command.map((word) => `'${word}'`).join(' ')
  const child = spawn('script', ['-qfec', quoted, '/dev/null'], {
    cwd,
    env: { PATH: process.env.PATH, SHELL: '/bin/sh', TERM: 'xterm', ...environment },
    stdio: ['pipe', 'pipe', 'ignore'],
  })
  const left = [...answers]
  let raw = ''
  let seenTo = 0
  const type = () => {
    const [next] = left
    if (next === undefined) return
    const [prompt, keys] = next
    const at = raw.indexOf(prompt, seenTo)
    if (at < 0) return
    seenTo = at + prompt.length
    left.shift()
    setTimeout(() => {
      child.stdin.write(keys)
      type()
    }, typingMs)
  }
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    raw += text
    type()
  })
  child.stdin.on('error', () => {})
  return new Promise<{ code: number | null; shown: string; untyped: number }>((resolve) => {
    const timer = setTimeout(() => child.kill('SIGKILL'), timeoutMs)
    child.on('close', (code) => {
      clearTimeout(timer)
      resolve({ code, shown: stripVTControlCharacters(raw), untyped: left.length })
    })
  })
}
