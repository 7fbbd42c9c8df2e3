import { type ChildProcess, spawn } from 'node:child_process'
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { Client } from '@modelcontextprotocol/sdk/client/index.js'
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { claudeCode } from '../fixtures/claude-code.ts'
import { installFromNpm, installingTestMsMax } from '../fixtures/npm-program.ts'
import { hashOf, type PackedRelease, packRelease, readJson } from '../fixtures/packed-release.ts'
import { runProgram } from '../fixtures/run-program.ts'
import { makeFirstOwner } from '../fixtures/vault.ts'

// A stranger's machine: an empty home, an empty folder, and the archives of a release. One installation and one vault for all tests.

const root = fileURLToPath(new URL('../..', import.meta.url))
const installTimeoutMs = 170_000
const readyMsMax = 90_000
const registryIsDown = /ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|ENETUNREACH/
const seven = [
  'execute',
  'list_connections',
  'revoke',
  'list_services',
  'get_my_capabilities',
  'request_capability',
  'list_approvals',
]

let release: PackedRelease
/** Where the archives are installed and the vault is started; `home` is beside it. */
let folder: string
let missing: string | undefined
let environment: Record<string, string>
let vault: Up
let ownerToken: string

interface Up {
  readonly child: ChildProcess
  readonly url: string
  readonly setupUrl?: string
  readonly exited: Promise<number | null>
}

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'stranger-'))
  chmodSync(folder, 0o755)
  mkdirSync(join(folder, 'home'))
  environment = { HOME: join(folder, 'home'), USERPROFILE: join(folder, 'home') }
  release = await packRelease()
  const names = ['sallyport', 'sallyport-mcp', 'sallyport-sdk', 'sallyport-contracts']
  const flags = ['--ignore-scripts', '--no-audit', '--no-fund']
  const installed = await runProgram(
    'npm',
    ['install', ...flags, ...names.map((name) => release.archive(name))],
    { cwd: folder, env: environment, timeoutMs: installTimeoutMs },
  )
  if (installed.code !== 0 && registryIsDown.test(installed.stderr)) {
    missing = 'npm cannot reach a registry for what the packages need'
    return
  }
  expect([installed.code, installed.stderr]).toEqual([0, expect.anything()])
  vault = await up()
  ownerToken = await makeFirstOwner(vault.url, folder)
}, 400_000)
afterAll(async () => {
  if (vault !== undefined) await stop()
  rmSync(folder, { recursive: true, force: true })
})

/** `npx sallyport up`, as its page says. */
async function up(): Promise<Up> {
  const child = spawn('npx', ['sallyport', 'up', '--json'], {
    cwd: folder,
    env: {
      PATH: process.env.PATH ?? '',
      ...environment,
      SALLYPORT_PORT: '0',
      SALLYPORT_DATA_DIR: join(folder, 'data'),
    },
    stdio: ['ignore', 'pipe', 'pipe'],
    // A group of its own, to which Ctrl-C goes in a terminal.
    detached: true,
  })
  const exited = new Promise<number | null>((resolve) => child.on('exit', resolve))
  let complaints = ''
  child.stderr.on('data', (chunk) => {
    complaints += String(chunk)
  })
  const line = await new Promise<string>((resolve, reject) => {
    createInterface({ input: child.stdout }).once('line', resolve)
    const late = () => reject(new Error(`not ready in time: ${complaints}`))
    const timer = setTimeout(late, readyMsMax)
    void exited.then((code) => reject(new Error(`ended with ${code}: ${complaints}`)))
    child.stdout.once('data', () => clearTimeout(timer))
  })
  return { child, exited, ...(JSON.parse(line) as Pick<Up, 'url' | 'setupUrl'>) }
}

/** Resolves once nobody listens any more. */
async function stop(how: 'Ctrl-C' | 'SIGTERM to npx' = 'Ctrl-C') {
  const pid = vault.child.pid ?? 0
  try {
    if (how === 'Ctrl-C') process.kill(-pid, 'SIGINT')
    else process.kill(pid, 'SIGTERM')
  } catch {
    // It has ended already.
  }
  await vault.exited
  const listens = () =>
    fetch(`${vault.url}/healthz`).then(
      () => true,
      () => false,
    )
  await vi.waitUntil(async () => !(await listens()), { timeout: 20_000 })
}

