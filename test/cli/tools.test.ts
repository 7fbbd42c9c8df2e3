import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { createClient } from '@sallyport/sdk'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type RawServer, startRawServer } from '../fixtures/raw-server.ts'
import { runProgram } from '../fixtures/run-program.ts'
import { startVault, type TestVault } from '../fixtures/vault.ts'
import { verifies } from '../verifies.ts'
import { createPerson, type Person } from './sallyport.ts'

// From a document and a key to an agent that calls one tool of it with mcporter, one command each, and what is refused on the way.

const secret = 'sk_stock_0123456789abcdef'
let vault: TestVault
let person: Person
let upstream: RawServer
/** What a command ended with where it fails. */
const failure = async (args: readonly string[], secrets?: readonly string[]) => {
  const { code, stdout, stderr } = await person.run(args, secrets)
  return { code, stdout, stderr }
}
const write = (name: string, text: string) => {
  writeFileSync(join(person.project, name), text)
  return name
}

const stock = (origin: string, extra = '') => `
server:
  name: stock-index
  config:
    apiKey: ""
tools:
  - name: get_index
    description: The value of a stock index.
    args:
      - name: symbol
        description: Symbol of the index
        type: string
        required: true
    requestTemplate:
      url: "${origin}/v1/index?symbol={{.args.symbol}}"
      method: GET
      headers:
        - key: X-API-Key
          value: "{{.config.apiKey}}"
  - name: update_index
    description: Set the value of a stock index.
    args:
      - name: symbol
        type: string
        required: true
      - name: value
        type: number
        required: true
    requestTemplate:
      url: "${origin}/v1/index/{{.args.symbol}}"
      method: PUT
      argsToJsonBody: true
      headers:
        - key: X-API-Key
          value: "{{.config.apiKey}}"
${extra}`

beforeAll(async () => {
  upstream = await startRawServer({
    answer(socket, { method, target, headers, body }) {
      const key = headers.find(([name]) => name.toLowerCase() === 'x-api-key')?.[1]
      const isIn = key === secret
      const text = JSON.stringify(
        isIn ? { index: 3142.5, method, target, body: body.toString() } : { error: 'no key' },
      )
      socket.write(
        `HTTP/1.1 ${isIn ? '200 OK' : '401 No'}\r\ncontent-type: application/json\r\ncontent-length: ${text.length}\r\n\r\n${text}`,
      )
    },
  })
  vault = await startVault()
  person = createPerson(vault.url, { SALLYPORT_OWNER_TOKEN: vault.ownerToken })
  await vault.createAgentWithKey('alice')
  write('stock.yaml', stock(upstream.origin))
})
afterAll(async () => {
  person?.leave()
  await vault?.stop()
  await upstream?.close()
})

const mcporterBin = fileURLToPath(
  new URL('../../node_modules/mcporter/dist/cli.js', import.meta.url),
)
const mcporter = (...args: string[]) =>
  runProgram(process.execPath, [mcporterBin, ...args], {
    env: { HOME: person.home, PATH: process.env.PATH ?? '' },
    cwd: person.project,
  })

