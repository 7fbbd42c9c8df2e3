import { spawn } from 'node:child_process'
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, parse } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { plantsOf, targets } from './planted-violations.ts'

const root = fileURLToPath(new URL('..', import.meta.url))
const checkMsMax = 300_000
const notCopied = new Set([
  ...['node_modules', 'dist', '.types', '.git', '.sallyport'],
  ...['out', 'test-results'],
])
/**
 * Of what these folders hold, only this is copied: what documents and migrations are made from, and what plants import or change.
 * The rest is most of what there is to check, and every plant is caught without it.
 */
const copiedOf: Readonly<Record<string, RegExp>> = {
  'apps/vault/src': /^(audit|credentials|execute|policies|policy|store|config.*|offline-.*)$/,
  'apps/vault/src/store': /^(.*tables|columns)\.ts$/,
  'apps/dashboard/src': /^(main\.tsx|pages|service-worker)$/,
  'apps/dashboard/src/pages': /^not-found$/,
  bench: /^(results.*|benchmarks-page\.ts|tsconfig\.json)$/,
  test: /^(verifies\.ts|tsconfig\.json)$/,
}
const plants = Object.entries(plantsOf).flatMap(([part, those]) =>
  those.map((plant) => ({ ...plant, part })),
)

interface RoomRules {
  readonly default: { readonly forbidden: readonly { readonly name: string }[] }
  readonly folderRules: readonly { readonly name: string }[]
}

interface Checked {
  readonly code: number | null
  readonly output: string
}

async function check(workspace: string): Promise<Checked> {
  const child = spawn(process.execPath, [join(workspace, 'scripts/check.mjs')], { cwd: workspace })
  let output = ''
  const take = (chunk: string) => {
    output += chunk
  }
  child.stdout.setEncoding('utf8').on('data', take)
  child.stderr.setEncoding('utf8').on('data', take)
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (code) => resolve({ code, output }))
  })
}

/**
 * A copy of the sources in which the members of the workspace find each other, and third parties where they are. Without its tests
 * and most of its rooms: the plants bring their own, and the others are checked where they stand.
 */
function copyWorkspace(to: string): void {
  cpSync(root, to, { recursive: true, filter: isCopied })
  const members = ['packages', 'apps'].flatMap((folder) =>
    readdirSync(join(root, folder)).map((name) => `${folder}/${name}`),
  )
  for (const member of ['.', ...members]) linkModules(member, to)
}

function isCopied(path: string): boolean {
  const { dir, base } = parse(path.slice(root.length))
  if (notCopied.has(base) || /\.test(-d)?\.ts$|\.tsbuildinfo$/.test(base)) return false
  return copiedOf[dir]?.test(base) ?? true
}

function linkModules(member: string, to: string): void {
  const from = join(root, member, 'node_modules')
  if (!existsSync(from)) return
  const modules = join(to, member, 'node_modules')
  mkdirSync(modules, { recursive: true })
  for (const name of readdirSync(from)) {
    if (name === '.cache') continue
    if (!/^@?sallyport/.test(name)) symlinkSync(join(from, name), join(modules, name))
    else cpSync(join(from, name), join(modules, name), { recursive: true, verbatimSymlinks: true })
  }
}

/** What a part of the check had to say, line by line: it stands indented below the part’s own line. */
function saidBy(part: string, output: string): readonly string[] {
  const sections = output.split(/^(?=(?:ok {4}|failed) {2}\w)/m)
  const section = sections.find((text) => text.split(/\s+/, 2)[1] === part) ?? ''
  return section.split('\n').filter((line) => line.startsWith('  '))
}

function plantAll(workspace: string): void {
  const files = Object.assign({}, targets, ...plants.map((plant) => plant.files ?? {}))
  for (const [path, text] of Object.entries<string>(files)) {
    mkdirSync(dirname(join(workspace, path)), { recursive: true })
    writeFileSync(join(workspace, path), text)
  }
  for (const { edits = {} } of plants) {
    for (const [path, edit] of Object.entries(edits)) {
      const before = readFileSync(join(workspace, path), 'utf8')
      const after = edit(before)
      if (after === before) throw new Error(`The plant in ${path} changes nothing`)
      writeFileSync(join(workspace, path), after)
    }
  }
}

describe('check', () => {
  const workspace = mkdtempSync(join(tmpdir(), 'sallyport-planted-'))
  let planted: Checked = { code: null, output: '' }

  beforeAll(async () => {
    copyWorkspace(workspace)
    plantAll(workspace)
    planted = await check(workspace)
  }, checkMsMax)
  afterAll(() => rmSync(workspace, { recursive: true, force: true }))

  it('fails, and says so, when there is something to find', () => {
    expect(planted.code).toBe(1)
    expect(planted.output.trimEnd().split('\n').at(-1)).toBe('0 passed, 6 failed')
  })

  // Each by its own line in its own part: what the copy lacks is found fault with too.
  it.each(plants)('catches $what', ({ caught, part }) => {
    expect(saidBy(part, planted.output).some((line) => caught.test(line))).toBe(true)
  })

  it('has all that documents are made from', () => {
    const said = saidBy('generated', planted.output).filter((line) => line.trim() !== '')
    const expected = plants.filter(({ part }) => part === 'generated')
    expect(said.filter((line) => !expected.some(({ caught }) => caught.test(line)))).toEqual([])
  })

  it('plants a breach of every rule about rooms', async () => {
    const url = new URL('../dependency-cruiser.config.mjs', import.meta.url).href
    const config = (await import(url)) as RoomRules
    const rules = [...config.default.forbidden, ...config.folderRules].map(({ name }) => name)
    const tried = plants.map(({ what }) => what.split(':')[0] ?? '')
    expect(rules.filter((name) => !tried.includes(name))).toEqual([])
  })

  // In CI the check is a step of its own, right after the tests.
  it.skipIf(process.env.CI === 'true')(
    'finds nothing in the repository as it is',
    async () => {
      const { code, output } = await check(root)
      expect(output).toMatch(/^6 passed, 0 failed$/m)
      expect(code).toBe(0)
    },
    checkMsMax,
  )
})
