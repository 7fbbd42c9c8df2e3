import { chmodSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { spawnVault } from '../test/fixtures/vault.ts'
import { endProcess } from './child.ts'
import { type Measured, median, rounded } from './results.ts'

// How long the vault with its embedded database takes from its start to its ready line: cold, with an empty data directory,
// and warm, with the one that the cold start made.

const rounds = 5

/** Measures cold and warm starts. */
export async function benchStart(): Promise<Measured> {
  // Where it is run by root, the database's binaries are copied to a readable place once: that is setting up, not starting.
  await measureStarts()
  const cold: number[] = []
  const warm: number[] = []
  for (let round = 0; round < rounds; round += 1) {
    const { coldSeconds, warmSeconds } = await measureStarts()
    cold.push(coldSeconds)
    warm.push(warmSeconds)
  }
  const goal = { unit: 's', better: 'less' } as const
  const what = 'vault with embedded database, start to ready'
  return {
    rounds,
    figures: {},
    notes: [],
    goals: [
      { ...goal, what: `${what}, warm`, figure: rounded(median(warm)), bound: 1 },
      { ...goal, what: `${what}, cold`, figure: rounded(median(cold)), bound: 3 },
    ],
  }
}

async function measureStarts(): Promise<{ coldSeconds: number; warmSeconds: number }> {
  const dataDir = mkdtempSync(join(tmpdir(), 'bench-start-'))
  // The database may have to run as another user, who looks into the folder.
  chmodSync(dataDir, 0o755)
  try {
    return {
      coldSeconds: await measureStart(dataDir),
      warmSeconds: await measureStart(dataDir),
    }
  } finally {
    rmSync(dataDir, { recursive: true, force: true })
  }
}

async function measureStart(dataDir: string): Promise<number> {
  const startedMs = performance.now()
  const { child, ready } = spawnVault(dataDir)
  try {
    await ready
    return (performance.now() - startedMs) / 1000
  } finally {
    await endProcess(child)
  }
}
