import { Problem } from '@sallyport/contracts'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { verifies } from '../../../../test/verifies.ts'
import { type CallInput, freezeCall, freezeWanted } from './freeze-call.ts'
import {
  type FrozenRequest,
  type FrozenTool,
  freezeRequest,
  replaceBody,
  restoreFrozenRequest,
  stillFits,
  writeFrozenRequest,
} from './freeze-request.ts'

const server = 'ups_01k8v3t5m9r2c4x6z8b0d1f3h5'
const source = 'src_01k8v3t5m9r2c4x6z8b0d1f3h5'
const tool: FrozenTool = {
  ...{ toolId: 'tol_1', toolsetId: 'tls_1', name: 'files.read', digest: 'd', ownHeaders: [] },
}
const toServer: CallInput = {
  ...{ scheme: 'mcp', target: server, name: 'read', method: 'GET' },
  payload: { method: 'tools/call', params: { name: 'read.file', arguments: { path: '/a' } } },
}
const toSource: CallInput = {
  ...{ scheme: 'sql', target: source, name: 'orders', method: 'POST' },
  payload: { run: 'statement', statement: 'SELECT $1', parameters: ['a@b.example'], types: [] },
}
const freeze = (input: CallInput = toServer, over: Partial<FrozenTool> = {}) =>
  freezeCall(input, { tool: { ...tool, ...over } })
const bodyOf = ({ body }: FrozenRequest) => JSON.parse(Buffer.from(body ?? []).toString())
const withBody = (frozen: FrozenRequest, body: unknown) =>
  replaceBody(frozen, Buffer.from(JSON.stringify(body)))

describe('a call that is no HTTP request', () => {
  it('is frozen in the form of one: an address, one header, and what is asked as its body', () => {
    verifies('S-14')
    const frozen = freeze()
    expect(frozen).toMatchObject({
      ...{ method: 'GET', url: `mcp://${server}/read`, origin: `mcp://${server}`, host: server },
      ...{ path: '/read', query: [], headers: [['content-type', 'application/json']] },
      ...{ droppedHeaders: [], tool },
    })
    expect(bodyOf(frozen)).toEqual(toServer.payload)
    for (const part of [frozen, frozen.headers, frozen.headers[0], frozen.query, frozen.tool]) {
      expect(Object.isFrozen(part)).toBe(true)
    }
  })

  it('is never made by an agent: whatever a raw request is called, only http and https are sent', () => {
    verifies('S-11', 'S-12')
    for (const url of [
      ...[`mcp://${server}/read`, `sql://${source}/orders`, `MCP://${server}/read`, 'mcp:read'],
      ...[`sql:${source}`, ` mcp://${server}/read`, `https:mcp://${server}/read`],
    ]) {
      for (const of of [undefined, tool]) {
        const freezing = () => freezeRequest({ method: 'GET', url }, { tool: of })
        expect(freezing, url).toThrow(Problem)
        expect(() => freezeWanted({ method: 'GET', url }, { tool: of }), url).toThrow(Problem)
      }
    }
    expect(() => freezeWanted(toServer, {})).toThrow('only a tool')
  })

  it('goes nowhere but where its id says: no name or target reaches another address', () => {
    verifies('S-12')
    const bad: Partial<CallInput>[] = [
      ...['', 'a/b', '../b', 'a?b', 'a#b', 'a%2fb', 'a b', '1a', 'é', 'a'.repeat(49)].map(
        (name) => ({ name }),
      ),
      ...['', 'ups_1', `${server}/x`, `${server}@evil`, `${server}:1`, server.toUpperCase()].map(
        (target) => ({ target }),
      ),
    ]
    for (const over of bad) {
      expect(() => freeze({ ...toServer, ...over }), JSON.stringify(over)).toThrow()
    }
    for (const slot of [{ passed: 'f' }, { placeholder: 'key' }]) {
      expect(() => freezeCall(toServer, { tool, slot })).toThrow()
    }
  })

  it('has a digest that tells tools, targets, methods and values apart', () => {
    verifies('S-24')
    const digests = [
      freeze(),
      freeze(toServer, { toolId: 'tol_2' }),
      freeze({ ...toServer, method: 'POST' }),
      freeze({ ...toServer, name: 'other' }),
      freeze({ ...toServer, payload: { method: 'resources/list', params: {} } }),
      freeze(toSource),
    ].map(({ digest }) => digest)
    expect(new Set(digests).size).toBe(digests.length)
  })

  it('is the same again from what was written of it, whatever its arguments are', () => {
    verifies('S-24')
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (args) => {
        const payload = { method: 'tools/call', params: { name: 'read.file', arguments: args } }
        const frozen = freeze({ ...toServer, payload })
        const restored = restoreFrozenRequest(writeFrozenRequest(frozen), frozen.digest)
        expect(restored).toEqual(frozen)
        expect(restored.digest).toBe(freeze({ ...toServer, payload }).digest)
        expect(stillFits(restored, { extraHeaders: [] })).toBe(true)
      }),
    )
  })

  it('is refused where what was written says anything else than its address does', () => {
    verifies('S-24')
    const frozen = freeze()
    const [line = '', ...rest] = Buffer.from(writeFrozenRequest(frozen)).toString().split('\n')
    const forge = (change: object) =>
      Buffer.from([JSON.stringify({ ...JSON.parse(line), ...change }), ...rest].join('\n'))
    for (const change of [
      ...[{ host: 'evil' }, { origin: `mcp://${source}` }, { path: '/other' }, { method: 'PUT' }],
      ...[
        { url: `mcp://${server}/other` },
        { headers: [] },
        { tool: undefined },
        { hasBody: false },
      ],
      ...[{ passed: 'f' }, { query: [['a', 'b']] }, { url: 'https://evil.example/read' }],
    ]) {
      expect(() => restoreFrozenRequest(forge(change), frozen.digest)).toThrow('not the one')
    }
    // Nor does a digest that fits make a request of anything else.
    const other = { ...frozen, url: `mcp://${server}/read/x`, path: '/read/x' }
    for (const request of [other, { ...frozen, url: 'file:///etc/passwd', path: '/etc/passwd' }]) {
      const bytes = writeFrozenRequest(request as FrozenRequest)
      expect(() => restoreFrozenRequest(bytes, frozen.digest)).toThrow()
    }
  })

  it('loses values to rules, and never its tool, its method or the owner’s statement', () => {
    verifies('S-21')
    const frozen = freeze()
    const { method, params } = bodyOf(frozen)
    const less = { method, params: { ...params, arguments: { path: '[redacted]' } } }
    expect(bodyOf(withBody(frozen, less))).toEqual(less)
    const statement = freeze(toSource)
    const bound = bodyOf(statement)
    expect(() => withBody(statement, { ...bound, parameters: ['[redacted]'] })).not.toThrow()
    for (const [call, body] of [
      [frozen, { method, params: { ...params, name: '[redacted]' } }],
      [frozen, { ...less, method: 'resources/read' }],
      [frozen, { method, params: { name: params.name } }],
      [frozen, 'x'],
      [statement, { ...bound, statement: 'DELETE FROM orders' }],
      [statement, { ...bound, parameters: [] }],
      [statement, { ...bound, run: 'query' }],
      [statement, { ...bound, more: 1 }],
    ] as const) {
      expect(() => withBody(call, body), JSON.stringify(body)).toThrow('no argument of it')
    }
  })
})
