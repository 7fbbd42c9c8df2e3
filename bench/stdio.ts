import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync, realpathSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { installPackedMcp } from '../test/fixtures/packed-mcp.ts'
import { endProcess } from './child.ts'
import { memoryMbOf } from './processes.ts'
import { type Measured, median, rounded } from './results.ts'

// What a client waits for when a conversation begins: from the start of the stdio server to its first list of tools. Beside
// it a server as one writes it with the MCP SDK of version 1, zod and jose, unbundled, as the closest peer is.

const rounds = 9
const listMsMax = 30_000

/** A server that is started anew for each round. */
interface Server {
  readonly entry: string
  readonly env: Readonly<Record<string, string>>
}

/** Measures the packed `sallyport-mcp` beside the peer. */
export async function benchStdio(): Promise<Measured> {
  const packed = await installPackedMcp()
  try {
    const env = { ...(await agentEnv(packed.dir)), PATH: process.env.PATH ?? '' }
    const own = { entry: realpathSync(packed.bin), env }
    // As if in bench/dist: two folders up is the workspace.
    const entry = fileURLToPath(new URL('../../bench/peers/v1-sdk-server.mjs', import.meta.url))
    const peer = { entry, env }
    await Promise.all([listTools(own), listTools(peer)])
    const samples: { own: Listed; peer: Listed }[] = []
    for (let round = 0; round < rounds; round += 1) {
      samples.push({ own: await listTools(own), peer: await listTools(peer) })
    }
    return summarise(samples)
  } finally {
    packed.remove()
  }
}

/** An agent's key in a file, as the server is set up. Nothing is asked of a vault until a tool is called. */
async function agentEnv(dir: string): Promise<Record<string, string>> {
  const algorithm = { name: 'ECDSA', namedCurve: 'P-256' }
  const pair = await crypto.subtle.generateKey(algorithm, true, ['sign', 'verify'])
  const { x, y, d } = await crypto.subtle.exportKey('jwk', pair.privateKey)
  const path = join(dir, 'agent.json')
  writeFileSync(path, JSON.stringify({ kty: 'EC', crv: 'P-256', x, y, d }), { mode: 0o600 })
  return {
    SALLYPORT_BASE_URL: 'http://127.0.0.1:4770',
    SALLYPORT_AGENT_ID: 'agt_01h00000000000000000000000',
    SALLYPORT_PRIVATE_KEY_PATH: path,
  }
}

interface Listed {
  readonly ms: number
  readonly memoryMb: number
}

async function listTools({ entry, env }: Server): Promise<Listed> {
  const startedMs = performance.now()
  const child = spawn(process.execPath, [entry], { env, stdio: ['pipe', 'pipe', 'ignore'] })
  try {
    const tools = await handshake(child)
    const ms = performance.now() - startedMs
    if (tools.length === 0) throw new Error('The server lists no tools.')
    const memoryMb = existsSync('/proc') ? memoryMbOf(child.pid ?? 0).now : Number.NaN
    return { ms, memoryMb }
  } finally {
    await endProcess(child)
  }
}

const opening = [
  {
    jsonrpc: '2.0',
    id: 1,
    method: 'initialize',
    params: {
      protocolVersion: '2025-06-18',
      capabilities: {},
      clientInfo: { name: 'bench', version: '1' },
    },
  },
  { jsonrpc: '2.0', method: 'notifications/initialized' },
  { jsonrpc: '2.0', id: 2, method: 'tools/list' },
] as const

interface Answer {
  readonly id?: number
  readonly result?: { readonly tools?: readonly unknown[] }
}

/** Initialises, and asks for the tools when that is answered, as clients do. */
function handshake({ stdin, stdout }: ChildProcess): Promise<readonly unknown[]> {
  return new Promise((resolve, reject) => {
    if (stdin === null || stdout === null) throw new Error('pipes are needed')
    const timer = setTimeout(() => reject(new Error('No tools were listed.')), listMsMax)
    const send = (message: object) => stdin.write(`${JSON.stringify(message)}\n`)
    const [initialize, initialized, list] = opening
    createInterface({ input: stdout })
      .on('line', (line) => {
        const { id, result }: Answer = JSON.parse(line)
        if (id === initialize.id) {
          send(initialized)
          send(list)
        }
        if (id !== list.id) return
        clearTimeout(timer)
        resolve(result?.tools ?? [])
      })
      .once('close', () => reject(new Error('The server ended.')))
    send(initialize)
  })
}

function summarise(samples: readonly { own: Listed; peer: Listed }[]): Measured {
  const of = (who: 'own' | 'peer', member: keyof Listed) =>
    median(samples.map((sample) => sample[who][member]))
  const figures = {
    'sallyport-mcp, start to tools/list, ms': rounded(of('own', 'ms')),
    'server on SDK 1, start to tools/list, ms': rounded(of('peer', 'ms')),
    'server on SDK 1, memory, MB': rounded(of('peer', 'memoryMb')),
  }
  const what = 'sallyport-mcp, cold start to the first tools/list'
  return {
    rounds,
    figures,
    notes: [],
    goals: [
      {
        what: `${what}: share of the time of a server on the MCP SDK 1`,
        figure: rounded(of('own', 'ms') / of('peer', 'ms')),
        unit: '',
        bound: 0.45,
        better: 'less',
      },
      {
        what: `${what}: memory`,
        figure: rounded(of('own', 'memoryMb')),
        unit: 'MB',
        bound: 60,
        better: 'less',
      },
    ],
  }
}
