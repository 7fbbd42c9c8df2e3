// Runs one program in a process group of its own, and sees to it that the whole group ends: with the connection, and with the
// vault, however that ends.
import type { ChildProcess } from 'node:child_process'
import type { Readable } from 'node:stream'
import { Problem } from '@sallyport/contracts'
import type { Program, ProgramEnd, ProgramListener } from '../clients/program.ts'
import { createFairShare } from '../fair-share.ts'
import { killMarked, markName } from './marked-processes.ts'
import { createLineReader } from './read-lines.ts'
import { killGroup, launchWatched, notStarted, type WatchedCommand } from './watched-process.ts'

/** A program that is spoken with in lines. */
export interface ProgramCommand extends WatchedCommand {
  readonly lineBytesMax: number
}

/** How long it has to end by itself, when asked by the end of its input and by SIGTERM. */
const endOfInputMs = 400
const termMs = 500
const killMs = 1_000
/** After it ended, for what it said last to come through. */
const drainMs = 250
const stderrBytesMax = 24 * 1024
/** What it may leave unread. */
const unreadBytesMax = 8 * 1024 * 1024
/** What it writes faster than this to its standard error waits. */
const stderrBurstBytes = 256 * 1024
const stderrPauseMs = 100

/**
 * Starts a program and resolves when it runs.
 * @throws Problem upstream-unreachable, stage `spawn`, where the operating system starts nothing
 */
export async function runProgram(
  command: ProgramCommand,
  listener: ProgramListener,
): Promise<Program> {
  const child = launchWatched(command)
  const { stdin, stdout, stderr } = child
  await started(child)
  const pid = child.pid ?? 0
  const ending = endWith({ child, pid, mark: command.env[markName] ?? '', listener })
  const tail = keepTail(stderr)
  const readLines = createLineReader({
    bytesMax: command.lineBytesMax,
    onLine: (line) => listener.onLine(line),
    onLongLine: (edges) => listener.onLongLine(edges),
  })
  const share = createFairShare()
  let resumes: ReturnType<typeof setTimeout> | undefined
  stdout.on('data', (chunk: Buffer) => {
    if (ending.isClosing()) return
    const pauseMs = share.spend(() => readLines(chunk))
    if (pauseMs === 0) return
    stdout.pause()
    resumes = setTimeout(() => stdout.resume(), pauseMs)
    resumes.unref()
  })
  // What it said last comes through.
  child.once('exit', () => {
    clearTimeout(resumes)
    stdout.resume()
  })
  stdin.on('close', () => void ending.onInputClosed())
  return {
    pid,
    stderrTail: tail,
    close: ending.close,
    write(line) {
      if (ending.isClosing() || !stdin.writable) throw gone()
      if (stdin.writableLength > unreadBytesMax) throw unread()
      stdin.write(`${line}\n`)
    },
  }
}

function started(child: ChildProcess): Promise<void> {
  return new Promise((resolve, reject) => {
    child.once('spawn', resolve)
    child.once('error', (error) => reject(notStarted(error)))
  })
}

/** Everything about the end of a program; `onEnd` is told once. */
function endWith(options: {
  child: ChildProcess
  pid: number
  mark: string
  listener: ProgramListener
}) {
  const { child, pid, mark, listener } = options
  let because: Problem | undefined
  let closing: Promise<void> | undefined
  let isTold = false
  const exited = new Promise<void>((resolve) => {
    child.once('exit', () => {
      // What it started may live on, and the shell that watches does: the group is there until this.
      killGroup(pid, 'SIGKILL')
      killMarked(mark)
      resolve()
    })
  })
  function tell(end: ProgramEnd): void {
    if (isTold) return
    isTold = true
    for (const stream of child.stdio) stream?.destroy()
    listener.onEnd(end)
  }
  void exited.then(async () => {
    await Promise.race([new Promise((resolve) => child.once('close', resolve)), pause(drainMs)])
    tell({ status: child.signalCode ?? child.exitCode ?? undefined, because })
  })

  async function end(): Promise<void> {
    child.stdin?.end()
    if (await within(exited, endOfInputMs)) return
    killGroup(pid, 'SIGTERM')
    if (await within(exited, termMs)) return
    killGroup(pid, 'SIGKILL')
    await within(exited, killMs)
  }
  return {
    isClosing: () => closing !== undefined,
    close(reason?: Problem): Promise<void> {
      because ??= reason
      closing ??= end().then(() => tell({ status: child.signalCode ?? undefined, because }))
      return closing
    },
    /** It runs on and takes nothing any more: nothing can be asked of it. */
    async onInputClosed(): Promise<void> {
      // Ending, it closes everything: only what is still there later lives on without an input.
      await pause(drainMs)
      if (child.exitCode === null && child.signalCode === null) await this.close(gone())
    },
  }
}

/** Keeps what came last, and lets what writes without end wait. */
function keepTail(stderr: Readable): () => string {
  let kept: Buffer = Buffer.alloc(0)
  let burst = 0
  stderr.on('data', (chunk: Buffer) => {
    kept = Buffer.concat([kept, chunk.subarray(-stderrBytesMax)]).subarray(-stderrBytesMax)
    burst += chunk.byteLength
    if (burst < stderrBurstBytes) return
    burst = 0
    stderr.pause()
    setTimeout(() => stderr.resume(), stderrPauseMs).unref()
  })
  // biome-ignore lint/suspicious/noControlCharactersInRegex: controls are what it takes out
  return () => kept.toString('utf8').replace(/[\x00-\x08\x0b-\x1f\x7f\u2028\u2029]/g, '')
}

const gone = () =>
  new Problem('upstream-unreachable', 'The program of the server has closed its input.', {
    next: 'The vault starts it again.',
  })

const unread = () =>
  new Problem('overloaded', 'The program of the server does not read what it is sent.', {
    next: 'Nothing was sent; try again in a moment.',
  })

const pause = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms))

async function within(work: Promise<void>, ms: number): Promise<boolean> {
  let timer: ReturnType<typeof setTimeout> | undefined
  const expired = new Promise<false>((resolve) => {
    timer = setTimeout(() => resolve(false), ms)
  })
  try {
    return await Promise.race([work.then(() => true), expired])
  } finally {
    clearTimeout(timer)
  }
}
