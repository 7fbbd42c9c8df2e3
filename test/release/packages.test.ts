import { execFile } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync, utimesSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { promisify } from 'node:util'
import { publint } from 'publint'
import { formatMessage } from 'publint/utils'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { installFromNpm, installingTestMsMax } from '../fixtures/npm-program.ts'
import {
  filesOf,
  hashOf,
  type PackedRelease,
  packAgain,
  packRelease,
  pathsUnder,
  readJson,
  unpack,
} from '../fixtures/packed-release.ts'
import { runProgram } from '../fixtures/run-program.ts'

// What `npm run pack` makes, looked at as a stranger would who downloads it.

const run = promisify(execFile)
const root = fileURLToPath(new URL('../..', import.meta.url))
/** Most of it is waiting for a processor that others use as well. */
const slowMsMax = 180_000
const packMsMax = 300_000
const names = ['sallyport', 'sallyport-mcp', 'sallyport-sdk', 'sallyport-contracts'] as const
const libraries = ['sallyport-sdk', 'sallyport-contracts'] as const

interface Manifest {
  readonly name: string
  readonly dependencies?: Readonly<Record<string, string>>
  readonly optionalDependencies?: Readonly<Record<string, string>>
  readonly engines?: { readonly node: string }
  readonly license?: string
  readonly exports?: unknown
}

let release: PackedRelease
let scratch: string
const folders = new Map<string, string>()
beforeAll(async () => {
  scratch = mkdtempSync(join(tmpdir(), 'unpacked-'))
  release = await packRelease()
  for (const name of names) {
    const into = mkdtempSync(join(scratch, `${name}-`))
    folders.set(name, await unpack(release.archive(name), into))
  }
}, packMsMax)
afterAll(() => {
  rmSync(scratch, { recursive: true, force: true })
})
const folderOf = (name: string) => folders.get(name) ?? ''
const manifestOf = (name: string) => readJson(join(folderOf(name), 'package.json')) as Manifest
const pathsOf = async (name: string) =>
  (await filesOf(release.archive(name))).map(({ path }) => path)

