import { maskedValue } from '@sallyport/contracts'
import { describe, expect, it } from 'vitest'
import { type DraftServer, draftServer, type ServerInput } from './draft-server.ts'

const url = 'https://mcp.example.com/mcp'
const made = (input: ServerInput): DraftServer => {
  const { faults, ...draft } = draftServer(
    { name: 'one', url, transport: 'http', ...input },
    undefined,
  )
  expect(faults).toEqual([])
  return draft
}
const fieldsOf = (input: ServerInput, before?: DraftServer) =>
  draftServer(input, before).faults.map(({ field }) => field)

describe('what a server becomes', () => {
  it('keeps what is not named, and values that are masked, whatever way they come back', () => {
    const before = made({ headers: { Authorization: 'Bearer abc', 'X-B': 'b' }, cwd: 'x' })
    const { settings, values, faults } = draftServer(
      { headersJson: JSON.stringify({ authorization: maskedValue, 'X-C': 'c' }) },
      before,
    )
    expect(faults).toEqual([])
    expect(settings).toEqual({ ...before.settings })
    expect(values.headers).toEqual({ authorization: 'Bearer abc', 'X-C': 'c' })
    expect(draftServer({ description: 'new' }, before).values).toEqual(before.values)
  })

  it('reads http as streamable_http, texts of JSON as what they say, and empty texts as nothing', () => {
    const { settings, values } = made({ argsJson: '["-y"]', envJson: '{"A":"1"}', headersJson: '' })
    expect(settings).toMatchObject({ transport: 'streamable_http', args: ['-y'] })
    expect(values).toEqual({ headers: {}, env: { A: '1' } })
    expect(made({ args: ['a'], argsJson: '["a"]' }).settings.args).toEqual(['a'])
  })

  it('is refused where its address would keep a key readable, with a word on where keys go', () => {
    for (const held of [
      ...['?api_key=abcdefghijkl', '?v=1&Access-Token=abcdefghijkl', '?x=ghp_abcdefghijklmnop1234'],
      ...['/sk-abcdefghijklmnop', '/$' + '{KEY}', '?q=%24%7BKEY}', '?tavilyApiKey=a%62cdefgh'],
    ]) {
      const { faults } = draftServer({ name: 'one', transport: 'sse', url: url + held }, undefined)
      expect(faults, held).toEqual([
        { field: 'url', message: expect.stringMatching(/in headers, (?:which are sealed|where)/) },
      ])
      expect(JSON.stringify(faults)).not.toMatch(/abcdefgh/)
    }
    for (const plain of ['?profile=public&key=', '?sort=ascending', '?q=$metadata', '?token=5']) {
      expect(fieldsOf({ name: 'one', transport: 'sse', url: url + plain }), plain).toEqual([])
    }
  })

  it('is refused where its arguments would keep a key readable, with a word on where keys go', () => {
    const program = { name: 'one', transport: 'stdio', command: '/bin/x' } as const
    const holding: [number, string[]][] = [
      [2, ['x', '--api-key', 'abcdefghijkl']],
      [1, ['x', '--api-key=$' + '{API_KEY}']],
      [0, ['ghp_abcdefghijklmnop1234']],
      [0, ['postgresql://u:abcdefgh@host/db']],
      [1, ['--header', 'Authorization: Bearer abcdefghijkl']],
      [0, ['https://mcp.example.com/mcp?api_key=abcdefghijkl']],
      [1, ['-e', 'GITHUB_TOKEN=abcdefghijkl']],
    ]
    for (const [at, args] of holding) {
      const { faults } = draftServer({ ...program, argsJson: JSON.stringify(args) }, undefined)
      expect(faults, args.join(' ')).toEqual([
        { field: `args.${at}`, message: expect.stringMatching(/in env, which is sealed/) },
      ])
      expect(JSON.stringify(faults)).not.toMatch(/abcdefgh/)
    }
    const plain = ['-y', '@scope/files', '/data', '--key', './key.pem', '--auth', 'oauth2', '--pat']
    expect(fieldsOf({ ...program, args: plain })).toEqual([])
  })

  it('is refused by field', () => {
    const server = { name: 'one', transport: 'http', url } as const
    const longEnv = Object.fromEntries([...'ABCDE'].map((name) => [name, 'x'.repeat(16_000)]))
    const wrong: [ServerInput, string][] = [
      [{ argsJson: '{}' }, 'argsJson'],
      [{ argsJson: 'no' }, 'argsJson'],
      [{ envJson: '{"A":1}' }, 'envJson'],
      [{ args: ['a'], argsJson: '["b"]' }, 'argsJson'],
      [{ headers: { a: maskedValue } }, 'headers.a'],
      [{ env: { A: `x${maskedValue}` } }, 'env.A'],
      [{ headers: { 'content-length': '3' } }, 'headers.content-length'],
      [{ headers: { 'mcp-session-id': 'x' } }, 'headers.mcp-session-id'],
      [{ headers: { A: 'x', a: 'y' } }, 'headers.a'],
      [{ headers: { A: 'x\r\nB: y' } }, 'headers.A'],
      [{ env: { NODE_OPTIONS: '--require=/x' } }, 'env.NODE_OPTIONS'],
      [{ env: { ld_preload: '/x' } }, 'env.ld_preload'],
      [{ env: { BUN_OPTIONS: '--preload=/x' } }, 'env.BUN_OPTIONS'],
      [{ env: { PYTHONUSERBASE: '/x' } }, 'env.PYTHONUSERBASE'],
      [{ env: { OPENSSL_CONF: '/x' } }, 'env.OPENSSL_CONF'],
      [{ env: { GIT_CONFIG_COUNT: '1' } }, 'env.GIT_CONFIG_COUNT'],
      [{ env: { PATH: '/usr/bin:.' } }, 'env.PATH'],
      [{ env: { PATH: '/usr/bin:' } }, 'env.PATH'],
      [{ env: { PATH: '/proc/self/cwd' } }, 'env.PATH'],
      [{ env: longEnv }, 'env'],
      [{ env: { 'A=B': 'x' } }, 'env.A=B'],
      [{ env: { A: 'x\0' } }, 'env.A'],
      [{ url: 'ftp://a/' }, 'url'],
      [{ url: 'https://a/#b' }, 'url'],
      [{ url: null }, 'url'],
      [{ transport: 'stdio' }, 'command'],
      [{ transport: 'stdio', command: '/x', cwd: '/etc' }, 'cwd'],
      [{ transport: 'stdio', command: '/x', cwd: 'a/../../b' }, 'cwd'],
      [{ args: ['a\0b'] }, 'args.0'],
      // What would be refused at each start is refused here.
      [{ args: Array.from({ length: 20 }, () => 'x'.repeat(8_000)) }, 'args'],
    ]
    for (const [input, field] of wrong) {
      expect(fieldsOf({ ...server, ...input }), field).toEqual([field])
    }
    expect(
      fieldsOf({ ...server, transport: 'stdio', command: '/x', cwd: '/y', permission: 'full' }),
    ).toEqual([])
  })
})
