import { mkdirSync, rmdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

// A share of one core for a process, by Linux's CPU controller (cgroup, version 1): where there are fewer cores than processes, each of
// several replicas can still be given as much as one replica alone.

const controller = '/sys/fs/cgroup/cpu'
/** Short, so that a process which has used up its share waits for a moment and not for long. */
const periodMicros = 10_000

export interface CpuQuota {
  /** Lets the process go on without a bound. */
  release(): void
}

/** Bounds a process with all its threads; undefined where the controller is not there, or may not be used by us. */
export function limitCpu(pid: number, share: number): CpuQuota | undefined {
  const folder = join(controller, `sallyport-bench-${pid}`)
  try {
    mkdirSync(folder)
    writeFileSync(join(folder, 'cpu.cfs_period_us'), String(periodMicros))
    writeFileSync(join(folder, 'cpu.cfs_quota_us'), String(Math.round(periodMicros * share)))
    writeFileSync(join(folder, 'cgroup.procs'), String(pid))
  } catch {
    return undefined
  }
  return {
    release() {
      writeFileSync(join(controller, 'cgroup.procs'), String(pid))
      rmdirSync(folder)
    },
  }
}
