import { describe, expect, it } from 'vitest'
import { verifies } from '../../../../test/verifies.ts'
import {
  type FrozenTool,
  freezeRequest,
  renameTool,
  replaceBody,
  restoreFrozenRequest,
  stillFits,
  writeFrozenRequest,
} from './freeze-request.ts'

const tool: FrozenTool = {
  ...{ toolId: 'tol_1', toolsetId: 'tls_1', name: 'one.read', digest: 'd' },
  ownHeaders: ['x-tenant', 'cookie'],
}
const input = {
  ...{ method: 'POST', url: 'https://api.example.com/v1/notes', body: 'x' },
  headers: { 'x-tenant': 'a', cookie: 'lang=en', 'x-other': 'b', authorization: 'Bearer x' },
}
const freeze = (over: Partial<FrozenTool> | null = {}) =>
  freezeRequest(input, over === null ? {} : { tool: { ...tool, ...over } })

describe('a request that a tool made', () => {
  it('has a digest that no other tool’s has, nor one of the agent’s own', () => {
    verifies('S-24')
    const plain = { ...input, headers: {} }
    const digests = [
      freezeRequest(plain).digest,
      freezeRequest(plain, { tool }).digest,
      freezeRequest(plain, { tool: { ...tool, toolId: 'tol_2' } }).digest,
    ]
    expect(new Set(digests).size).toBe(3)
    expect(replaceBody(freeze(), new Uint8Array(1)).digest).not.toBe(
      replaceBody(freeze(null), new Uint8Array(1)).digest,
    )
  })

  it('sends the headers that its definition names, cookies included, and none that no tool may', () => {
    verifies('S-18')
    const named = (over: Partial<FrozenTool> | null) => freeze(over).headers.map(([name]) => name)
    expect(named({})).toEqual(expect.arrayContaining(['x-tenant', 'cookie']))
    expect(named({})).not.toContain('x-other')
    expect(named({ ownHeaders: ['authorization', 'x-forwarded-for', 'host'] })).not.toEqual(
      expect.arrayContaining(['authorization']),
    )
    expect(named(null)).not.toEqual(expect.arrayContaining(['cookie']))
    const slot = { headerNames: ['x-tenant'], cookieNames: ['lang'] }
    expect(() => freezeRequest(input, { tool, slot })).toThrow(/credential/)
    const taken = freezeRequest(input, { tool, slot: { headerNames: ['x-tenant'] } })
    expect(taken.headers.map(([name]) => name)).not.toContain('x-tenant')
  })

  it('is the same again from what was written of it, and of no other tool', () => {
    verifies('S-24')
    const frozen = freeze()
    const bytes = writeFrozenRequest(frozen)
    expect(restoreFrozenRequest(bytes, frozen.digest)).toEqual(frozen)
    const text = Buffer.from(bytes).toString('latin1')
    const forged = Buffer.from(text.replace('"toolId":"tol_1"', '"toolId":"tol_2"'), 'latin1')
    expect(() => restoreFrozenRequest(forged, frozen.digest)).toThrow()
    expect(stillFits(frozen, {})).toBe(true)
    const renamed = renameTool(frozen, { name: 'one.other', sourceName: 'two.read' })
    expect(renamed.tool).toMatchObject({ name: 'one.other', sourceName: 'two.read' })
    expect(renamed.digest).toBe(frozen.digest)
    expect(renameTool(freeze(null), { name: 'one.read' }).tool).toBeUndefined()
  })
})
