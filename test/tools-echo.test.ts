import { readFileSync } from 'node:fs'
import { Problem } from '@sallyport/contracts'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { importOpenApi } from '../apps/vault/src/tools/import/openapi/import-openapi.ts'
import { writeLargeDocument } from './corpus/openapi/large-document.ts'
import { saidByCall, saidByRequest } from './fixtures/prescribed/compare-request.ts'
import { chanceOf } from './fixtures/prescribed/draw-value.ts'
import { prescribeCall } from './fixtures/prescribed/prescribe-call.ts'
import { readOpenApi3 } from './fixtures/prescribed/read-openapi-3.ts'
import { readSwagger2 } from './fixtures/prescribed/read-swagger-2.ts'
import { type RawServer, type ReceivedRequest, startRawServer } from './fixtures/raw-server.ts'
import { startVault, type TestAgent, type TestVault } from './fixtures/vault.ts'
import { verifies } from './verifies.ts'

// A document is imported, its tools are granted, an agent calls them, and what the upstream gets is compared byte by byte with
// what the specification prescribes. What is expected was written down by hand from OpenAPI 3.1.1 and the RFCs that it refers to.

const secret = 'echo-secret-0123456789'
const color = { string: 'blue', array: ['blue', 'black', 'brown'], object: { R: 100, G: 200 } }

const folder = new URL('./corpus/openapi/', import.meta.url)
const everyPlace = readFileSync(new URL('every-place.yaml', folder), 'utf8')

let vault: TestVault
let upstream: RawServer
let agent: TestAgent
let connectionId: string

beforeAll(async () => {
  upstream = await startRawServer({
    answer: (socket) =>
      socket.write(
        'HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 2\r\n\r\n{}',
      ),
  })
  vault = await startVault()
  agent = await vault.createAgentWithKey('caller')
  connectionId = await grantToolset('echo', everyPlace)
})
beforeEach(() => {
  upstream.requests.length = 0
})
afterAll(async () => {
  await vault?.stop()
  await upstream?.close()
})

/** Makes a toolset of a document, for the upstream and with all of it granted; answers its connection. */
async function grantToolset(name: string, document: string): Promise<string> {
  const { toolset } = await vault.owner.call('createToolset', {
    ...{ name, document, server: `${upstream.origin}/v1` },
    credential: { kind: 'header', name: 'X-Api-Key', value: secret },
  })
  await vault.owner.call('setToolsetPermission', {
    ...{ toolsetId: toolset.id, agentId: agent.agentId, allowed: true, approval: 'never' },
  })
  return toolset.connection?.id ?? ''
}

const call = (tool: string, args: Readonly<Record<string, unknown>>) =>
  agent.client.call('callMyTool', {
    name: tool.includes('.') ? tool : `echo.${tool}`,
    arguments: args,
  })

/** The one request that a call made. */
async function sentBy(
  tool: string,
  args: Readonly<Record<string, unknown>>,
): Promise<ReceivedRequest> {
  await call(tool, args)
  const [request, more] = upstream.requests.splice(0)
  expect(more).toBeUndefined()
  if (request === undefined) throw new Error('nothing arrived')
  return request
}

const headersOf = ({ headers }: ReceivedRequest, name: string) =>
  headers.filter(([one]) => one.toLowerCase() === name).map(([, value]) => value)

