import { readdirSync, readFileSync } from 'node:fs'
import { Agent } from 'node:http'
import type { HttpToolDefinition } from '@sallyport/contracts'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { writeLargeDocument } from '../../../../../test/corpus/openapi/large-document.ts'
import {
  isTypeOf,
  saidByCall,
  saidByRequest,
} from '../../../../../test/fixtures/prescribed/compare-request.ts'
import { chanceOf } from '../../../../../test/fixtures/prescribed/draw-value.ts'
import {
  type PrescribedCall,
  prescribeCall,
} from '../../../../../test/fixtures/prescribed/prescribe-call.ts'
import { readOpenApi3 } from '../../../../../test/fixtures/prescribed/read-openapi-3.ts'
import { readSwagger2 } from '../../../../../test/fixtures/prescribed/read-swagger-2.ts'
import { type RawServer, startRawServer } from '../../../../../test/fixtures/raw-server.ts'
import { freezeCall, sendFrozen } from '../../../../../test/fixtures/tool-calls.ts'
import { importOpenApi } from '../import/openapi/import-openapi.ts'
import { createToolCompiler } from './compile-tool.ts'

// Every operation of every document of the corpus: imported, called with arguments drawn from the document's own schemas, sent to an
// upstream, and what arrives there compared with what the specification prescribes.

const folder = new URL('../../../../../test/corpus/openapi/', import.meta.url)
/** Parameters in the query of a path: no specification says what they mean. */
const notPrescribed: ReadonlySet<string> = new Set(['queries-in-paths.yaml'])
const files = readdirSync(folder).filter(
  (name) => /\.(?:ya?ml|json)$/.test(name) && !notPrescribed.has(name),
)

/** Documents that name no host, and the whole base that an owner gives. */
const servers: Readonly<Record<string, string>> = {
  'pets-3.0.yaml': 'https://api.example.com/api/v3',
  'cluster-2.0.yaml': 'https://api.example.com',
}

let upstream: RawServer
const connections = new Agent({ keepAlive: true, maxSockets: 1 })

beforeAll(async () => {
  upstream = await startRawServer({
    answer: (socket) => socket.write('HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n'),
  })
})
afterEach(() => {
  upstream.requests.length = 0
})
afterAll(async () => {
  connections.destroy()
  await upstream.close()
})

/** Calls a tool as it is called with a connection that takes encoded slashes, and compares what arrives. */
async function compareCall(
  definition: HttpToolDefinition,
  call: PrescribedCall,
  compile: ReturnType<typeof createToolCompiler>,
): Promise<void> {
  const frozen = freezeCall(definition, call.args, { allowEncodedSlash: true, compile })
  await sendFrozen(frozen, upstream.origin, connections)
  const [request, more] = upstream.requests.splice(0)
  if (request === undefined || more !== undefined) throw new Error('not one request arrived')
  const with_ = `${definition.key} with ${JSON.stringify(call.args)}`
  expect(saidByRequest(request), with_).toEqual(saidByCall(call))
  expect(isTypeOf(request, call.type), with_).toBe(true)
  expect([frozen.origin, frozen.droppedHeaders], with_).toEqual([call.origin, []])
}

interface Comparing {
  readonly server?: string | undefined
  /** Calls of each tool: first with what it needs, then with all it takes, then with some. */
  readonly times: number
  /** Tools whose schemas are read as taking anything: what is sent of a body does not depend on them. */
  readonly isOpen?: (definition: HttpToolDefinition) => boolean
}

/** Compares all that is taken of a document; answers how many calls those were. */
async function compareAll(
  document: string,
  { server, times, isOpen = () => false }: Comparing,
): Promise<number> {
  const { tools } = importOpenApi({ document, server })
  const read = /^[\s{]*["']?swagger["']?:/m.test(document) ? readSwagger2 : readOpenApi3
  const { root, operations } = read(document, server)
  const compile = createToolCompiler()
  let compared = 0
  for (const tool of tools) {
    if (tool.outcome === 'refused') continue
    const { definition, reason = '' } = tool
    const operation = operations.find(({ key }) => key === definition.key)
    if (operation === undefined) throw new Error(`the document has no ${definition.key}`)
    const called = isOpen(definition)
      ? { ...definition, inputSchema: { type: 'object' } }
      : definition
    for (let at = 0; at < times; at += 1) {
      const which = (['required', 'all'] as const)[at] ?? 'some'
      const chance = chanceOf(definition.key, at)
      const call = prescribeCall(operation, { definition, reason }, { root, which, chance })
      await compareCall(called, call, compile)
      compared += 1
    }
  }
  return compared
}

describe('every tool of a document as vendors write them', () => {
  it.each(files)('sends what the document prescribes: %s', async (file) => {
    const document = readFileSync(new URL(file, folder), 'utf8')
    const compared = await compareAll(document, { server: servers[file], times: 6 })
    expect(compared).toBeGreaterThan(0)
  })

  it('goes to the server that its owner chose, whatever schemes it names', async () => {
    const document = readFileSync(new URL('lists-2.0.yaml', folder), 'utf8')
    const server = 'https://staging.example.com/v1'
    expect(await compareAll(document, { server, times: 1 })).toBeGreaterThan(5)
  })

  it('and so does each of a thousand, those with bodies by a tenth against their whole schemas', async () => {
    const document = writeLargeDocument({ resources: 170, properties: 6 })
    const isOpen = ({ binding, name }: HttpToolDefinition) =>
      binding.body !== undefined && !name.endsWith('0')
    expect(await compareAll(document, { times: 1, isOpen })).toBe(1020)
  }, 60_000)
})
