import { spawn } from 'node:child_process'
import { generateKeyPairSync } from 'node:crypto'
import { readFileSync, realpathSync, statSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { installPackedMcp, type PackedMcp } from '../fixtures/packed-mcp.ts'
import { runProgram } from '../fixtures/run-program.ts'

const toolNames = [
  'execute',
  'list_connections',
  'revoke',
  'list_services',
  'get_my_capabilities',
  'request_capability',
  'list_approvals',
]
const lines = (...messages: object[]) =>
  messages.map((message) => `${JSON.stringify({ jsonrpc: '2.0', ...message })}\n`).join('')
const initialize = (protocolVersion: string) => ({
  id: 1,
  method: 'initialize',
  params: { protocolVersion, capabilities: {}, clientInfo: { name: 'test', version: '1' } },
})
const initialized = { method: 'notifications/initialized' }
const listTools = { id: 2, method: 'tools/list' }

type Answer = {
  id?: number
  result?: Record<string, unknown>
  error?: { code: number; message: string }
}
/** Every line of stdout as the protocol's; throws at anything else. */
const answersOf = (stdout: string): Answer[] =>
  stdout
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => {
      const message = JSON.parse(line) as Answer & { jsonrpc: string }
      if (message.jsonrpc !== '2.0') throw new Error(`Not JSON-RPC: ${line}`)
      return message
    })

const namesOf = (listed: Answer | undefined): string[] =>
  ((listed?.result?.tools ?? []) as { name: string }[]).map(({ name }) => name)

/** An address where nothing listens: a port that was free a moment ago. */
async function unusedAddress(): Promise<string> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  await new Promise((resolve) => server.close(resolve))
  if (address === null || typeof address === 'string') throw new Error('No port')
  return `http://127.0.0.1:${address.port}`
}

let mcp: PackedMcp
let nowhere: string
let env: Record<string, string>
beforeAll(async () => {
  mcp = await installPackedMcp()
  nowhere = await unusedAddress()
  env = { SALLYPORT_BASE_URL: nowhere, SALLYPORT_BEARER_TOKEN: 'spt_SECRET' }
})
afterAll(() => mcp?.remove())

const start = (input: string, variables = env) => runProgram(mcp.bin, [], { env: variables, input })

describe('the package', () => {
  it('holds the bundle, its licences and the read-me, and nothing else', () => {
    expect([...mcp.files].sort()).toEqual([
      'LICENSE',
      'README.md',
      'dist/THIRD-PARTY-LICENSES.txt',
      'dist/sallyport-mcp.js',
      'package.json',
    ])
  })

  it('has no dependencies, no install scripts and starts on Node 20', () => {
    const text = readFileSync(join(mcp.dir, 'node_modules/sallyport-mcp/package.json'), 'utf8')
    const manifest = JSON.parse(text) as Record<string, unknown>
    expect(manifest).not.toHaveProperty('dependencies')
    expect(manifest).not.toHaveProperty('peerDependencies')
    const scripts = Object.keys(manifest.scripts ?? {})
    expect(scripts.filter((name) => /install/.test(name))).toEqual([])
    expect(manifest.engines).toEqual({ node: '>=20' })
  })

  it('runs by its linked command and by npx', async () => {
    const direct = await runProgram(mcp.bin, ['--version'])
    const viaNpx = await runProgram(
      'npx',
      ['--yes', `--package=${mcp.archive}`, 'sallyport-mcp', '--version'],
      {
        cwd: mcp.dir,
      },
    )
    expect(direct).toMatchObject({ code: 0, stdout: '0.1.0\n', stderr: '' })
    expect(viaNpx).toMatchObject({ code: 0, stdout: '0.1.0\n' })
    const served = await runProgram('npx', ['--yes', `--package=${mcp.archive}`, 'sallyport-mcp'], {
      cwd: mcp.dir,
      env,
      input: lines(initialize('2025-06-18'), initialized, listTools),
    })
    expect(answersOf(served.stdout)).toHaveLength(2)
  })

  it('prints help, and refuses what it does not know', async () => {
    const help = await runProgram(mcp.bin, ['--help'])
    expect(help.code).toBe(0)
    expect(help.stdout).toContain('SALLYPORT_PRIVATE_KEY_PATH')
    const unknown = await runProgram(mcp.bin, ['--chek'])
    expect(unknown).toMatchObject({ code: 1, stdout: '' })
    expect(unknown.stderr).toContain('--chek')
  })
})

describe('its size', () => {
  it('is at most 340 KB of script', () => {
    const { size } = statSync(join(mcp.dir, 'node_modules/sallyport-mcp/dist/sallyport-mcp.js'))
    expect(size).toBeLessThanOrEqual(340 * 1024)
  })

  it('in memory is at most 60 MB once the tools are listed', async ({ skip }) => {
    if (process.platform !== 'linux') return skip('reads /proc, which only Linux has')
    if (!process.version.startsWith('v20.'))
      return skip('the bound is for Node 20; others are larger when empty')
    const child = spawn(process.execPath, [realpathSync(mcp.bin)], {
      env: { ...process.env, ...env },
    })
    child.stdin.write(lines(initialize('2025-11-25'), initialized, listTools))
    await new Promise<void>((resolve) => {
      child.stdout.on('data', (chunk) => String(chunk).includes('"id":2') && resolve())
    })
    const status = readFileSync(`/proc/${child.pid}/status`, 'utf8')
    child.stdin.end()
    expect(Number(/VmRSS:\s+(\d+) kB/.exec(status)?.[1])).toBeLessThanOrEqual(60_000)
  })
})

