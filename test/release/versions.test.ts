import { execFile } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { promisify } from 'node:util'
import { expect, it } from 'vitest'
import { version as serverVersion } from '../../packages/mcp/src/version.ts'
import { pathsUnder, readJson } from '../fixtures/packed-release.ts'

const run = promisify(execFile)
const root = fileURLToPath(new URL('../..', import.meta.url))
const read = (path: string) => readJson(join(root, path)) as Record<string, unknown>
const { version } = read('packages/cli/package.json') as { version: string }

it('gives one version to every package, the command, the MCP server and all that leads to it', async () => {
  const members = ['cli', 'mcp', 'sdk', 'contracts', 'catalog'].map((name) => `packages/${name}`)
  for (const folder of [...members, 'apps/vault', 'apps/dashboard']) {
    expect(read(`${folder}/package.json`), folder).toMatchObject({ version })
  }
  const { packages, ...server } = read('packages/mcp/server.json')
  expect(server).toMatchObject({ version })
  expect(packages).toMatchObject([{ identifier: 'sallyport-mcp', version }])
  expect(read('packages/mcp/mcpb/manifest.json')).toMatchObject({ version })
  expect(read('plugins/claude-code/.claude-plugin/plugin.json')).toMatchObject({ version })
  expect(read('.claude-plugin/marketplace.json')).toMatchObject({ plugins: [{ version }] })
  expect(read('plugins/claude-code/.mcp.json')).toMatchObject({
    mcpServers: { sallyport: { args: ['-y', `sallyport-mcp@${version}`] } },
  })
  expect(serverVersion).toBe(version)
  const commands = ['packages/cli/dist/sallyport.js', 'packages/mcp/dist/sallyport-mcp.js']
  for (const command of commands) {
    const { stdout } = await run(process.execPath, [join(root, command), '--version'])
    expect(stdout.trim(), command).toBe(version)
  }
})

it('writes another version wherever one stands, and leaves nothing of the old one', async () => {
  const copy = mkdtempSync(join(tmpdir(), 'versions-'))
  const holding = ['packages/mcp/src/version.ts', 'packages/mcp/server.json', 'packages/mcp/mcpb']
  for (const path of [...holding, 'plugins', '.claude-plugin']) {
    mkdirSync(dirname(join(copy, path)), { recursive: true })
    cpSync(join(root, path), join(copy, path), { recursive: true })
  }
  const { writeVersion } = (await import(
    pathToFileURL(join(root, 'scripts/versions.mjs')).href
  )) as { writeVersion: (version: string, base: string) => void }
  writeVersion('7.8.9', copy)
  const texts = pathsUnder(copy)
    .filter((path) => /\.(json|ts|md)$/.test(path))
    .map((path) => readFileSync(path, 'utf8').replaceAll('"manifest_version": "0.3"', ''))
  expect(texts.filter((text) => text.includes(version))).toEqual([])
  expect(texts.filter((text) => text.includes('7.8.9'))).toHaveLength(6)
  rmSync(copy, { recursive: true, force: true })
})

it('describes the server to registries by the variables that it reads, the secret ones as secret', () => {
  const { mcpName } = read('packages/mcp/package.json')
  const server = read('packages/mcp/server.json') as unknown as ServerJson
  expect(server.name).toBe(mcpName)
  // Bounds of the registry's schema of 2025-12-11.
  expect(server.$schema).toMatch(/\/2025-12-11\/server\.schema\.json$/)
  expect(server.name).toMatch(/^[a-zA-Z0-9.-]+\/[a-zA-Z0-9._-]+$/)
  expect(server.description.length).toBeLessThanOrEqual(100)
  expect(server.packages.map(({ transport }) => transport)).toEqual([{ type: 'stdio' }])
  const described = server.packages[0]?.environmentVariables ?? []
  const page = readFileSync(join(root, 'packages/mcp/README.md'), 'utf8')
  const documented = [...page.matchAll(/^\| `(SALLYPORT_\w+)` \|/gm)].map(([, name]) => name)
  expect(described.map(({ name }) => name)).toEqual(documented)
  const secret = described.filter(({ isSecret }) => isSecret).map(({ name }) => name)
  expect(secret).toEqual([
    'SALLYPORT_PRIVATE_KEY',
    'SALLYPORT_BEARER_TOKEN',
    'SALLYPORT_CALLER_CREDENTIAL',
  ])
})

interface ServerJson {
  readonly $schema: string
  readonly name: string
  readonly description: string
  readonly packages: readonly {
    readonly transport: object
    readonly environmentVariables: readonly { readonly name: string; readonly isSecret?: boolean }[]
  }[]
}
