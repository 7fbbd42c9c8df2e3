import { type McpServer, maskedValue } from '@sallyport/contracts'
import { describe, expect, it } from 'vitest'
import { emptyServer, TypedServer, toChanges, toCreate, toDraft, typedOf } from './server-typed.ts'

const server: McpServer = {
  id: 'ups_01k8v3t5m9r2c4x6z8b0d1f3h5',
  name: 'Weather',
  transport: 'stdio',
  command: '/usr/bin/weather',
  args: ['--fast'],
  argsJson: '["--fast"]',
  env: { TOKEN: maskedValue, LEVEL: maskedValue },
  envJson: '{}',
  headers: {},
  headersJson: '{}',
  variables: [],
  permission: 'workspace',
  connectTimeoutSeconds: 30,
  readTimeoutSeconds: 30,
  perAgent: false,
  enabled: true,
  builtin: false,
  status: 'connected',
  toolCount: 1,
  heldCount: 0,
  toolsetId: 'tls_01k8v3t5m9r2c4x6z8b0d1f3h5',
  toolset: 'weather',
  connectionId: 'con_01k8v3t5m9r2c4x6z8b0d1f3h5',
  auth: { kind: 'none', state: 'none' },
  createdAt: '2026-11-22T04:00:00.000Z',
  updatedAt: '2026-11-22T04:00:00.000Z',
}
const serverId = server.id

describe('what is sent of a server that was edited', () => {
  it('is nothing where nothing was changed', () => {
    expect(toChanges(server, typedOf(server))).toEqual({ serverId })
    expect(toDraft(typedOf(server), server)).toEqual({ serverId })
  })

  it('keeps what is masked as it came beside what is new, and leaves out what was taken away', () => {
    const env = [
      { name: 'TOKEN', value: maskedValue },
      { name: 'REGION', value: 'eu' },
    ]
    expect(toChanges(server, { ...typedOf(server), env })).toEqual({
      serverId,
      env: { TOKEN: maskedValue, REGION: 'eu' },
    })
  })

  it('takes away what was emptied', () => {
    const described = { ...server, description: 'Of the sky', package: 'weather-mcp' }
    const typed = { ...typedOf(described), description: '', package: '' }
    expect(toChanges(described, typed)).toEqual({ serverId, description: null, package: null })
  })
})

describe('the form of a server', () => {
  const typed = { ...emptyServer, name: 'Weather' }
  const faultsOf = (more: object) => {
    const read = TypedServer.safeParse({ ...typed, ...more })
    return read.error?.issues.map(({ path }) => path.join('.')) ?? []
  }

  it('asks for a command or an address, by how the server is spoken to', () => {
    expect(faultsOf({})).toEqual(['command'])
    expect(faultsOf({ transport: 'sse' })).toEqual(['url'])
    expect(faultsOf({ transport: 'sse', url: 'https://mcp.example.com' })).toEqual([])
  })

  it('takes a field that was left empty, which is no text at all then', () => {
    const empty = { description: undefined, cwd: undefined, package: undefined, url: undefined }
    expect(faultsOf({ command: 'x', ...empty })).toEqual([])
    expect(faultsOf({ command: undefined })).toEqual(['command'])
  })

  it('takes no name twice', () => {
    const env = [
      { name: 'A', value: '1' },
      { name: ' A ', value: '2' },
    ]
    expect(faultsOf({ command: 'x', env })).toEqual(['env'])
  })

  it('sends a new server whole', () => {
    expect(toCreate({ ...typed, command: 'weather' })).toMatchObject({
      name: 'Weather',
      transport: 'stdio',
      command: 'weather',
      env: {},
      url: null,
      enabled: true,
    })
  })
})
