// Finds the processes of a program by a mark in their environment: also those that left its process group.
import { readdirSync, readFileSync, statSync } from 'node:fs'
import type { ProgramUser } from './program-user.ts'

/** The variable that holds the mark. Children inherit it; one that takes it off is not found. */
export const markName = 'SALLYPORT_PROGRAM'

/** One that is being born while others are looked at is found in the next round. */
const roundsMax = 3

/** Kills whoever carries a mark, where the system shows environments (Linux); elsewhere nobody. */
export function killMarked(mark: string): void {
  if (mark !== '') killAll((pid) => carries(pid, mark))
}

/**
 * Kills all that runs as the user of a server’s programs, also what took the mark off and left for a session of its own. Another vault on
 * this machine may have given the same number to a server of its own: what carries the mark of that one is left alone.
 */
export const killAllOf = (server: string, { uid }: ProgramUser): void =>
  killAll((pid) => ownerOf(pid) === uid && [undefined, server].includes(markedServer(pid)))

/** Marks begin with whose they are, and a dot. */
const markedServer = (pid: number): string | undefined =>
  new RegExp(`\\0${markName}=([^.\\0]*)`).exec(environmentOf(pid))?.[1]

function killAll(isMeant: (pid: number) => boolean): void {
  if (process.platform !== 'linux') return
  for (let round = 0; round < roundsMax; round += 1) {
    const found = processIds().filter(isMeant)
    if (found.length === 0) return
    for (const pid of found) kill(pid)
  }
}

function ownerOf(pid: number): number | undefined {
  try {
    return statSync(`/proc/${pid}`).uid
  } catch {
    return undefined
  }
}

function processIds(): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
}

const carries = (pid: number, mark: string): boolean =>
  environmentOf(pid).includes(`\0${markName}=${mark}\0`)

/** Each variable between two NULs; nothing of what is gone, or somebody else's. */
function environmentOf(pid: number): string {
  try {
    return `\0${readFileSync(`/proc/${pid}/environ`, 'latin1')}`
  } catch {
    return ''
  }
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL')
  } catch {
    // It went in between.
  }
}