describe('the packages', () => {
  it('hold what is run or imported, a licence and a page about them, and nothing else', async () => {
    const rest = ['LICENSE', 'README.md', 'package.json']
    const allowed: Record<(typeof names)[number], RegExp> = {
      sallyport:
        /^bin\/(sallyport|keep-compiled)\.js$|^dist\/([\w-]+\.js(\.LEGAL\.txt)?|THIRD-PARTY-LICENSES\.txt|verify-audit\.mjs|dashboard\/.+|drizzle\/(\d{4}_\w+\.sql|meta\/_journal\.json))$/,
      'sallyport-mcp': /^dist\/(sallyport-mcp\.js|THIRD-PARTY-LICENSES\.txt)$/,
      'sallyport-sdk': /^dist\/[\w-]+(\.d\.ts|\.js)$/,
      'sallyport-contracts': /^dist\/[\w-]+(\.d\.ts|\.js)$|^openapi\.json$/,
    }
    for (const name of names) {
      const paths = await pathsOf(name)
      expect(paths).toEqual(expect.arrayContaining(rest))
      const others = paths.filter((path) => !rest.includes(path) && !allowed[name].test(path))
      expect(others, name).toEqual([])
      expect(paths.filter((path) => /\.test\b|(?<!\.d)\.tsx?$|\.map$|(^|\/)\./.test(path))).toEqual(
        [],
      )
    }
  })

  it('hold no path of the machine that built them', () => {
    for (const name of names) {
      for (const path of pathsUnder(folderOf(name))) {
        expect(readFileSync(path).includes(root), path).toBe(false)
      }
    }
  })

  it('install nothing but what they say, at exact versions, and run no scripts', () => {
    const needed = {
      sallyport: ['@node-rs/argon2', '@photostructure/sqlite', 'libpg-query'],
      'sallyport-mcp': [],
      'sallyport-sdk': ['@sallyport/contracts'],
      'sallyport-contracts': ['zod'],
    }
    for (const name of names) {
      const { dependencies = {}, optionalDependencies = {}, ...rest } = manifestOf(name)
      expect(Object.keys(rest).filter((key) => /scripts|devDependencies/.test(key))).toEqual([])
      expect(Object.keys(dependencies).sort()).toEqual(needed[name])
      for (const version of Object.values({ ...dependencies, ...optionalDependencies })) {
        expect(version).toMatch(/^\d+\.\d+\.\d+(-[\w.]+)?$/)
      }
    }
  })

  it('say which Node they need, and carry the licence that they name', () => {
    for (const name of names) {
      expect(manifestOf(name)).toMatchObject({
        license: 'Apache-2.0',
        engines: { node: expect.stringMatching(/^>=20/) },
      })
      expect(readFileSync(join(folderOf(name), 'LICENSE'), 'utf8')).toContain('Apache License')
    }
  })

  it('lead to built files and never to sources of the workspace', () => {
    for (const name of names) {
      const leads = JSON.stringify(manifestOf(name).exports)
      for (const [, path = ''] of leads.matchAll(/":"(\.[^"]+)"/g)) {
        expect(path).not.toContain('/src/')
        expect(existsSync(join(folderOf(name), path)), `${name} ${path}`).toBe(true)
      }
    }
  })

  it('come with the licence of everything that is bundled into them', () => {
    for (const name of ['sallyport', 'sallyport-mcp']) {
      const texts = readFileSync(join(folderOf(name), 'dist/THIRD-PARTY-LICENSES.txt'), 'utf8')
      const bundled = billOf(name).components.filter(isBundled)
      expect(bundled.length).toBeGreaterThan(2)
      for (const { group, name: short, version } of bundled) {
        expect(texts).toContain(`${group === undefined ? '' : `${group}/`}${short} ${version} (`)
      }
    }
  })

  it('have nothing that publint would say anything about', async () => {
    for (const name of names) {
      const { buffer, byteOffset, byteLength } = readFileSync(release.archive(name))
      const tarball = buffer.slice(byteOffset, byteOffset + byteLength) as ArrayBuffer
      const { messages } = await publint({ pack: { tarball }, level: 'suggestion', strict: true })
      const said = messages.map((message) => formatMessage(message, manifestOf(name)))
      expect(said, name).toEqual([])
    }
  })

  it('have types that resolve in every way that an ESM package is imported', {
    timeout: slowMsMax,
  }, async () => {
    const attw = join(root, 'node_modules/@arethetypeswrong/cli/dist/index.js')
    for (const name of libraries) {
      // CommonJS and the resolution of Node 10 are not offered: Node 20.19 and newer can `require` what is ESM.
      const args = [
        attw,
        '--profile',
        'esm-only',
        '--format',
        'ascii',
        '--no-summary',
        '--no-emoji',
      ]
      const { code, stdout } = await runProgram(process.execPath, [...args, release.archive(name)])
      expect(code, stdout).toBe(0)
      expect(stdout).toMatch(/node16 \(from ESM\): OK \(ESM\)\s+bundler: OK/)
    }
  })
})

describe('packing', () => {
  it('makes the same bytes of the same sources, whenever it is done', {
    timeout: slowMsMax,
  }, async () => {
    const dist = join(root, 'packages/mcp/dist/sallyport-mcp.js')
    utimesSync(dist, new Date(0), new Date(0))
    const again = await packAgain()
    expect(again.sums).toBe(release.sums)
    again.remove()
  })

  it('lists a checksum of each file that it made, as sha256sum reads them', async () => {
    const { stdout } = await run('sha256sum', ['--check', '--strict', 'SHA256SUMS'], {
      cwd: release.out,
    })
    const ok = stdout.trim().split('\n')
    expect(ok).toHaveLength(pathsUnder(release.out).length - 1)
    for (const line of ok) expect(line).toMatch(/: OK$/)
  })
})

interface Component {
  readonly name: string
  readonly group?: string
  readonly version: string
  readonly purl: string
  readonly hashes?: readonly { alg: string; content: string }[]
  readonly licenses?: readonly unknown[]
  readonly properties?: readonly { name: string; value: string }[]
  readonly pedigree?: unknown
}
interface Bill {
  readonly metadata: { readonly component: Component }
  readonly components: readonly Component[]
}
const billOf = (name: string) =>
  readJson(release.archive(name).replace(/\.tgz$/, '.cdx.json')) as Bill
const isBundled = ({ properties = [] }: Component) =>
  properties.some(({ name }) => name === 'sallyport:bundled')

describe('a bill of materials', () => {
  it('names the archive by its hash, what is installed beside it, and what is bundled in it', () => {
    for (const name of names) {
      const { metadata, components } = billOf(name)
      const sha512 = metadata.component.hashes?.find(({ alg }) => alg === 'SHA-512')?.content
      expect(sha512).toBe(hashOf('sha512', release.archive(name)))
      const { dependencies = {}, optionalDependencies = {} } = manifestOf(name)
      for (const dependency of Object.keys({ ...dependencies, ...optionalDependencies })) {
        const purl = `pkg:npm/${dependency.replace('@', '%40')}@`
        expect(components.some((entry) => entry.purl.startsWith(purl))).toBe(true)
      }
      expect(new Set(components.map(({ purl }) => purl)).size).toBe(components.length)
      for (const { hashes = [], purl } of components) {
        if (!purl.includes('%40sallyport/')) expect(hashes, purl).toHaveLength(1)
      }
    }
    const bundled = billOf('sallyport').components.filter(isBundled)
    expect(bundled.map(({ name }) => name)).toEqual(
      expect.arrayContaining(['hono', 'react', 'undici']),
    )
    for (const { licenses = [], purl } of bundled) expect(licenses, purl).toHaveLength(1)
    // Ours is not the one that npm has.
    expect(bundled.find(({ name }) => name === 'postgres')?.pedigree).toBeDefined()
  })

  it('is CycloneDX 1.6 as its schema has it', { timeout: installingTestMsMax }, async ({
    skip,
  }) => {
    const installed = await installFromNpm([
      '@cyclonedx/cyclonedx-library@10.3.0',
      'ajv@8.20.0',
      'ajv-formats@3.0.1',
      'ajv-formats-draft2019@1.6.1',
    ])
    if ('missing' in installed) return skip(installed.missing)
    const folder = join(installed.modules, '@cyclonedx/cyclonedx-library')
    const { Spec, Validation } = (await import(
      pathToFileURL(join(folder, 'dist.node/index.node.js')).href
    )) as Validator
    const validator = new Validation.JsonStrictValidator(Spec.Version.v1dot6)
    for (const name of names) {
      expect(await validator.validate(JSON.stringify(billOf(name))), name).toBeNull()
    }
  })
})

interface Validator {
  readonly Spec: { readonly Version: { readonly v1dot6: string } }
  readonly Validation: {
    readonly JsonStrictValidator: new (
      version: string,
    ) => { validate(json: string): Promise<unknown> }
  }
}
