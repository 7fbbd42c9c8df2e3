import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { startVault, type TestVault } from '../test/fixtures/vault.ts'
import { endProcess, startForLine } from './child.ts'
import { type LoadTarget, quantile, runLoad } from './load.ts'
import { cpuMicrosOf, memoryMbOf } from './processes.ts'
import { type Measured, median, rounded } from './results.ts'

// What a call of a granted tool costs through the vault's MCP endpoint: the same GET of 1 KB straight to the upstream, by REST
// (`POST /v1/tools/{name}/call`) and by MCP (2026-07-28, one message a call), with a consumer token and the durable audit log.

const rounds = 5
const concurrencies = [1, 16] as const
const rampMs = 300
const measureMs = 1_500
const warmUpMs = 3_000
const cpuMicrosMax = 400

type Name = 'direct' | 'REST' | 'MCP'
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
  try {
    const entry = fileURLToPath(new URL('./upstream.mjs', import.meta.url))
    const upstream = await startForLine(process.execPath, [entry])
    closers.push(() => endProcess(upstream.child))
    const port = Number(upstream.line)
    const vault = await startVault()
    closers.push(vault.stop)
    const pid = vault.pid()
    const get = `GET /items HTTP/1.1\r\nhost: 127.0.0.1:${port}\r\naccept: */*\r\n\r\n`
    const subjects: Subject[] = [
      {
        ...{ name: 'direct', port, request: Buffer.from(get), expected: '{"items":[' },
        pid: upstream.child.pid ?? 0,
      },
      ...(await callsOf(vault, port)).map((call) => ({ ...call, pid })),
    ]
    return summarise(await measureAll(subjects), memoryMbOf(pid))
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

/** The call of a tool that an agent was granted, by REST and by MCP, as bytes. */
async function callsOf(vault: TestVault, upstreamPort: number) {
  const { owner } = vault
  const { agent } = await owner.call('createAgent', { name: 'bench' })
  const { consumerToken } = await owner.call('createConsumerToken', { agentId: agent.id })
  const { toolset } = await owner.call('createToolset', {
    ...{ name: 'bench', format: 'higress', document: document(upstreamPort) },
    credential: { kind: 'none' },
  })
  const toolId = toolset.tools[0]?.id ?? ''
  await owner.call('setToolPermission', { toolId, agentId: agent.id, allowed: true })
  const { host, port } = new URL(vault.url)
  const post = (path: string, body: object, headers: Readonly<Record<string, string>> = {}) => {
    const text = JSON.stringify(body)
    const all = {
      host,
      authorization: `Bearer ${consumerToken}`,
      'content-type': 'application/json',
      accept: 'application/json, text/event-stream',
      'content-length': String(text.length),
      ...headers,
    }
    const head = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`)
    return Buffer.from(`POST ${path} HTTP/1.1\r\n${head.join('')}\r\n${text}`)
  }
  const revision = '2026-07-28'
  const message = {
    ...{ jsonrpc: '2.0', id: 1, method: 'tools/call' },
    params: {
      ...{ name: 'bench__get_items', arguments: {} },
      _meta: {
        'io.modelcontextprotocol/protocolVersion': revision,
        'io.modelcontextprotocol/clientInfo': { name: 'bench', version: '1' },
        'io.modelcontextprotocol/clientCapabilities': {},
      },
    },
  }
  const names = { 'mcp-method': 'tools/call', 'mcp-name': 'bench__get_items' }
  const expected = '"body":{"items":['
  return [
    {
      ...{ name: 'REST' as const, port: Number(port), expected },
      request: post('/v1/tools/bench.get_items/call', { arguments: {} }),
    },
    {
      ...{ name: 'MCP' as const, port: Number(port), expected },
      request: post('/mcp', message, { 'mcp-protocol-version': revision, ...names }),
    },
  ]
}

type Samples = Map<string, Sample[]>

async function measureAll(subjects: readonly Subject[]): Promise<Samples> {
  const samples: Samples = new Map()
  for (const subject of subjects) {
    const warmUp = { connections: 16, rampMs, measureMs: warmUpMs, sample: () => {} }
    await runLoad(subject, warmUp)
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
  const { requests, seconds, latenciesMs } = await runLoad(subject, {
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
    for (const name of ['direct', 'REST', 'MCP'] as const) {
      const at = `${name}, c=${connections}`
      figures[`${at}, calls/s`] = Math.round(of(name, connections, 'perSecond'))
      figures[`${at}, CPU µs a call`] = rounded(of(name, connections, 'cpuMicros'))
      figures[`${at}, p50 ms`] = rounded(of(name, connections, 'p50Ms'))
    }
    const share = of('MCP', connections, 'perSecond') / of('direct', connections, 'perSecond')
    figures[`MCP, c=${connections}, share of direct calls/s`] = rounded(share)
  }
  figures['vault, memory at its highest, MB'] = Math.round(memory.peak)
  const goal = {
    what: 'a call of a granted tool through /mcp, durable audit on, c=16: CPU',
    figure: rounded(of('MCP', 16, 'cpuMicros')),
    unit: 'µs',
    bound: cpuMicrosMax,
    better: 'less',
  } as const
  return { rounds, figures, goals: [goal], notes: [] }
}
