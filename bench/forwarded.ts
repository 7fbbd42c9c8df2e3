import { type Replicas, startReplicas } from '../test/fixtures/replicas.ts'
import type { LoadTarget } from './load.ts'
import { descendantsOf } from './processes.ts'
import { placeProgram } from './program.ts'
import { type Measured, rounded } from './results.ts'
import { databasePidsOf } from './shared-database.ts'
import { measureByTurns, type Subject } from './turns.ts'

// A tool of a program (a stdio MCP server) that runs on one of two replicas: called there, and through the other one, which asks for it
// over the database.

const rounds = 5
const concurrencies = [1, 16] as const
const names = ['where it runs', 'the other replica'] as const
type Name = (typeof names)[number]
const connectedPollMs = 100
const connectedPolls = 200

/** Measures calls of one tool at both replicas, by turns. */
export async function benchForwarded(): Promise<Measured> {
  const program = placeProgram()
  const replicas = await startReplicas({ env: { SALLYPORT_UPSTREAM_COMMANDS: process.execPath } })
  try {
    const { tool, token } = await prepare(replicas, program.path)
    const { first, second } = replicas
    const pids = () => [first.pid(), second.pid()]
    // What is started by a replica descends from it.
    const runsOnFirst = descendantsOf(first.pid()).length > 0
    const [near, far] = runsOnFirst ? [first.url, second.url] : [second.url, first.url]
    const databasePids = await databasePidsOf(replicas.database)
    const subjects: Subject<Name>[] = [
      { name: names[0], targets: [callOf(near, tool, token)], pids, databasePids },
      { name: names[1], targets: [callOf(far, tool, token)], pids, databasePids },
    ]
    const of = await measureByTurns(subjects, { rounds, concurrencies })
    const figures: Record<string, number> = {}
    for (const connections of concurrencies) {
      for (const name of names) {
        const at = `${name}, c=${connections}`
        figures[`${at}, calls/s`] = Math.round(of(name, connections, 'perSecond'))
        figures[`${at}, CPU µs a call, both replicas`] = rounded(of(name, connections, 'cpuMicros'))
        figures[`${at}, database, CPU µs a call`] = rounded(of(name, connections, 'databaseMicros'))
        figures[`${at}, p50 ms`] = rounded(of(name, connections, 'p50Ms'))
        figures[`${at}, p99 ms`] = rounded(of(name, connections, 'p99Ms'))
      }
    }
    return { rounds, figures, goals: [], notes: [] }
  } finally {
    await replicas.stop()
    await program.remove()
  }
}

/** A server that is connected, with a tool that an agent may call without being asked about. */
async function prepare({ first }: Replicas, program: string) {
  const { owner } = first
  const { agent } = await owner.call('createAgent', { name: 'bench' })
  const { consumerToken } = await owner.call('createConsumerToken', { agentId: agent.id })
  const { server: made } = await owner.call('createMcpServer', {
    ...{ name: 'bench', transport: 'stdio', command: process.execPath, args: [program] },
  })
  for (let look = 0; look < connectedPolls; look += 1) {
    const { tools } = await owner.call('listTools', { toolsetId: made.toolsetId })
    const tool = tools.find(({ name }) => name === 'get_items')
    if (tool !== undefined) {
      await owner.call('setToolPermission', {
        ...{ toolId: tool.id, agentId: agent.id, allowed: true, approval: 'never' },
      })
      return { tool: `${made.toolset}.${tool.name}`, token: consumerToken }
    }
    await new Promise((resolve) => setTimeout(resolve, connectedPollMs))
  }
  throw new Error(`The server was not connected: ${first.output()}`)
}

function callOf(url: string, tool: string, token: string): LoadTarget {
  const { host, port } = new URL(url)
  const body = '{"arguments":{}}'
  const head = `POST /v1/tools/${tool}/call HTTP/1.1\r\nhost: ${host}\r\nauthorization: Bearer ${token}\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n`
  return {
    port: Number(port),
    request: Buffer.from(head + body),
    expected: '"text":"{\\"items\\":',
  }
}
