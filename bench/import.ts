import { writeLargeDocument } from '../test/corpus/openapi/large-document.ts'
import { startVault, type TestVault } from '../test/fixtures/vault.ts'
import { cpuMicrosOf, memoryMbOf } from './processes.ts'
import { type Measured, median, rounded } from './results.ts'

// What it takes to look at an OpenAPI document of a thousand operations, as an owner does: through the vault's own API, from the
// text to the whole preview. Beside it the same document as YAML, and keeping its tools.

const rounds = 5
/** Six operations each. */
const resources = 170
const goalSeconds = 3
const goalMb = 300

/** Measures previews and an import. */
export async function benchImport(): Promise<Measured> {
  const document = writeLargeDocument({ resources })
  const asYaml = writeYaml(JSON.parse(document))
  const vault = await startVault()
  try {
    const restingMb = memoryMbOf(vault.pid()).peak
    const json: number[] = []
    let operations = 0
    let firstMb = Number.NaN
    const cpuBefore = cpuMicrosOf([vault.pid()])
    for (let round = 0; round < rounds; round += 1) {
      const startedMs = performance.now()
      const { tools } = await vault.owner.call('previewToolset', { document })
      json.push((performance.now() - startedMs) / 1000)
      operations = tools.length
      if (round === 0) firstMb = memoryMbOf(vault.pid()).peak
    }
    const cpuSeconds = (cpuMicrosOf([vault.pid()]) - cpuBefore) / 1e6 / rounds
    const peakMb = memoryMbOf(vault.pid()).peak
    const keptSeconds = await measureKeeping(vault, document)
    const yaml = await measurePreview(vault, asYaml)
    const what = `preview of an OpenAPI document of ${operations} operations`
    const seconds = { unit: 's', better: 'less' } as const
    return {
      rounds,
      figures: {
        'document, MB': rounded(document.length / 1e6),
        'CPU of one preview, s': rounded(cpuSeconds),
        'the same as YAML, s': rounded(yaml),
        'keeping its tools, s': rounded(keptSeconds),
        [`peak memory after ${rounds} previews, MB`]: rounded(peakMb),
        'peak memory before the first preview, MB': rounded(restingMb),
      },
      notes: [],
      goals: [
        { ...seconds, what, figure: rounded(median(json)), bound: goalSeconds },
        {
          what: 'peak memory of the vault with the first of them',
          figure: rounded(firstMb),
          unit: 'MB',
          bound: goalMb,
          better: 'less',
        },
      ],
    }
  } finally {
    await vault.stop()
  }
}

async function measurePreview(vault: TestVault, document: string): Promise<number> {
  const startedMs = performance.now()
  await vault.owner.call('previewToolset', { document })
  return (performance.now() - startedMs) / 1000
}

async function measureKeeping(vault: TestVault, document: string): Promise<number> {
  const startedMs = performance.now()
  await vault.owner.call('createToolset', {
    name: 'cloud',
    document,
    credential: { kind: 'bearer', token: 'a-token-that-nobody-has' },
  })
  return (performance.now() - startedMs) / 1000
}

/** Block YAML: what people keep such documents in. */
function writeYaml(value: unknown, indent = ''): string {
  if (typeof value !== 'object' || value === null) return ` ${JSON.stringify(value)}\n`
  const inner = `${indent}  `
  const lines = Array.isArray(value)
    ? value.map((item) => `${indent}-${writeYaml(item, inner)}`)
    : Object.entries(value).map(
        ([name, member]) => `${indent}${JSON.stringify(name)}:${writeYaml(member, inner)}`,
      )
  if (lines.length === 0) return Array.isArray(value) ? ' []\n' : ' {}\n'
  return `\n${lines.join('')}`
}
