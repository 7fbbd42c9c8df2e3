import { readdirSync, readFileSync } from 'node:fs'

// Reads what processes have cost, from Linux's /proc.

/** The clock tick of /proc/<pid>/stat: 100 a second on every Linux that Node runs on. */
const ticksPerSecond = 100
const microsPerTick = 1_000_000 / ticksPerSecond

interface Stat {
  readonly parent: number
  readonly cpuMicros: number
}

function readStat(pid: number): Stat | undefined {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'latin1')
    // The second field is the name in brackets, in which anything may stand.
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ')
    const cpuMicros = (Number(fields[11]) + Number(fields[12])) * microsPerTick
    return { parent: Number(fields[1]), cpuMicros }
  } catch {
    return undefined // It ended meanwhile.
  }
}

/** All that descend from a process, without itself. */
export function descendantsOf(pid: number): number[] {
  const parents = new Map<number, number>()
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue
    const parent = readStat(Number(name))?.parent
    if (parent !== undefined) parents.set(Number(name), parent)
  }
  const found = new Set([pid])
  for (let before = 0; before < found.size; ) {
    before = found.size
    for (const [child, parent] of parents) if (found.has(parent)) found.add(child)
  }
  found.delete(pid)
  return [...found]
}

/** CPU time of these processes so far, user and system together, in µs. */
export function cpuMicrosOf(pids: readonly number[]): number {
  return pids.reduce((sum, pid) => sum + (readStat(pid)?.cpuMicros ?? 0), 0)
}

/** Resident memory of a process in MB: now, and at its highest. */
export function memoryMbOf(pid: number): { now: number; peak: number } {
  const text = readFileSync(`/proc/${pid}/status`, 'latin1')
  const megabytes = (name: string) =>
    Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(text)?.[1]) / 1024
  return { now: megabytes('VmRSS'), peak: megabytes('VmHWM') }
}

/** Who started a process; undefined where it has ended. */
export const parentOf = (pid: number): number | undefined => readStat(pid)?.parent
