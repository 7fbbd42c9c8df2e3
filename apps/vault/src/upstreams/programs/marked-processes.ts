// Finds the processes of a program by a mark in their environment: also those that left its process group.
import { readdirSync, readFileSync } from 'node:fs'

/** The variable that holds the mark. Children inherit it; one that takes it off is not found. */
export const markName = 'SALLYPORT_PROGRAM'

/** One that is being born while others are looked at is found in the next round. */
const roundsMax = 3

/** Kills whoever carries a mark, where the system shows environments (Linux); elsewhere nobody. */
export function killMarked(mark: string): void {
  if (process.platform !== 'linux' || mark === '') return
  for (let round = 0; round < roundsMax; round += 1) {
    const found = processIds().filter((pid) => carries(pid, mark))
    if (found.length === 0) return
    for (const pid of found) kill(pid)
  }
}

function processIds(): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
}

function carries(pid: number, mark: string): boolean {
  try {
    const environment = readFileSync(`/proc/${pid}/environ`, 'latin1')
    return `\0${environment}`.includes(`\0${markName}=${mark}\0`)
  } catch {
    // Gone, or somebody else's.
    return false
  }
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL')
  } catch {
    // It went in between.
  }
}
