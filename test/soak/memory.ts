import { residentMb } from '../fixtures/scene.ts'
import type { House } from './house.ts'

const sampleMs = 5_000
/** A replica that serves takes 130 to 250 MB, whatever came before; what leaks goes on. */
const residentMbMax = 450

interface Sample {
  readonly name: string
  readonly pid: number
  readonly mb: number
  readonly atS: number
}

/** Looks at how much memory each replica holds, until stopped. */
export function watchMemory({ members }: House): {
  stop(): { figures: Record<string, string>; breaches: string[] }
} {
  const samples: Sample[] = []
  const startedMs = performance.now()
  const look = () => {
    const atS = Math.round((performance.now() - startedMs) / 1000)
    for (const { name, pid } of members) {
      const mb = readMb(pid())
      if (mb > 0) samples.push({ name, pid: pid(), mb: Math.round(mb), atS })
    }
  }
  const timer = setInterval(look, sampleMs)
  return {
    stop() {
      clearInterval(timer)
      look()
      return {
        figures: Object.fromEntries(
          members.map(({ name }) => [`memory of ${name}`, tell(samples, name)]),
        ),
        breaches: samples.flatMap(({ name, mb, atS }) =>
          mb > residentMbMax ? [`${name} held ${mb} MB after ${atS} s`] : [],
        ),
      }
    },
  }
}

/** 0 for a process that is gone. */
function readMb(pid: number): number {
  try {
    return pid === 0 ? 0 : residentMb(pid)
  } catch {
    return 0
  }
}

/** The processes of a replica that lived longest, at their beginning, in their middle and at their end. */
function tell(samples: readonly Sample[], name: string): string {
  const lives = new Map<number, Sample[]>()
  for (const sample of samples) {
    if (sample.name === name) lives.set(sample.pid, [...(lives.get(sample.pid) ?? []), sample])
  }
  const longest = [...lives.values()].sort((a, b) => b.length - a.length)[0] ?? []
  const at = (share: number) => longest[Math.floor((longest.length - 1) * share)]?.mb ?? 0
  const most = Math.max(0, ...samples.filter((sample) => sample.name === name).map(({ mb }) => mb))
  const lastedS = (longest.at(-1)?.atS ?? 0) - (longest[0]?.atS ?? 0)
  return `${at(0)}, ${at(0.5)}, ${at(1)} MB over the ${lastedS} s of its longest life; at most ${most} MB in any of ${lives.size}`
}
