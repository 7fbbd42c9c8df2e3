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
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { plants, targets } from './planted-violations.ts'

const root = fileURLToPath(new URL('..', import.meta.url))
const checkMsMax = 300_000
const notCopied = new Set([
  ...['node_modules', 'dist', '.types', '.git', '.sallyport'],
  ...['out', 'test-results'],
])

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
 * A copy of the sources in which the members of the workspace find each other, and third parties where they are. Without its tests,
 * half of what there is to check: the plants bring their own, and the tests themselves are checked where they stand.
 */
function copyWorkspace(to: string): void {
  cpSync(root, to, {
    recursive: true,
    filter: (path) => {
      const name = path.slice(root.length).split('/').at(-1) ?? ''
      return !notCopied.has(name) && !/\.test(-d)?\.ts$/.test(name)
    },
  })
  const members = ['packages', 'apps'].flatMap((folder) =>
    readdirSync(join(root, folder)).map((name) => `${folder}/${name}`),
  )
  for (const member of ['.', ...members]) linkModules(member, to)
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
  let lines: readonly string[] = []

  beforeAll(async () => {
    copyWorkspace(workspace)
    plantAll(workspace)
    planted = await check(workspace)
    lines = planted.output.split('\n')
  }, checkMsMax)
  afterAll(() => rmSync(workspace, { recursive: true, force: true }))

  it('fails, and says so, when there is something to find', () => {
    expect(planted.code).toBe(1)
    expect(lines.filter((line) => line !== '').at(-1)).toBe('0 passed, 6 failed')
  })

  it.each(plants)('catches $what', ({ caught }) => {
    expect(lines.some((line) => caught.test(line))).toBe(true)
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
