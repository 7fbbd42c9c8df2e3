import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { startVault, type TestVault } from '../test/fixtures/vault.ts'
import { endProcess, startForLine } from './child.ts'
import { startUpstream } from './execute.ts'
import type { LoadTarget } from './load.ts'
import { countMisdelivered } from './mcp-clients.ts'
import { startHub } from './mcp-hub.ts'
import { post, toolCall } from './mcp-messages.ts'
import { memoryMbOf } from './processes.ts'
import { placeProgram } from './program.ts'
import { type Measured, rounded } from './results.ts'
import { type Medians, measureByTurns, type Subject } from './turns.ts'

// What a call of a granted tool costs through the vault's MCP endpoint, with a consumer token and the durable audit log. A tool that
// is a GET of 1 KB: straight to the upstream, by REST (`POST /v1/tools/{name}/call`) and by MCP (2026-07-28, one message a call). A
// tool of an upstream MCP server with an answer of 1 KB: straight to the server, through the vault by both generations of the
// protocol, and through mcp-hub of npm, which has one door that one request opens: its own REST API.

const rounds = 5
const concurrencies = [1, 16] as const
const cpuMicrosMax = 400
const memoryMbMax = 200

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
/** Measures calls of one tool by three ways. */
export async function benchMcp(): Promise<Measured> {
  if (!existsSync('/proc/self/stat')) {
    throw new Error('CPU time is read from /proc: this benchmark needs Linux.')
  }
  const closers: (() => Promise<void>)[] = []
  const notes: string[] = []
  try {
    const upstream = await startUpstream()
    closers.push(upstream.close)
    const serverEntry = fileURLToPath(new URL('./mcp-upstream.mjs', import.meta.url))
    const server = await startForLine(process.execPath, [serverEntry])
    closers.push(() => endProcess(server.child))
    const serverPort = Number(server.line)
    const program = placeProgram()
    closers.push(program.remove)
    const hub = await startHub({ serverPort, program: program.path, expected: expectedText })
    if ('missing' in hub) notes.push(hub.missing)
    else closers.push(hub.stop)
    const vault = await startVault({ env: { SALLYPORT_UPSTREAM_COMMANDS: process.execPath } })
    closers.push(vault.stop)
    const { port, pid: upstreamPid } = upstream
    const get = `GET /items HTTP/1.1\r\nhost: 127.0.0.1:${port}\r\naccept: */*\r\n\r\n`
    const direct = { port, request: Buffer.from(get), expected: '{"items":[' }
    const subjects = [
      subjectOf('direct', direct, upstreamPid),
      subjectOf(names[3], directCall(serverPort), server.child.pid ?? 0),
      ...(await callsOf(vault, { port, serverPort })).map(({ name, ...target }) =>
        subjectOf(name, target, vault.pid()),
      ),
      ...('missing' in hub ? [] : [subjectOf(hubName, hub.target, hub.pid)]),
    ]
    const of = await measureByTurns<Name>(subjects, { rounds, concurrencies })
    const misdelivered = await countMisdelivered({ vault, program: program.path, hub })
    // The goal is one of 16 clients with one program between them: those have called now.
    const { peak } = memoryMbOf(vault.pid())
    const hasHub = !('missing' in hub)
    return { ...summarise(of, { peak, hasHub, misdelivered }), notes }
  } finally {
    for (const close of closers.toReversed()) await close()
  }
}

const subjectOf = (name: Name, target: LoadTarget, pid: number): Subject<Name> => ({
  name,
  targets: [target],
  pids: () => [pid],
})

const document = (port: number) => `server: {name: bench}
tools:
- name: get_items
  description: Read items
  requestTemplate: {url: "http://127.0.0.1:${port}/items", method: GET}
`

const expectedText = '"text":"{\\"items\\":'

const directCall = (port: number) => ({
  ...{ port, expected: expectedText },
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

function summarise(
  of: Medians<Name>,
  found: {
    readonly peak: number
    readonly hasHub: boolean
    readonly misdelivered: Awaited<ReturnType<typeof countMisdelivered>>
  },
): Measured {
  const figures: Record<string, number> = {}
  for (const connections of concurrencies) {
    for (const name of [...names, hubName] as const) {
      if (name === hubName && !found.hasHub) continue
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
  Object.assign(figures, found.misdelivered.figures)
  const cpuOf = (name: Name, what: string) => ({
    what: `${what} through /mcp, durable audit on, c=16: CPU`,
    figure: rounded(of(name, 16, 'cpuMicros')),
    ...({ unit: 'µs', bound: cpuMicrosMax, better: 'less' } as const),
  })
  const goals: Measured['goals'] = [
    cpuOf('MCP', 'a call of a granted tool'),
    cpuOf('server, MCP', 'a call of an upstream MCP server’s tool'),
    {
      what: 'the vault’s memory at its highest, with 16 clients and one program between them',
      figure: Math.round(found.peak),
      ...({ unit: 'MB', bound: memoryMbMax, better: 'less' } as const),
    },
    found.misdelivered.goal,
    ...(found.hasHub
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