describe('a call of an imported tool', () => {
  it.each<[string, Record<string, unknown>, string]>([
    ['simplePath', { color: color.string }, '/v1/simple/blue'],
    ['simplePath', { color: color.array, trace: false }, '/v1/simple/blue,black,brown?trace=false'],
    ['simplePath', { color: color.object }, '/v1/simple/R,100,G,200'],
    ['simplePath', { color: 'ü b&c?d#e' }, '/v1/simple/%C3%BC%20b%26c%3Fd%23e'],
    ['simpleExploded', { color: color.object }, '/v1/simple-exploded/R=100,G=200/end'],
    ['labelPath', { color: color.array }, '/v1/label/.blue,black,brown'],
    ['labelExploded', { color: color.array }, '/v1/label-exploded/x.blue.black.brown'],
    ['labelExploded', { color: color.object }, '/v1/label-exploded/x.R=100.G=200'],
    ['matrixPath', { color: color.string }, '/v1/matrix/;color=blue'],
    ['matrixPath', { color: color.array }, '/v1/matrix/;color=blue,black,brown'],
    [
      'matrixExploded',
      { color: color.array },
      '/v1/matrix-exploded/;color=blue;color=black;color=brown/end',
    ],
    ['matrixExploded', { color: color.object }, '/v1/matrix-exploded/;R=100;G=200/end'],
    ['getReport', { year: 2026, month: '11', format: 'csv' }, '/v1/reports/2026-11.csv'],
    ['formQuery', {}, '/v1/form?limit=20'],
    [
      'formQuery',
      { color: color.array, limit: 5 },
      '/v1/form?color=blue&color=black&color=brown&limit=5',
    ],
    ['formQuery', { color: color.object }, '/v1/form?R=100&G=200&limit=20'],
    ['formQuery', { color: 'a+b c&limit=1' }, '/v1/form?color=a%2Bb%20c%26limit%3D1&limit=20'],
    ['formJoined', { color: color.array }, '/v1/form-joined?color=blue,black,brown'],
    ['formJoined', { color: color.object }, '/v1/form-joined?color=R,100,G,200'],
    ['spaceQuery', { color: color.array }, '/v1/space?color=blue%20black%20brown'],
    ['pipeQuery', { color: color.array }, '/v1/pipe?color=blue%7Cblack%7Cbrown'],
    [
      'deepQuery',
      { filter: { a: 1, b: { c: [true] } } },
      '/v1/deep?filter%5Ba%5D=1&filter%5Bb%5D%5Bc%5D%5B0%5D=true',
    ],
    ['contentQuery', { q: { a: ['x'] } }, '/v1/content?q=%7B%22a%22%3A%5B%22x%22%5D%7D'],
    [
      'oddQuery',
      { filter_a_b: 'x', path: '/a/b:c', bare: '' },
      '/v1/odd?filter%5Ba%20b%5D=x&path=/a/b:c&bare',
    ],
    ['deepQuery', {}, '/v1/deep'],
  ])('%s with %j', async (...row) => {
    const [tool, args, target] = row
    const request = await sentBy(tool, args)
    expect(`${request.method} ${request.target}`).toBe(`GET ${target}`)
    expect(headersOf(request, 'x-api-key')).toEqual([secret])
    expect(request.body.length).toBe(0)
  })

  it('sends headers and cookies', async () => {
    const request = await sentBy('sendHeaders', {
      ...{ 'X-Ids': [1, 2], 'X-Flags': { a: true, b: 'x' }, 'Accept-Language': 'de' },
      ...{ session_hint: 'a;b c', parts: ['x', 'y'] },
    })
    expect(headersOf(request, 'x-ids')).toEqual(['1,2'])
    expect(headersOf(request, 'x-flags')).toEqual(['a=true,b=x'])
    expect(headersOf(request, 'accept-language')).toEqual(['de'])
    expect(headersOf(request, 'cookie')).toEqual(['session_hint=a%3Bb%20c; parts=x,y'])
  })

  it('sends JSON, as it was given and of the type that the document says', async () => {
    const body = { name: 'a', children: [{ name: 'ü', children: [] }] }
    const post = await sentBy('postJson', { body })
    expect([post.method, post.target, headersOf(post, 'content-type')]).toEqual([
      ...['POST', '/v1/json'],
      ['application/json'],
    ])
    expect(post.body.toString('utf8')).toBe(JSON.stringify(body))
    const patch = await sentBy('patchJson', { body: { name: null } })
    expect(headersOf(patch, 'content-type')).toEqual(['application/merge-patch+json'])
    expect(patch.body.toString('utf8')).toBe('{"name":null}')
  })

  it('sends forms', async () => {
    const request = await sentBy('postForm', {
      body: {
        ...{ metadata: { 'order id': 'a&b' }, amount: 5, tags: ['x y', 'z'] },
        ...{ address: { street: '1 A' }, expand: ['data'] },
      },
    })
    expect(headersOf(request, 'content-type')).toEqual(['application/x-www-form-urlencoded'])
    expect(request.body.toString('latin1')).toBe(
      'amount=5&tags=x+y&tags=z&address=%7B%22street%22%3A%221+A%22%7D' +
        '&metadata%5Border+id%5D=a%26b&expand%5B0%5D=data',
    )
  })

  it('sends multipart bodies with files', async () => {
    const $base64 = Buffer.from([0x89, 0x50, 0x0d, 0x0a, 0xff]).toString('base64')
    const picture = { $base64, contentType: 'image/png', filename: 'p.png' }
    const request = await sentBy('postMultipart', { body: { note: 'n', meta: { a: 1 }, picture } })
    const [type = ''] = headersOf(request, 'content-type')
    const form = await new Response(new Uint8Array(request.body), {
      headers: { 'content-type': type },
    }).formData()
    expect([...form.keys()]).toEqual(['note', 'meta', 'picture'])
    expect(form.get('note')).toBe('n')
    const sent = form.get('picture') as File
    expect([sent.name, sent.type]).toEqual(['p.png', 'image/png'])
    expect(Buffer.from(await sent.arrayBuffer()).toString('base64')).toBe($base64)
    expect(request.body.toString('latin1')).toContain(
      'name="meta"\r\nContent-Type: application/json\r\n\r\n{"a":1}\r\n',
    )
  })

  it('sends text and bytes', async () => {
    const text = await sentBy('putText', { body: 'a,b\n' })
    expect([headersOf(text, 'content-type'), text.body.toString()]).toEqual([['text/csv'], 'a,b\n'])
    const bytes = await sentBy('putBinary', { body: { $base64: 'AP8=' } })
    expect(headersOf(bytes, 'content-type')).toEqual(['application/octet-stream'])
    expect(bytes.body.toString('base64')).toBe('AP8=')
  })
})

