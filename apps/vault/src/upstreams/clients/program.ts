// What the client of a stdio server needs of the program behind it.
import type { Problem } from '@sallyport/contracts'
import type { OpenConfig } from './live-upstream.ts'

/** A program to start: the part of a configuration that is about it. */
export type ProgramSpec = Pick<
  OpenConfig,
  'serverId' | 'command' | 'args' | 'env' | 'cwd' | 'permission'
> & {
  /** Of one line of its output. */
  readonly lineBytesMax: number
}

/** What a program does, told while it runs. */
export interface ProgramListener {
  /** One line of its standard output, without its end. */
  onLine(line: string): void
  /** A line that was longer than is taken; what was at its beginning and at its end. */
  onLongLine(edges: { readonly head: string; readonly tail: string }): void
  /** Told once, when it and all of its process group are gone, or are being killed. */
  onEnd(end: ProgramEnd): void
}

/** How a program ended. */
export interface ProgramEnd {
  /** Its exit status, or the name of the signal that ended it; undefined where neither is known. */
  readonly status: number | string | undefined
  /** Why the vault ended it, where it did. */
  readonly because: Problem | undefined
}

/** A running program. */
export interface Program {
  readonly pid: number
  /**
   * Writes one line to its standard input.
   * @throws Problem upstream-unreachable where it is gone; overloaded where it leaves too much unread
   */
  write(line: string): void
  /**
   * What it wrote last to its standard error, control characters taken out: 24 KB at most, which is more than is shown, so that a secret
   * is found whole that stands across the beginning of that. Not redacted.
   */
  stderrTail(): string
  /** Ends it and its process group: asked by the end of its input, by SIGTERM, then killed. Two seconds at most. */
  close(because?: Problem): Promise<void>
}

/**
 * Starts a program.
 * @throws Problem of stage `resolve` (upstream-command-refused) or `spawn`
 */
export type StartProgram = (spec: ProgramSpec, listener: ProgramListener) => Promise<Program>
