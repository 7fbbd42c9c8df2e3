import { type ChildProcess, type SpawnOptions, spawn } from 'node:child_process'
import { createInterface } from 'node:readline'

const firstLineMsMax = 15_000
const endMsMax = 10_000

/** Starts a process and resolves with the first line that it prints. */
export async function startForLine(
  command: string,
  args: readonly string[],
  options: SpawnOptions = {},
): Promise<{ child: ChildProcess; line: string }> {
  const child = spawn(command, args, { stdio: ['pipe', 'pipe', 'inherit'], ...options })
  const line = await new Promise<string>((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`${command} said nothing`)), firstLineMsMax)
    child.once('error', reject)
    child.once('exit', (code) => reject(new Error(`${command} ended with ${code}`)))
    if (child.stdout === null) throw new Error('a pipe is needed')
    createInterface({ input: child.stdout }).once('line', (text) => {
      clearTimeout(timer)
      resolve(text)
    })
  })
  return { child, line }
}

/** Asks a process to end, and ends it where it does not. */
export async function endProcess(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const ended = new Promise((resolve) => child.once('exit', resolve))
  child.kill('SIGTERM')
  const timer = setTimeout(() => child.kill('SIGKILL'), endMsMax)
  await ended
  clearTimeout(timer)
}
