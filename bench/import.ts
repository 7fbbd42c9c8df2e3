import { writeLargeDocument } from '../test/corpus/openapi/large-document.ts'
import { startVault, type TestVault } from '../test/fixtures/vault.ts'
import { cpuMicrosOf, memoryMbOf } from './processes.ts'
import { type Measured, median, rounded } from './results.ts'

// What it takes to import an OpenAPI document of a thousand operations, as an owner does: through the vault's own API, from the text
// to the whole preview, and from there to the tools that are kept. Beside it a preview of the same document as YAML.

const rounds = 5
/** Six operations each. */
const resources = 170
const goalSeconds = 3
const goalMb = 300

/** Measures imports, each with its preview. */
export async function benchImport(): Promise<Measured> {
  const document = writeLargeDocument({ resources })
  const asYaml = writeYaml(JSON.parse(document))
  const vault = await startVault()
  try {
    const peakMb = () => memoryMbOf(vault.pid()).peak
    const restingMb = peakMb()
    const imports: Awaited<ReturnType<typeof measureImport>>[] = []
    let firstMb = Number.NaN
    for (let round = 0; round < rounds; round += 1) {
      imports.push(await measureImport(vault, document))
      if (round === 0) firstMb = peakMb()
    }
    const of = (read: (one: (typeof imports)[number]) => number) =>
      rounded(median(imports.map(read)))
    const lastMb = peakMb()
    const yaml = await measurePreview(vault, asYaml)
    const what = `an OpenAPI document of ${imports[0]?.operations} operations`
    const seconds = { unit: 's', better: 'less', bound: goalSeconds } as const
    return {
      rounds,
      figures: {
        'document, MB': rounded(document.length / 1e6),
        'CPU of one preview, s': of(({ previewCpu }) => previewCpu),
        'preview of the same as YAML, s': rounded(yaml.seconds),
        'keeping its tools, s': of(({ keeping }) => keeping),
        [`peak memory after ${rounds} imports, MB`]: rounded(lastMb),
        'peak memory before the first, MB': rounded(restingMb),
      },
      notes: [],
      goals: [
        { ...seconds, what: `preview of ${what}`, figure: of(({ preview }) => preview) },
        {
          ...seconds,
          what: `import of ${what}: its preview, and keeping its tools`,
          figure: of(({ preview, keeping }) => preview + keeping),
        },
        {
          what: 'peak memory of the vault with the first import',
          ...({ figure: rounded(firstMb), unit: 'MB', bound: goalMb, better: 'less' } as const),
        },
      ],
    }
  } finally {
    await vault.stop()
  }
}

/** Looks at what becomes of the document, keeps it, and deletes it again. */
async function measureImport(vault: TestVault, document: string) {
  const {
    seconds: preview,
    cpuSeconds: previewCpu,
    operations,
  } = await measurePreview(vault, document)
  const startedMs = performance.now()
  const { toolset } = await vault.owner.call('createToolset', {
    name: 'cloud',
    document,
    credential: { kind: 'bearer', token: 'a-token-that-nobody-has' },
  })
  const keeping = (performance.now() - startedMs) / 1000
  await vault.owner.call('deleteToolset', { toolsetId: toolset.id })
  return { preview, previewCpu, operations, keeping }
}

async function measurePreview(vault: TestVault, document: string) {
  const cpuBefore = cpuMicrosOf([vault.pid()])
  const startedMs = performance.now()
  const { tools } = await vault.owner.call('previewToolset', { document })
  return {
    seconds: (performance.now() - startedMs) / 1000,
    cpuSeconds: (cpuMicrosOf([vault.pid()]) - cpuBefore) / 1e6,
    operations: tools.length,
  }
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
