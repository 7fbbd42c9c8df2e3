import { spawn } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { type AddressInfo, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { installFromNpm } from '../test/fixtures/npm-program.ts'
import { startVault, type TestVault } from '../test/fixtures/vault.ts'
import { endProcess, startForLine } from './child.ts'
import { type LoadTarget, quantile, runLoad } from './load.ts'
import { cpuMicrosOf, memoryMbOf } from './processes.ts'
import { type Measured, median, rounded } from './results.ts'

// What a call of a granted tool costs through the vault's MCP endpoint, with a consumer token and the durable audit log. A tool that
// is a GET of 1 KB: straight to the upstream, by REST (`POST /v1/tools/{name}/call`) and by MCP (2026-07-28, one message a call). A
// tool of an upstream MCP server with an answer of 1 KB: straight to the server, through the vault by both generations of the
// protocol, and through mcp-hub of npm, which has one door that one request opens: its own REST API.

const rounds = 5
const concurrencies = [1, 16] as const
const rampMs = 300
const measureMs = 1_500
const warmUpMs = 3_000
const cpuMicrosMax = 400

const names = [
  'direct',
  'REST',
  'MCP',
  'server, direct',
  'server, MCP',
  'server, MCP of 2025',
] as const
const hubName = 'server, mcp-hub'
type Name = (typeof names)[number] | typeof hubName
/** Calls a second of ours as a share of the gateway's. */
const hubShareMin = 1.3
interface Subject extends LoadTarget {
  readonly name: Name
  readonly pid: number
}
interface Sample {
  readonly perSecond: number
  readonly cpuMicros: number
  readonly p50Ms: number
}

/** Measures calls of one tool by three ways. */
export async function benchMcp(): Promise<Measured> {
  if (!existsSync('/proc/self/stat')) {
    throw new Error('CPU time is read from /proc: this benchmark needs Linux.')
  }
  const closers: (() => Promise<void>)[] = []
  const notes: string[] = []
  try {
    const entry = fileURLToPath(new URL('./upstream.mjs', import.meta.url))
    const upstream = await startForLine(process.execPath, [entry])
    closers.push(() => endProcess(upstream.child))
    const port = Number(upstream.line)
    const serverEntry = fileURLToPath(new URL('./mcp-upstream.mjs', import.meta.url))
    const server = await startForLine(process.execPath, [serverEntry])
    closers.push(() => endProcess(server.child))
    const serverPort = Number(server.line)
    const hub = await startHub(serverPort)
    if ('missing' in hub) notes.push(hub.missing)
    else closers.push(hub.stop)
    const vault = await startVault()
    closers.push(vault.stop)
    const pid = vault.pid()
    const get = `GET /items HTTP/1.1\r\nhost: 127.0.0.1:${port}\r\naccept: */*\r\n\r\n`
    const subjects: Subject[] = [
      {
        ...{ name: 'direct', port, request: Buffer.from(get), expected: '{"items":[' },
        pid: upstream.child.pid ?? 0,
      },
      { ...directCall(serverPort), pid: server.child.pid ?? 0 },
      ...(await callsOf(vault, { port, serverPort })).map((call) => ({ ...call, pid })),
      ...('missing' in hub ? [] : [hub.subject]),
    ]
    return { ...summarise(await measureAll(subjects), memoryMbOf(pid)), notes }
  } finally {
    for (const close of closers.toReversed()) await close()
  }
}

const document = (port: number) => `server: {name: bench}
tools:
- name: get_items
  description: Read items
  requestTemplate: {url: "http://127.0.0.1:${port}/items", method: GET}
`

/** Bytes of one HTTP request with a JSON body. */
function post(to: { host: string; path: string }, body: object, headers: Headers = {}): Buffer {
  const text = JSON.stringify(body)
  const all = {
    host: to.host,
    'content-type': 'application/json',
    accept: 'application/json, text/event-stream',
    'content-length': String(text.length),
    ...headers,
  }
  const head = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`)
  return Buffer.from(`POST ${to.path} HTTP/1.1\r\n${head.join('')}\r\n${text}`)
}
type Headers = Readonly<Record<string, string>>

const expectedText = '"text":"{\\"items\\":'
const toolCall = (name: string, more: object = {}) => ({
  ...{ jsonrpc: '2.0', id: 1, method: 'tools/call' },
  params: { name, arguments: {}, ...more },
})

const directCall = (port: number) => ({
  ...{ name: 'server, direct' as const, port, expected: expectedText },
  request: post({ host: `127.0.0.1:${port}`, path: '/mcp' }, toolCall('get_items')),
})

/** Calls of tools that an agent was granted, by REST and by MCP, as bytes. */
async function callsOf(vault: TestVault, ports: { port: number; serverPort: number }) {
  const { owner } = vault
  const { agent } = await owner.call('createAgent', { name: 'bench' })
  const { consumerToken } = await owner.call('createConsumerToken', { agentId: agent.id })
  const permit = (toolId: string) =>
    owner.call('setToolPermission', { toolId, agentId: agent.id, allowed: true })
  const { toolset } = await owner.call('createToolset', {
    ...{ name: 'bench', format: 'higress', document: document(ports.port) },
    credential: { kind: 'none' },
  })
  await permit(toolset.tools[0]?.id ?? '')
  const { server } = await owner.call('createMcpServer', {
    ...{ name: 'upstream', transport: 'streamable_http' },
    url: `http://127.0.0.1:${ports.serverPort}/mcp`,
  })
  await permit(await onlyToolOf(vault, server.toolsetId))
  const { host, port } = new URL(vault.url)
  const authorization = `Bearer ${consumerToken}`
  const revision = '2026-07-28'
  const meta = {
    'io.modelcontextprotocol/protocolVersion': revision,
    'io.modelcontextprotocol/clientInfo': { name: 'bench', version: '1' },
    'io.modelcontextprotocol/clientCapabilities': {},
  }
  const modern = (name: string) =>
    post({ host, path: '/mcp' }, toolCall(name, { _meta: meta }), {
      ...{ authorization, 'mcp-protocol-version': revision },
      ...{ 'mcp-method': 'tools/call', 'mcp-name': name },
    })
  const ofServer = 'mcp__upstream__get_items'
  const legacy = { authorization, 'mcp-protocol-version': '2025-11-25' }
  const rest = { host, path: '/v1/tools/bench.get_items/call' }
  const [at, body] = [{ port: Number(port) }, '"body":{"items":[']
  return [
    {
      ...{ ...at, name: 'REST' as const, expected: body },
      request: post(rest, { arguments: {} }, { authorization }),
    },
    { ...at, name: 'MCP' as const, expected: body, request: modern('bench__get_items') },
    { ...at, name: 'server, MCP' as const, expected: expectedText, request: modern(ofServer) },
    {
      ...{ ...at, name: 'server, MCP of 2025' as const, expected: expectedText },
      request: post({ host, path: '/mcp' }, toolCall(ofServer), legacy),
    },
  ]
}

