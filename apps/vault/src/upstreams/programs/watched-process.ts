// Starts a process of another program in a group of its own, which ends with the vault, however that ends.
import { spawn } from 'node:child_process'
import type { Duplex } from 'node:stream'
import { Problem } from '@sallyport/contracts'
import { markName } from './marked-processes.ts'
import type { ProgramUser } from './program-user.ts'

/** A program, decided: nothing in here is looked at again. */
export interface WatchedCommand {
  readonly path: string
  readonly args: readonly string[]
  /** With the mark by which what it starts is found. */
  readonly env: Readonly<Record<string, string>>
  readonly cwd: string
  readonly user: ProgramUser | undefined
}

/**
 * The shell waits on a pipe whose other end the vault holds. When the vault is gone, however it went, the read ends: whoever
 * carries the program's mark is killed, also where it left for a session of its own, and then the whole process group. It
 * listens to no other signal, so that it is still there where the program ignores them. The program itself takes the shell's
 * place: its name and its arguments are words that the shell does not read.
 */
const watched = `( trap "" TERM INT HUP QUIT
read -r gone <&3
read -r self rest </proc/self/stat
for found in $(/bin/grep -ls "${markName}=$${markName}" /proc/[0-9]*/environ); do
  found=\${found#/proc/}
  [ "\${found%/environ}" = "$self" ] || kill -KILL "\${found%/environ}"
done
kill -KILL -$$ ) </dev/null >/dev/null 2>&1 &
exec "$@" 3<&-`

/** Starts it. @throws Problem upstream-unreachable, stage `spawn`, where the operating system starts nothing */
export function launchWatched(command: WatchedCommand) {
  try {
    const child = spawn('/bin/sh', ['-c', watched, 'sh', command.path, ...command.args], {
      ...command.user,
      cwd: command.cwd,
      env: { ...command.env },
      detached: true,
      stdio: ['pipe', 'pipe', 'pipe', 'pipe'],
    })
    // A pipe that breaks is a program that ends; that is told by `exit`. Without descriptors there are no pipes at all.
    const pipe = child.stdio?.[3] as Duplex | undefined
    for (const stream of [child.stdin, child.stdout, child.stderr, pipe]) {
      stream?.on('error', () => {})
    }
    return child
  } catch (error) {
    throw notStarted(error)
  }
}

/** Why nothing was started. */
export function notStarted(error: unknown): Problem {
  return new Problem('upstream-unreachable', 'The program of the server could not be started.', {
    next: 'The operator looks whether the machine has processes, descriptors and memory left, and a /bin/sh.',
    cause: error instanceof Error && 'code' in error ? String(error.code) : 'UNKNOWN',
    extra: { stage: 'spawn' },
  })
}

/** Sends a signal to all of a process group. */
export function killGroup(pid: number, signal: 'SIGTERM' | 'SIGKILL'): void {
  try {
    process.kill(-pid, signal)
  } catch {
    // Nobody of it is left.
  }
}
