import { describe, expect, it } from 'vitest'
import { callTargetOf, isCallHost, ownerOf } from './call-target.ts'

const server = 'ups_01k8v3t5m9r2c4x6z8b0d1f3h5'

describe('what a call is for, by its URL', () => {
  it('is a tool of a server or of a database', () => {
    expect(callTargetOf(`mcp://${server}/get_weather`)).toEqual({
      kind: 'mcp',
      id: server,
      tool: 'get_weather',
    })
    expect(callTargetOf('sql://src_1/orders%20of')).toMatchObject({
      kind: 'sql',
      tool: 'orders of',
    })
    expect(callTargetOf('sql://src_1/%FF')).toMatchObject({ tool: '%FF' })
  })

  it('is no such thing for an HTTP request, whatever its path says', () => {
    expect(callTargetOf('https://example.com/mcp://x/y')).toBeUndefined()
    expect(callTargetOf('')).toBeUndefined()
  })

  it('says which server or database owns a connection, from its one origin', () => {
    expect(ownerOf([`mcp://${server}`])).toEqual({ kind: 'mcp', id: server, tool: '' })
    expect(ownerOf(['https://example.com'])).toBeUndefined()
    expect(ownerOf([])).toBeUndefined()
  })

  it('knows the host of such a call from the host of a request', () => {
    expect(isCallHost(server)).toBe(true)
    expect(isCallHost('ups.example.com')).toBe(false)
    expect(isCallHost('api.example.com')).toBe(false)
  })
})