describe('a document that becomes tools', () => {
  it('is looked at first, and keeps nothing then', async () => {
    const { stdout } = await failure(['import', 'stock.yaml', '--name', 'stock-index', '--dry-run'])
    expect(stdout).toContain('2 taken, 0 changed, 0 refused')
    expect(stdout).toContain('get_index')
    expect((await person.json<{ toolsets: object[] }>(['toolsets', 'list'])).toolsets).toEqual([])
  })

  it('is imported by one command that asks for the key, which nobody sees again', async () => {
    verifies('S-38')
    const made = await person.run(['import', 'stock.yaml', '--name', 'stock-index'], [secret])
    expect([made.code, made.stderr]).toEqual([0, expect.stringContaining('2 taken')])
    expect(made.stdout).toContain('stock-index.get_index')
    expect(made.stdout).toContain('npx sallyport grant stock-index --agent')
    const again = await failure(['import', 'stock.yaml', '--name', 'stock-index'], [secret])
    expect([again.code, again.stdout]).toEqual([1, ''])
    expect(again.stderr).toMatch(/stock-index/)
    expect(person.printed()).not.toContain(secret)
  })

  it('has tools that the owner can look at and try, with each argument as its type', async () => {
    const shown = await person.run(['tools', 'show', 'stock-index.get_index'])
    expect(shown.stdout).toMatch(/symbol +string +yes +Symbol of the index/)
    const called = await person.run(['tools', 'call', 'stock-index.get_index', 'symbol=000001.SH'])
    expect(called.code).toBe(0)
    expect(JSON.parse(called.stdout)).toMatchObject({
      index: 3142.5,
      target: '/v1/index?symbol=000001.SH',
    })
    const put = await person.run([
      'tools',
      'call',
      'stock-index.update_index',
      'symbol=a',
      'value=1.5',
    ])
    expect(JSON.parse(JSON.parse(put.stdout).body)).toMatchObject({ value: 1.5 })
    const dry = await person.run([
      'tools',
      'call',
      'stock-index.get_index',
      'symbol=x',
      '--dry-run',
    ])
    expect(dry.stdout).toContain(`GET ${upstream.origin}/v1/index?symbol=x`)
    const count = upstream.requests.length
    for (const [words, said] of [
      [['stock-index.update_index', 'symbol=a', 'value=ten'], /value must be number/],
      [['nothing.at_all'], /no toolset "nothing"/],
      [['stock-index.get_index', 'symbol=x', 'sybmol=y'], /sybmol/],
    ] as const) {
      const { code, stderr } = await failure(['tools', 'call', ...words])
      expect([code, stderr]).toEqual([1, expect.stringMatching(said)])
    }
    expect(upstream.requests).toHaveLength(count)
    expect(person.printed()).not.toContain(secret)
  })

  it('is granted tool by tool, written down for mcporter, and called by it; nothing else is', async () => {
    verifies('S-09', 'S-38')
    const early = await failure(['connect', 'mcporter', '--agent', 'alice', '--directory', '.'])
    expect([early.code, early.stderr]).toEqual([1, expect.stringContaining('has no tools yet')])
    const wrong = await failure(['grant', 'stock-index', '--agent', 'alice', '--tool', 'get_indx'])
    expect([wrong.code, wrong.stderr]).toEqual([1, expect.stringContaining('has no tool')])
    const granted = await person.run([
      'grant',
      'stock-index',
      '--agent',
      'alice',
      '--tool',
      'get_index',
    ])
    expect(granted.stdout).toContain('alice has stock-index.get_index')
    const connected = await person.json<{ path: string; tools: string[] }>([
      ...['connect', 'mcporter', '--agent', 'alice', '--directory', '.'],
    ])
    expect(connected).toMatchObject({
      path: join(person.project, 'config', 'mcporter.json'),
      tools: ['stock-index.get_index'],
    })
    expect(statSync(connected.path).mode & 0o777).toBe(0o600)
    const { mcpServers } = JSON.parse(readFileSync(connected.path, 'utf8'))
    expect(Object.keys(mcpServers)).toEqual(['stock-index'])
    const listed = await mcporter('list', 'stock-index', '--schema')
    expect(listed.stdout).toContain('get_index')
    expect(listed.stdout).not.toContain('update_index')
    const called = await mcporter('call', 'stock-index.get_index', 'symbol=000001.SH')
    expect(called.stdout).toContain('3142.5')
    const count = upstream.requests.length
    const refused = await mcporter('call', 'stock-index.update_index', 'symbol=a', 'value=1')
    expect(refused.stdout + refused.stderr).not.toContain('3142.5')
    expect(upstream.requests).toHaveLength(count)
    const all = `${listed.stdout}${called.stdout}${refused.stdout}${refused.stderr}`
    expect(all).not.toContain(secret)
  })

  it('is described in a SKILL.md whose examples were run; what writes and what is unknown is not', async () => {
    const made = await person.json<{ path: string; ran: number }>([
      ...[
        'skill',
        'stock-index',
        '--out',
        'skills/stock',
        '--example',
        'get_index:symbol=000001.SH',
      ],
    ])
    expect(made).toMatchObject({ path: join('skills', 'stock', 'SKILL.md'), ran: 1 })
    const text = readFileSync(join(person.project, made.path), 'utf8')
    expect(text).toMatch(/^---\nname: stock-index\ndescription: ".*get_index.*"\n---\n/)
    expect(text).toContain('mcporter call stock-index.get_index symbol=000001.SH')
    expect(text).toContain('3142.5')
    expect(text).toMatch(/update_index[\s\S]*No example: it changes something/)
    expect(text).not.toContain(secret)
    const [, example = ''] = /```sh\nmcporter (.*)\n```/.exec(text) ?? []
    expect((await mcporter(...example.split(' '))).stdout).toContain('3142.5')
  })

  it('is imported anew with its differences shown, and only where somebody said yes', async () => {
    write('newer.yaml', stock(upstream.origin).replace('The value of', 'The present value of'))
    const args = ['import', 'newer.yaml', '--name', 'stock-index', '--update']
    const asked = await failure(args)
    expect([asked.code, asked.stderr]).toEqual([1, expect.stringContaining('add --yes')])
    expect(asked.stderr).toMatch(/~ get_index +\(has it: alice\)/)
    expect((await person.run([...args, '--yes'])).stdout).toContain('version 2')
    expect((await person.run(args)).stdout).toContain('Nothing changes.')
    const less = await failure([...args, '--except', 'update_index'])
    expect([less.code, less.stderr]).toEqual([1, expect.stringContaining('- update_index')])
    const other = await failure([...args, '--connection', 'another'])
    expect([other.code, other.stderr]).toEqual([1, expect.stringContaining('keeps the key')])
    const diff = await person.run(['toolsets', 'diff', 'stock-index', '1'])
    expect(diff.stdout).toMatch(/~ get_index/)
    const back = await failure(['toolsets', 'restore', 'stock-index', '1'])
    expect([back.code, back.stderr]).toEqual([1, expect.stringMatching(/present .* → The value/)])
  })

  it('has tokens that are rotated by the command, the old one good for a while', async () => {
    interface Made {
      readonly token: { readonly id: string; readonly name: string }
      readonly consumerToken: string
    }
    const agent = ['agents', 'token', 'bob']
    await person.run(['agents', 'create', 'bob'])
    await person.run(['grant', 'stock-index.get_index', '--agent', 'bob'])
    const first = await person.json<Made>([...agent, '--days', '7', '--name', 'build'])
    const grace = ['--grace-minutes', '10']
    const wrong = await failure([...agent, ...grace])
    expect([wrong.code, wrong.stderr]).toEqual([1, expect.stringContaining('--rotate')])
    const both = await failure([...agent, '--revoke', first.token.id, '--rotate', first.token.id])
    expect(both.code).toBe(1)
    const second = await person.json<Made>([...agent, '--rotate', first.token.id, ...grace])
    expect(second.token.name).toBe('build')
    const list = async ({ consumerToken }: Made) =>
      createClient({ baseUrl: vault.url, auth: { kind: 'bearer', token: consumerToken } })
        .call('listMyTools', {})
        .then(({ tools }) => tools.map(({ name }) => name))
        .catch(() => 'refused')
    expect([await list(first), await list(second)]).toEqual([
      ['stock-index.get_index'],
      ['stock-index.get_index'],
    ])
    await person.run([...agent, '--revoke', first.token.id])
    expect([await list(first), await list(second)]).toEqual(['refused', ['stock-index.get_index']])
    await person.run(['grant', 'stock-index', '--agent', 'bob', '--revoke'])
    await person.run(['grant', 'stock-index.get_index', '--agent', 'bob', '--revoke'])
  })

  it('is taken away again, from the agent and from its token', async () => {
    verifies('S-10')
    const revoked = await person.run([
      'grant',
      'stock-index.get_index',
      '--agent',
      'alice',
      '--revoke',
    ])
    expect(revoked.stdout).toContain('alice does not have stock-index.get_index')
    const count = upstream.requests.length
    const called = await mcporter('call', 'stock-index.get_index', 'symbol=1')
    expect(called.stdout + called.stderr).not.toContain('3142.5')
    await person.run(['grant', 'stock-index', '--agent', 'alice'])
    for (let turn = 0; turn < 2; turn += 1) {
      const withheld = await person.run([
        ...['grant', 'stock-index', '--agent', 'alice', '--tool', 'get_index', '--revoke'],
      ])
      expect(withheld.stdout).toContain('alice does not have stock-index.get_index')
    }
    const listed = await person.json<{ consumerTokens: { id: string }[] }>([
      ...['agents', 'token', 'alice', '--list'],
    ])
    expect(listed.consumerTokens).toHaveLength(1)
    const [token] = listed.consumerTokens
    await person.json(['agents', 'token', 'alice', '--revoke', token?.id ?? ''])
    const gone = await mcporter('call', 'stock-index.get_index', 'symbol=1')
    expect(gone.stdout + gone.stderr).not.toContain('3142.5')
    expect(upstream.requests).toHaveLength(count)
    expect((await person.run(['agents', 'reset', 'alice'])).stdout).toContain('alice is active')
  })
})