const bin = (name: string) => join(folder, 'node_modules/.bin', name)

/** The tools that a server lists when it is started so, and what `list_connections` answers. */
async function askServer(command: string, args: string[], env: Record<string, string>) {
  const client = new Client({ name: 'test', version: '1' })
  await client.connect(
    new StdioClientTransport({ command, args, env: { PATH: process.env.PATH ?? '', ...env } }),
  )
  try {
    const { tools } = await client.listTools()
    const result = await client.callTool({ name: 'list_connections', arguments: {} })
    return { tools: tools.map(({ name }) => name), result, version: client.getServerVersion() }
  } finally {
    await client.close()
  }
}

/** Puts together a program that imports the packages, checks its types as a user's would be, and runs it. */
async function compileAndRun(sources: Record<string, string>, args: string[]) {
  const project = join(folder, 'project')
  mkdirSync(project, { recursive: true })
  for (const [name, text] of Object.entries(sources)) writeFileSync(join(project, name), text)
  const options = {
    ...{ module: 'NodeNext', target: 'ES2023', strict: true, exactOptionalPropertyTypes: true },
    ...{ noUncheckedIndexedAccess: true, skipLibCheck: true, lib: ['ES2023', 'DOM'] },
    ...{ types: ['node'], typeRoots: [join(root, 'node_modules/@types')] },
  }
  writeFileSync(join(project, 'tsconfig.json'), JSON.stringify({ compilerOptions: options }))
  const compiler = join(root, 'node_modules/typescript-native/bin/tsc')
  const checked = await runProgram(process.execPath, [compiler, '-p', project], {
    timeoutMs: 120_000,
  })
  expect([checked.code, checked.stdout]).toEqual([0, ''])
  return runProgram(process.execPath, [join(project, 'program.mjs'), ...args])
}

const program = `
import { Problem } from '@sallyport/contracts'
import { createClient } from '@sallyport/sdk'

const [baseUrl = '', token = ''] = process.argv.slice(2)
const owner = createClient({ baseUrl, auth: { kind: 'bearer', token } })
const { agent, bootstrapSecret } = await owner.call('createAgent', { name: 'out of an archive' })
// @ts-expect-error: every agent has a name
void (() => owner.call('createAgent', {}))
const pair = await crypto.subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, true, ['sign', 'verify'])
const { x = '', y = '', d = '' } = await crypto.subtle.exportKey('jwk', pair.privateKey)
const privateKey = { kty: 'EC', crv: 'P-256', x, y, d } as const
await owner.call('bootstrapAgent', { bootstrapSecret, publicKey: { kty: 'EC', crv: 'P-256', x, y } })
const client = createClient({ baseUrl, auth: { kind: 'agent', agentId: agent.id, privateKey } })
const { connections } = await client.call('listMyConnections', {})
const refused: unknown = await client
  .call('execute', { service: 'github', method: 'GET', url: 'https://api.github.com/user' })
  .catch((error: unknown) => error)
const problem = refused instanceof Problem ? refused.type : 'none'
console.log(JSON.stringify({ agentId: agent.id, privateKey, connections: connections.length, problem }))
`

interface Printed {
  readonly agentId: string
  readonly privateKey: object
  readonly connections: number
  readonly problem: string
}