async function onlyToolOf({ owner, output }: TestVault, toolsetId: string): Promise<string> {
  for (let look = 0; look < 100; look += 1) {
    const [tool] = (await owner.call('listTools', { toolsetId })).tools
    if (tool !== undefined) return tool.id
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
  throw new Error(`The server was not connected: ${output()}`)
}

/** The gateway of npm, in front of the same server. */
async function startHub(serverPort: number) {
  const installed = await installFromNpm(['mcp-hub@4.2.1'])
  if ('missing' in installed) return installed
  const dir = mkdtempSync(join(tmpdir(), 'sallyport-bench-'))
  const config = join(dir, 'hub.json')
  const url = `http://127.0.0.1:${serverPort}/mcp`
  writeFileSync(config, JSON.stringify({ mcpServers: { bench: { url } } }))
  const port = await freePort()
  const program = join(installed.modules, 'mcp-hub/dist/cli.js')
  const child = spawn(process.execPath, [program, '--port', String(port), '--config', config], {
    env: { PATH: process.env.PATH ?? '', HOME: dir, XDG_STATE_HOME: dir },
    stdio: 'ignore',
  })
  const host = `127.0.0.1:${port}`
  const path = '/api/servers/tools'
  const body = { server_name: 'bench', tool: 'get_items', arguments: {} }
  const stop = async () => {
    await endProcess(child)
    rmSync(dir, { recursive: true, force: true })
  }
  const subject: Subject = {
    ...{ name: hubName, port, expected: expectedText, pid: child.pid ?? 0 },
    request: post({ host, path }, body),
  }
  const send = {
    method: 'POST',
    body: JSON.stringify(body),
    headers: { 'content-type': 'application/json' },
  }
  for (let look = 0; look < 150; look += 1) {
    const said = await fetch(`http://${host}${path}`, send).then(
      (answer) => answer.text(),
      () => '',
    )
    if (said.includes(expectedText)) return { subject, stop }
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
  await stop()
  return { missing: 'mcp-hub 4.2.1 did not answer' }
}

async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  await new Promise((resolve) => server.close(resolve))
  return port
}

type Samples = Map<string, Sample[]>

async function measureAll(subjects: readonly Subject[]): Promise<Samples> {
  const samples: Samples = new Map()
  for (const subject of subjects) {
    const warmUp = { connections: 16, rampMs, measureMs: warmUpMs, sample: () => {} }
    await runLoad([subject], warmUp)
  }
  for (let round = 0; round < rounds; round += 1) {
    for (const connections of concurrencies) {
      for (const subject of subjects) {
        const key = `${subject.name} ${connections}`
        samples.set(key, [...(samples.get(key) ?? []), await measure(subject, connections)])
      }
    }
  }
  return samples
}

async function measure(subject: Subject, connections: number): Promise<Sample> {
  const cpu: number[] = []
  const { requests, seconds, latenciesMs } = await runLoad([subject], {
    ...{ connections, rampMs, measureMs },
    sample: () => void cpu.push(cpuMicrosOf([subject.pid])),
  })
  const [from = 0, to = 0] = cpu
  return {
    perSecond: requests / seconds,
    cpuMicros: (to - from) / requests,
    p50Ms: quantile(latenciesMs, 0.5),
  }
}

function summarise(samples: Samples, memory: { readonly peak: number }): Measured {
  const of = (name: Name, connections: number, member: keyof Sample) =>
    median((samples.get(`${name} ${connections}`) ?? []).map((sample) => sample[member]))
  const figures: Record<string, number> = {}
  for (const connections of concurrencies) {
    for (const name of [...names, hubName] as const) {
      if (!samples.has(`${name} ${connections}`)) continue
      const at = `${name}, c=${connections}`
      figures[`${at}, calls/s`] = Math.round(of(name, connections, 'perSecond'))
      figures[`${at}, CPU µs a call`] = rounded(of(name, connections, 'cpuMicros'))
      figures[`${at}, p50 ms`] = rounded(of(name, connections, 'p50Ms'))
    }
    const share = of('MCP', connections, 'perSecond') / of('direct', connections, 'perSecond')
    figures[`MCP, c=${connections}, share of direct calls/s`] = rounded(share)
    const ofServer = of('server, MCP', connections, 'perSecond')
    figures[`server, MCP, c=${connections}, share of direct calls/s`] = rounded(
      ofServer / of('server, direct', connections, 'perSecond'),
    )
  }
  figures['vault, memory at its highest, MB'] = Math.round(memory.peak)
  const cpuOf = (name: Name, what: string) => ({
    what: `${what} through /mcp, durable audit on, c=16: CPU`,
    figure: rounded(of(name, 16, 'cpuMicros')),
    ...({ unit: 'µs', bound: cpuMicrosMax, better: 'less' } as const),
  })
  const goals: Measured['goals'] = [
    cpuOf('MCP', 'a call of a granted tool'),
    cpuOf('server, MCP', 'a call of an upstream MCP server’s tool'),
    ...(samples.has(`${hubName} 16`)
      ? [
          {
            what: 'a call of an upstream MCP server’s tool, c=16: calls/s as a share of mcp-hub’s',
            figure: rounded(of('server, MCP', 16, 'perSecond') / of(hubName, 16, 'perSecond')),
            ...({ unit: '', bound: hubShareMin, better: 'more' } as const),
          },
        ]
      : []),
  ]
  return { rounds, figures, goals, notes: [] }
}