describe('any call of a document’s tools', () => {
  it.each([
    { name: 'echo', step: 1, times: 3 },
    { name: 'lists', step: 1, times: 3 },
    { name: 'thousand', step: 30, times: 1 },
  ])('sends what the document prescribes: $name', async (given) => {
    const { name, step, times } = given
    const document = documentOf(name)
    if (name !== 'echo') await grantToolset(name, document)
    const server = `${upstream.origin}/v1`
    const read = name === 'lists' ? readSwagger2 : readOpenApi3
    const { root, operations } = read(document, server)
    const tools = importOpenApi({ document, server }).tools.filter((_, at) => at % step === 0)
    for (const tool of tools) {
      if (tool.outcome === 'refused') continue
      const { definition, reason = '' } = tool
      const operation = operations.find(({ key }) => key === definition.key)
      if (operation === undefined) throw new Error(`the document has no ${definition.key}`)
      for (let at = 0; at < times; at += 1) {
        const which = (['all', 'required'] as const)[at] ?? 'some'
        const drawing = { root, which, chance: chanceOf(definition.key, at) } as const
        const prescribed = prescribeCall(operation, { definition, reason }, drawing)
        const request = await sentBy(`${name}.${definition.name}`, prescribed.args)
        expect(saidByRequest(request, 'x-api-key'), definition.key).toEqual(saidByCall(prescribed))
      }
    }
  })
})

function documentOf(name: string): string {
  if (name === 'echo') return everyPlace
  if (name === 'thousand') return writeLargeDocument({ resources: 170, properties: 6 })
  return readFileSync(new URL('lists-2.0.yaml', folder), 'utf8')
}

describe('what does not fit is refused, and nothing is sent', () => {
  it.each<[string, Record<string, unknown>, string]>([
    ['simplePath', {}, 'arguments.color'],
    ['simplePath', { color: '..' }, 'arguments.color'],
    ['simplePath', { color: 'a%2fb' }, 'arguments.color'],
    ['simplePath', { colour: 'blue', color: 'x' }, 'arguments.colour'],
    ['formQuery', { limit: '5' }, 'arguments.limit'],
    ['formQuery', { limit: 0 }, 'arguments.limit'],
    ['formQuery', { color: { limit: 1 } }, 'arguments.color.limit'],
    ['getReport', { year: 1, month: 'x', format: 'pdf' }, 'arguments.format'],
    ['sendHeaders', { 'Accept-Language': 'de\r\nX-Evil: 1' }, 'arguments.Accept-Language'],
    ['postJson', { body: { name: 'a', id: 'x' } }, 'arguments.body.id'],
    ['postJson', { body: { name: 'x'.repeat(21) } }, 'arguments.body.name'],
    ['putBinary', { body: { $base64: '?' } }, 'arguments.body'],
  ])('%s with %j', async (...row) => {
    verifies('S-14')
    const [tool, args, field] = row
    const thrown = await call(tool, args).catch((error: unknown) => error)
    expect(thrown).toBeInstanceOf(Problem)
    expect((thrown as Problem).type).toBe('invalid-arguments')
    expect((thrown as Problem).fields?.[0]?.field).toMatch(new RegExp(`^${field}`))
    expect(upstream.requests).toEqual([])
  })

  it('a slash within a value, until the connection takes it', async () => {
    await expect(call('simplePath', { color: 'a/b' })).rejects.toMatchObject({
      type: 'invalid-arguments',
      fields: [{ field: 'arguments.color' }],
    })
    expect(upstream.requests).toEqual([])
    await vault.owner.call('updateConnection', { connectionId, allowEncodedSlash: true })
    expect((await sentBy('simplePath', { color: 'a/b' })).target).toBe('/v1/simple/a%2Fb')
    await expect(call('simplePath', { color: 'a/../b' })).rejects.toMatchObject({
      type: 'invalid-arguments',
    })
  })
})