describe('a release, installed from its archives without running a script', {
  timeout: 180_000,
}, () => {
  let printed: Printed
  let mcpEnv: Record<string, string>

  it('starts the vault with npx, which says where it is and who becomes its owner', ({ skip }) => {
    if (missing !== undefined) return skip(missing)
    expect(vault.url).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/)
    expect(vault.setupUrl).toMatch(/^http:\/\/localhost:\d+\/setup#token=[\w-]{20,}$/)
    expect(ownerToken).toMatch(/^spp_/)
  })

  it('serves the dashboard that comes with it', async ({ skip }) => {
    if (missing !== undefined) return skip(missing)
    const page = await fetch(`${vault.url}/`)
    const script = /<script[^>]+src="([^"]+)"/.exec(await page.text())?.[1] ?? ''
    const loaded = await fetch(new URL(script, vault.url))
    expect([page.status, loaded.status]).toEqual([200, 200])
  })

  it('has types that a strict NodeNext project accepts, its pages’ examples too, and a client that calls', async ({
    skip,
  }) => {
    if (missing !== undefined) return skip(missing)
    const examples = ['sdk', 'contracts'].map((name) => {
      const page = readFileSync(join(folder, 'node_modules/@sallyport', name, 'README.md'), 'utf8')
      const blocks = [...page.matchAll(/```ts\n([\s\S]*?)```/g)].map(([, code = '']) => code)
      expect(blocks).toHaveLength(1)
      return [`${name}-page.mts`, blocks.join('\n')] as const
    })
    const { code, stdout, stderr } = await compileAndRun(
      { 'program.mts': program, ...Object.fromEntries(examples) },
      [vault.url, ownerToken],
    )
    expect([code, stderr]).toEqual([0, ''])
    printed = JSON.parse(stdout) as Printed
    expect(printed).toMatchObject({ connections: 0, problem: 'connection-not-found' })
    const keyPath = join(folder, 'agent-key.json')
    writeFileSync(keyPath, JSON.stringify(printed.privateKey), { mode: 0o600 })
    mcpEnv = {
      SALLYPORT_BASE_URL: vault.url,
      SALLYPORT_AGENT_ID: printed.agentId,
      SALLYPORT_PRIVATE_KEY_PATH: keyPath,
    }
  })

  it('has an MCP server that lists its tools and reaches the vault', async ({ skip }) => {
    if (missing !== undefined) return skip(missing)
    const { tools, result } = await askServer(bin('sallyport-mcp'), [], mcpEnv)
    expect(tools).toEqual(seven)
    expect(result).toMatchObject({ structuredContent: { connections: [] } })
  })

  it('has that server as the plugin asks for it, in a project that its archive was put into', async ({
    skip,
  }) => {
    if (missing !== undefined) return skip(missing)
    // Beside no other installation, in which npx would look as well.
    const project = mkdtempSync(join(tmpdir(), 'project-'))
    const plugin = readJson(join(root, 'plugins/claude-code/.mcp.json')) as Plugin
    const { command, args } = plugin.mcpServers.sallyport
    // A registry that has none, as npm's before the first release.
    const nowhere = { npm_config_registry: 'http://127.0.0.1:9', npm_config_fetch_retries: '0' }
    const env = { ...environment, ...mcpEnv, ...nowhere }
    const check = () => runProgram(command, [...args, '--check'], { cwd: project, env })
    expect((await check()).code).not.toBe(0)
    const put = await runProgram(
      'npm',
      ['install', '--no-save', '--prefix', project, release.archive('sallyport-mcp')],
      { cwd: folder, env },
    )
    expect([put.code, readdirSync(project)]).toEqual([0, ['node_modules']])
    const checked = await check()
    expect([checked.code, checked.stderr]).toEqual([0, expect.any(String)])
    rmSync(project, { recursive: true, force: true })
  })

  it('has that server as a bundle that a desktop host validates, unpacks, fills in and starts', {
    timeout: installingTestMsMax,
  }, async ({ skip }) => {
    if (missing !== undefined) return skip(missing)
    const installed = await installFromNpm(['@anthropic-ai/mcpb@2.1.2'])
    if ('missing' in installed) return skip(installed.missing)
    const cli = join(installed.modules, '@anthropic-ai/mcpb/dist/cli/cli.js')
    const mcpb = (...args: string[]) => runProgram(process.execPath, [cli, ...args])
    const extension = join(folder, 'extension')
    const bundle = release.archive('sallyport-mcp').replace(/\.tgz$/, '.mcpb')
    expect((await mcpb('unpack', bundle, extension)).code).toBe(0)
    const validated = await mcpb('validate', extension)
    expect([validated.code, validated.stdout]).toEqual([0, expect.stringMatching(/passes/)])
    expect(readdirSync(join(extension, 'server'))).toEqual(['sallyport-mcp.mjs'])
    expect(hashOf('sha256', join(extension, 'server/sallyport-mcp.mjs'))).toBe(
      hashOf('sha256', join(folder, 'node_modules/sallyport-mcp/dist/sallyport-mcp.js')),
    )

    const manifest = readJson(join(extension, 'manifest.json')) as BundleManifest
    expect(manifest.tools.map(({ name }) => name)).toEqual(seven)
    const sensitive = Object.entries(manifest.user_config).filter(([, option]) => option.sensitive)
    expect(sensitive.map(([name]) => name)).toEqual(['private_key', 'bearer_token'])
    const host = (await import(
      pathToFileURL(join(installed.modules, '@anthropic-ai/mcpb/dist/index.js')).href
    )) as Host
    const filled = await host.getMcpConfigForManifest({
      manifest,
      extensionPath: extension,
      systemDirs: {},
      pathSeparator: '/',
      userConfig: {
        base_url: vault.url,
        agent_id: printed.agentId,
        private_key: Buffer.from(JSON.stringify(printed.privateKey)).toString('base64'),
      },
    })
    const { tools, result, version } = await askServer(process.execPath, filled.args, filled.env)
    expect(tools).toEqual(seven)
    expect(result).toMatchObject({ structuredContent: { connections: [] } })
    expect(version?.version).toBe(manifest.version)
  })

  it('has a plugin that Claude Code finds nothing wrong with, installs and connects through', {
    timeout: installingTestMsMax,
  }, async ({ skip }) => {
    if (missing !== undefined) return skip(missing)
    const found = await claudeCode(join(folder, 'home'))
    if ('missing' in found) return skip(found.missing)
    const claude = (...args: string[]) => found.run(args, { cwd: folder, env: mcpEnv })
    for (const path of ['.', 'plugins/claude-code']) {
      const checked = await claude('plugin', 'validate', '--strict', join(root, path))
      expect([checked.code, checked.stdout]).toEqual([
        0,
        expect.stringMatching(/Validation passed/),
      ])
    }
    // A copy: Claude Code keeps notes beside a marketplace that is a folder.
    const marketplace = join(folder, 'marketplace')
    for (const part of ['.claude-plugin', 'plugins'])
      cpSync(join(root, part), join(marketplace, part), { recursive: true })
    expect((await claude('plugin', 'marketplace', 'add', marketplace)).code).toBe(0)
    expect((await claude('plugin', 'install', 'sallyport@sallyport')).code).toBe(0)
    // `npx sallyport-mcp@VERSION` is what stands in this folder's node_modules.
    const { stdout } = await claude('mcp', 'list')
    expect(stdout).toMatch(/^plugin:sallyport:sallyport: .*✔ Connected$/m)
  })

  it('ends at Ctrl-C, and starts again on what it kept', async ({ skip }) => {
    if (missing !== undefined) return skip(missing)
    await stop()
    vault = await up()
    expect(vault.setupUrl).toBeUndefined()
    const { result } = await askServer(bin('sallyport-mcp'), [], {
      ...mcpEnv,
      SALLYPORT_BASE_URL: vault.url,
    })
    expect(result).toMatchObject({ structuredContent: { connections: [] } })
  })

  it('ends with its database when npx is told to, which tells a shell and not the vault', async ({
    skip,
  }) => {
    if (missing !== undefined) return skip(missing)
    const pidFile = join(folder, 'data/postgres/data/postmaster.pid')
    expect(existsSync(pidFile)).toBe(true)
    await stop('SIGTERM to npx')
    await vi.waitUntil(() => !existsSync(pidFile), { timeout: 20_000 })
  })
})

interface Plugin {
  readonly mcpServers: {
    readonly sallyport: { readonly command: string; readonly args: readonly string[] }
  }
}
interface BundleManifest {
  readonly version: string
  readonly tools: readonly { readonly name: string }[]
  readonly user_config: Readonly<Record<string, { readonly sensitive?: boolean }>>
}
interface Host {
  getMcpConfigForManifest(options: {
    manifest: BundleManifest
    extensionPath: string
    systemDirs: Record<string, string>
    pathSeparator: string
    userConfig: Record<string, string>
  }): Promise<{ command: string; args: string[]; env: Record<string, string> }>
}
