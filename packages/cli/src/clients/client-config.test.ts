import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import fc from 'fast-check'
import { afterAll, describe, expect, it } from 'vitest'
import {
  type ClientName,
  openClientConfig,
  openRemoteConfig,
  type ServerCommand,
} from './client-config.ts'

const server: ServerCommand = {
  command: '/usr/bin/node',
  args: ['/x/sallyport-mcp.js'],
  env: { SALLYPORT_AGENT_ID: 'agt_1', SALLYPORT_PRIVATE_KEY_PATH: '/home/x/key.json' },
}
const remote = {
  url: 'https://vault.example/mcp/stock',
  headers: { Authorization: 'Bearer spc_x' },
}
const places = { claude: '.mcp.json', mcporter: 'config/mcporter.json', opencode: 'opencode.json' }
const clients = Object.entries(places) as [Exclude<ClientName, 'json'>, string][]
const base = mkdtempSync(join(tmpdir(), 'cli-client-'))
const folder = () => mkdtempSync(join(base, 'f-'))
afterAll(() => rmSync(base, { recursive: true, force: true }))

function writeBefore(directory: string, path: string, text: string) {
  mkdirSync(dirname(join(directory, path)), { recursive: true })
  writeFileSync(join(directory, path), text)
}
const readAfter = (directory: string, path: string) =>
  JSON.parse(readFileSync(join(directory, path), 'utf8'))

describe.each(clients)('the configuration of %s', (client, path) => {
  const member = client === 'opencode' ? 'mcp' : 'mcpServers'

  it('is written as the client reads it', () => {
    const directory = folder()
    expect(openClientConfig(client, { directory, name: 'sallyport' }).write(server)).toBeUndefined()
    const { command, args, env } = server
    const expected =
      client === 'opencode'
        ? { type: 'local', command: [command, ...args], environment: env, enabled: true }
        : { command, args, env }
    expect(readAfter(directory, path)).toEqual({ [member]: { sallyport: expected } })
  })

  it('keeps whatever else stands there', () => {
    const others = fc.dictionary(fc.string(), fc.jsonValue(), { maxKeys: 5 })
    fc.assert(
      fc.property(others, others, (rest, servers) => {
        const directory = folder()
        const before = { ...rest, [member]: servers }
        writeBefore(directory, path, JSON.stringify(before))
        openClientConfig(client, { directory, name: 'our own' }).write(server)
        const after = readAfter(directory, path)
        const { [member]: serversAfter, ...restAfter } = after
        const { 'our own': ours, ...othersAfter } = serversAfter
        expect(ours).toBeDefined()
        const { [member]: _, ...restBefore } = JSON.parse(JSON.stringify(before))
        expect(restAfter).toEqual(restBefore)
        expect(othersAfter).toEqual(JSON.parse(JSON.stringify(servers)))
      }),
      { numRuns: 50 },
    )
  })

  it.each(['{broken', '[]', `{"${member}":[]}`, `{"${member}":"x"}`, '// comment\n{}'])(
    'as %j is refused before anything else happens, and not changed',
    (text) => {
      const directory = folder()
      writeBefore(directory, path, text)
      expect(() => openClientConfig(client, { directory, name: 'sallyport' })).toThrow(
        /not (a JSON|an) object.*not changed/,
      )
      expect(readFileSync(join(directory, path), 'utf8')).toBe(text)
    },
  )

  it('tells the environment that stands there, so that the same agent is connected again', () => {
    const directory = folder()
    const open = () => openClientConfig(client, { directory, name: 'sallyport' })
    expect(open().current).toBeUndefined()
    open().write(server)
    expect(open().current).toEqual(server.env)
    expect(openClientConfig(client, { directory, name: 'another' }).current).toBeUndefined()
  })

  it('takes servers over HTTP beside what stands there, and is from then on for its owner’s eyes alone', () => {
    const directory = folder()
    const others = { other: { url: 'https://example.com' } }
    writeBefore(directory, path, JSON.stringify({ kept: 1, [member]: others }))
    openRemoteConfig(client, directory).write({ stock: remote, rates: remote }, { ended: false })
    const { url, headers } = remote
    const expected =
      client === 'opencode'
        ? { type: 'remote', url, headers, enabled: true }
        : { type: 'http', url, headers }
    expect(readAfter(directory, path)).toEqual({
      kept: 1,
      [member]: { ...others, stock: expected, rates: expected },
    })
    expect(statSync(join(directory, path)).mode & 0o777).toBe(0o600)
  })

  it('loses the servers whose token has ended with that of another, and no others', () => {
    const directory = folder()
    const of = (token: string) => ({ ...remote, headers: { Authorization: `Bearer ${token}` } })
    const config = openRemoteConfig(client, directory)
    config.write({ stock: of('old'), gone: of('old'), bobs: of('other') }, { ended: false })
    config.write({ stock: of('new'), more: of('new') }, { ended: true })
    expect(Object.keys(readAfter(directory, path)[member]).sort()).toEqual([
      'bobs',
      'more',
      'stock',
    ])
    config.write({ stock: of('alices') }, { ended: false })
    expect(Object.keys(readAfter(directory, path)[member]).sort()).toEqual([
      'bobs',
      'more',
      'stock',
    ])
  })

  it('keeps a server of the same name that is not the vault’s: that is said instead', () => {
    const directory = folder()
    writeBefore(directory, path, JSON.stringify({ [member]: { stock: { command: 'mine' } } }))
    const config = openRemoteConfig(client, directory)
    const below = 'https://vault.example/mcp/'
    expect(() => config.refuseOthers(['rates', 'stock'], below)).toThrow(/another server.*stock/)
    config.write({ rates: remote }, { ended: false })
    expect(() => config.refuseOthers(['rates'], below)).not.toThrow()
  })

  it('is refused for servers over HTTP before anything happens, where it is broken', () => {
    const directory = folder()
    writeBefore(directory, path, `{"${member}":[]}`)
    expect(() => openRemoteConfig(client, directory)).toThrow(/not an object.*not changed/)
  })
})

describe('the configuration of any other client', () => {
  it('is given to paste, and nothing is written', () => {
    const directory = folder()
    const pasted = openClientConfig('json', { directory, name: 'vault' }).write(server)
    expect(JSON.parse(pasted ?? '')).toEqual({ mcpServers: { vault: server } })
    const remotes = openRemoteConfig('json', directory).write({ stock: remote }, { ended: false })
    expect(JSON.parse(remotes ?? '')).toEqual({
      mcpServers: { stock: { type: 'http', ...remote } },
    })
    expect(existsSync(join(directory, '.mcp.json'))).toBe(false)
  })
})