describe('a pasted curl command', () => {
  it('becomes a tool by one command and no question, its key kept and nowhere else', async () => {
    verifies('S-38')
    const file = write(
      'call.sh',
      `# Track a package\ncurl "${upstream.origin}/v1/track?tracking_id=ABC123" -H "X-API-Key: ${secret}"\n`,
    )
    const made = await person.run(['import', file, '--name', 'shipping'])
    expect([made.code, made.stderr]).toEqual([
      0,
      expect.stringContaining('it becomes the credential'),
    ])
    const called = await person.run(['tools', 'call', 'shipping.get_v1_track', 'tracking_id=X1'])
    expect(called.stdout).toContain('/v1/track?tracking_id=X1')
    const exported = await person.run(['toolsets', 'export', 'shipping'])
    expect([exported.code, exported.stdout]).toEqual([0, expect.stringContaining('tracking_id')])
    const skill = await person.json<{ skill: string }>(['skill', 'shipping', '--out', '-'])
    expect(skill.skill).toContain('mcporter call shipping.get_v1_track tracking_id=ABC123')
    expect(person.printed()).not.toContain(secret)
    for (const { text, path } of person.files()) {
      if (!path.endsWith('call.sh')) expect(text).not.toContain(secret)
    }
  })

  it('takes its key from a file where the command has none, and its document from stdin', async () => {
    mkdirSync(join(person.project, 'keys'))
    const key = write('keys/key', `${secret}\n`)
    const command = `curl -G ${upstream.origin}/v1/rates -d from=EUR -H "X-API-Key: $KEY"`
    const args = ['import', '-', '--name', 'rates', '--secret-file', key, '--json']
    const made = await person.run(args, [command])
    expect([made.code, made.stderr.includes(secret)]).toEqual([0, false])
    const called = await person.run(['tools', 'call', 'rates.get_v1_rates', 'from=USD'])
    expect(called.stdout).toContain('from=USD')
  })

  it('writes nothing where it is refused, and says why in a sentence', async () => {
    const file = write('run.sh', `curl "${upstream.origin}/$(touch a)"`)
    const { code, stdout, stderr } = await failure(['import', file])
    expect([code, stdout]).toEqual([1, ''])
    expect(stderr).toMatch(/^sallyport: .*another command.*\n$/)
    expect(existsSync(join(person.project, 'a'))).toBe(false)
  })
})