describe('configuration', () => {
  it.each<[string, Record<string, string>, RegExp]>([
    ['nothing', {}, /SALLYPORT_BASE_URL is missing/],
    ['an empty address', { SALLYPORT_BASE_URL: '' }, /SALLYPORT_BASE_URL is missing/],
    [
      'an unexpanded address',
      { AGENTHIFIVE_BASE_URL: `\${VAULT_URL}` },
      /AGENTHIFIVE_BASE_URL .*\$\{VAULT_URL\}/,
    ],
    ['no credentials', { SALLYPORT_BASE_URL: 'http://127.0.0.1:1' }, /SALLYPORT_AGENT_ID/],
    [
      'a key that is not there',
      {
        SALLYPORT_BASE_URL: 'http://127.0.0.1:1',
        SALLYPORT_AGENT_ID: 'agt_1',
        SALLYPORT_PRIVATE_KEY_PATH: '/gone.json',
      },
      /SALLYPORT_PRIVATE_KEY_PATH .*\/gone\.json/,
    ],
  ])(
    'that is wrong (%s) ends it with one sentence that names the variable',
    async (_, variables, sentence) => {
      const ended = await start(lines(initialize('2025-06-18')), variables)
      expect(ended).toMatchObject({ code: 1, stdout: '' })
      expect(ended.stderr).toMatch(sentence)
      expect(ended.stderr.trim().split('\n')).toHaveLength(1)
    },
  )

  it('by the older names works unchanged, with a key in a file and in a variable', async () => {
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
    const jwk = JSON.stringify(privateKey.export({ format: 'jwk' }))
    const path = join(mcp.dir, 'agent-key.json')
    writeFileSync(path, jwk, { mode: 0o600 })
    const older = { AGENTHIFIVE_BASE_URL: nowhere, AGENTHIFIVE_AGENT_ID: 'agt_1' }
    const keys = [
      { AGENTHIFIVE_PRIVATE_KEY_PATH: path },
      { AGENTHIFIVE_PRIVATE_KEY: Buffer.from(jwk).toString('base64') },
    ]
    for (const key of keys) {
      const ended = await start(lines(initialize('2025-06-18'), initialized, listTools), {
        ...older,
        ...key,
      })
      expect(ended).toMatchObject({ code: 0, stderr: '' })
      expect(answersOf(ended.stdout)).toHaveLength(2)
    }
  })
})

describe('the protocol', () => {
  it.each(['2024-11-05', '2025-03-26', '2025-06-18', '2025-11-25'])(
    'of %s is spoken',
    async (version) => {
      const { stdout, code } = await start(lines(initialize(version), initialized, listTools))
      const [opened, listed] = answersOf(stdout)
      expect(opened?.result).toMatchObject({
        protocolVersion: version,
        capabilities: { tools: {} },
      })
      expect(namesOf(listed)).toEqual(toolNames)
      expect(code).toBe(0)
    },
  )

  it('of 2026-07-28 is spoken, without a handshake', async () => {
    const _meta = {
      'io.modelcontextprotocol/protocolVersion': '2026-07-28',
      'io.modelcontextprotocol/clientInfo': { name: 'test', version: '1' },
      'io.modelcontextprotocol/clientCapabilities': {},
    }
    const messages = [
      { id: 1, method: 'server/discover', params: { _meta } },
      { ...listTools, params: { _meta } },
    ]
    const [discovered, listed] = answersOf((await start(lines(...messages))).stdout)
    expect(discovered?.result).toMatchObject({
      supportedVersions: ['2026-07-28'],
      instructions: expect.stringContaining('vault'),
    })
    expect(namesOf(listed)).toEqual(toolNames)
  })

  it('shows the model at most 5 KB of tools and fewer than 2048 characters of instructions', async () => {
    const { stdout } = await start(lines(initialize('2025-11-25'), initialized, listTools))
    const [opened, listed] = answersOf(stdout)
    expect(Buffer.byteLength(JSON.stringify(listed?.result))).toBeLessThanOrEqual(5000)
    expect(String(opened?.result?.instructions).length).toBeLessThan(2048)
  })

  it('has stdout for itself, and survives lines that are none of it', async () => {
    const garbage = 'hello\n{"jsonrpc":"1.0"}\n\u0000\n[]\n'
    const unknown = { id: 3, method: 'tools/call', params: { name: 'rm' } }
    const input = lines(initialize('2025-06-18'), initialized) + garbage + lines(unknown, listTools)
    const { stdout, code } = await start(input)
    const answers = answersOf(stdout)
    expect(answers.find(({ id }) => id === 3)?.error).toMatchObject({
      code: -32602,
      message: expect.stringContaining('list_connections'),
    })
    expect(answers.find(({ id }) => id === 2)?.result).toHaveProperty('tools')
    expect(code).toBe(0)
  })

  it('ends with its stdin, at once', async () => {
    const startedAt = performance.now()
    expect(await start('')).toMatchObject({ code: 0, stdout: '', stderr: '' })
    expect(performance.now() - startedAt).toBeLessThan(20_000)
  })
})

describe('--check', () => {
  it('says what is wrong and exits with 1 when there is no vault', async () => {
    const ended = await runProgram(mcp.bin, ['--check'], { env })
    expect(ended.code).toBe(1)
    expect(ended.stderr).toMatch(
      new RegExp(`The vault at ${nowhere} could not be reached \\(ECONNREFUSED\\)`),
    )
    expect(ended.stderr).not.toContain('SECRET')
  })
})