describe('a ready toolset of the catalog', () => {
  it('is made by its name for the connection of its service, once, and for no other', async () => {
    const none = await failure(['toolsets', 'add', 'github'])
    expect([none.code, none.stderr]).toEqual([1, expect.stringContaining('connections add')])
    await person.run(['connections', 'add', '--service', 'github'], [secret])
    const made = await person.run(['toolsets', 'add', 'github'])
    expect([made.code, made.stdout]).toEqual([0, expect.stringContaining('grant github')])
    const listed = await person.run(['tools', 'list', 'github'])
    expect(listed.stdout).toMatch(/github\.get_issue +active +GET +https:\/\/api\.github\.com/)
    const again = await failure(['toolsets', 'add', 'github'])
    expect([again.code, again.stderr]).toEqual([1, expect.stringContaining('already')])
    const other = await failure(['toolsets', 'add', 'slack', '--connection', 'GitHub'])
    expect([other.code, other.stdout]).toEqual([1, ''])
  })

  it('is shown with its tools, by name and by id, and is the newest of its template', async () => {
    const shown = await person.run(['toolsets', 'show', 'github'])
    expect([shown.code, shown.stderr]).toEqual([0, ''])
    const [head = '', ...rows] = shown.stdout.split('\n')
    expect(head).toMatch(/^tls_\w+ {2}github {2}github@1 {2}\d+ {2}0 {2}1 {2}GitHub$/)
    expect(rows[0]).toMatch(/^tool +status +method +url +agents$/)
    expect(rows.join('\n')).toMatch(/^get_issue +active +GET +https:\/\/api\.github\.com\S+ +0$/m)
    const [id = ''] = head.split(' ')
    expect((await person.run(['toolsets', 'show', id])).stdout).toBe(shown.stdout)
    const { tools } = await person.json<{ tools: { name: string }[] }>(['toolsets', 'show', id])
    expect(tools.map(({ name }) => name)).toContain('get_issue')
    const newest = await person.run(['toolsets', 'upgrade', 'github'])
    expect([newest.code, newest.stdout]).toEqual([0, 'github is github@1, which is the newest.\n'])
  })

  it('is deleted with its grants where somebody said yes, and leaves its connection', async () => {
    await person.run(['grant', 'github.get_issue', '--agent', 'alice'])
    const asked = await failure(['toolsets', 'delete', 'github'])
    expect(asked).toEqual({
      ...{ code: 1, stdout: '' },
      stderr:
        'sallyport: Delete github? 1 agent has tools of it. Nobody can be asked here: add --yes. Nothing was done.\n',
    })
    expect((await person.run(['toolsets', 'show', 'github'])).stdout).toMatch(/^get_issue .* 1$/m)
    const deleted = await person.run(['toolsets', 'delete', 'github', '--yes'])
    expect([deleted.code, deleted.stdout]).toEqual([0, 'github is deleted.\n'])
    expect((await person.run(['tools', 'list'])).stdout).not.toContain('github.get_issue')
    expect((await person.run(['connections', 'list'])).stdout).toContain('GitHub')
    // Nobody has tools of this one, so that nobody is asked.
    const unused = await person.run(['toolsets', 'delete', 'shipping'])
    expect([unused.code, unused.stdout]).toEqual([0, 'shipping is deleted.\n'])
  })

  it.each(['show', 'delete', 'upgrade'])(
    'that is not there is refused by %s in a sentence',
    async (verb) => {
      for (const [args, said] of [
        [
          ['github'],
          'sallyport: There is no toolset "github". `sallyport toolsets list` shows them.\n',
        ],
        [
          ['tls_00000000000000000000000000'],
          'sallyport: There is no such toolset. List the toolsets to see which there are.\n',
        ],
        [[], "sallyport: missing required argument 'toolset'. Add --help to see how it is used.\n"],
      ] as const) {
        const { code, stdout, stderr } = await failure(['toolsets', verb, ...args])
        expect([code, stdout, stderr]).toEqual([1, '', said])
      }
    },
  )

  it('is upgraded only where it was made of one', async () => {
    const { code, stdout, stderr } = await failure(['toolsets', 'upgrade', 'rates'])
    expect([code, stdout]).toEqual([1, ''])
    expect(stderr).toMatch(/^sallyport: rates was not made of a ready toolset: .*\n$/)
  })
})
