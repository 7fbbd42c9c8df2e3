import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startVault, type TestVault } from '../fixtures/vault.ts'
import { createPerson, type Person } from './sallyport.ts'

// Policies kept in files, by the command as people run it.

let vault: TestVault
let person: Person

beforeAll(async () => {
  vault = await startVault()
  person = createPerson(vault.url, { SALLYPORT_OWNER_TOKEN: vault.ownerToken })
  await vault.createAgentWithKey('support-bot')
  await vault.addConnection({ origins: ['https://mail.example'], label: 'Mail' })
  await vault.addConnection({ origins: ['https://files.example'], label: 'Files' })
})
afterAll(async () => {
  person?.leave()
  await vault?.stop()
})

interface Told {
  readonly changes: { action: string; fields?: string[]; added: string[] }[]
  readonly applied?: unknown[]
}

const write = (text: string, name = 'policies.yaml') => {
  writeFileSync(join(person.project, name), text)
  return name
}
const read = (name: string) => readFileSync(join(person.project, name), 'utf8')
const actions = ({ changes }: Told) => changes.map(({ action }) => action)
const policies = async () => (await vault.owner.call('listPolicies', {})).policies

const file = `policies:
  - agent: support-bot
    connection: Mail
    allow:
      - { origin: https://mail.example, methods: [GET, POST], paths: [/v1/**] }
    rules:
      - id: no-strangers
        label: To our own people only
        when: { methods: [POST], body: [{ path: 'to[]', op: not_ends_with, value: '@acme.example' }] }
        then: deny
    response:
      - { id: no-phones, redact: [phone], when: { methods: [GET] } }
  - agent: support-bot
    connection: Files
    approval: always
    allow:
      - { origin: https://files.example, methods: [GET], paths: [/**] }
`

describe('a file of policies', () => {
  it('is shown before it is applied, and changes nothing until then', async () => {
    const name = write(file)
    const shown = await person.run(['policies', 'apply', name, '--dry-run'])
    expect([shown.code, shown.stderr]).toEqual([0, ''])
    expect(shown.stdout).toContain('+ create support-bot → Mail')
    expect(shown.stdout).toContain('2 to create, 0 to change, 0 to delete, 0 unchanged.')
    const unasked = await person.run(['policies', 'apply', name])
    expect([unasked.code, unasked.stderr]).toEqual([1, expect.stringContaining('add --yes')])
    expect(await policies()).toEqual([])
  })

  it('is applied once: a second time changes nothing', async () => {
    const name = write(file)
    const first = await person.json<Told>(['policies', 'apply', name, '--yes'])
    expect(actions(first)).toEqual(['create', 'create'])
    expect(first.applied).toHaveLength(2)
    const before = await policies()
    expect(actions(await person.json<Told>(['policies', 'apply', name, '--yes']))).toEqual([
      'unchanged',
      'unchanged',
    ])
    expect(await policies()).toEqual(before)
  })

  it('comes out as it went in', async () => {
    const written = await person.run(['policies', 'export', '-o', 'out.yaml'])
    expect(written.code).toBe(0)
    expect(read('out.yaml')).toMatch(/^# yaml-language-server: \$schema=/)
    expect(read('out.yaml').match(/connection: \w+/g)).toEqual([
      'connection: Files',
      'connection: Mail',
    ])
    const again = await person.json<Told>(['policies', 'apply', 'out.yaml', '--prune', '--yes'])
    expect(actions(again)).toEqual(['unchanged', 'unchanged'])
    const some = await person.run(['policies', 'export', '--connection', 'Mail'])
    expect(some.stdout).toContain('connection: Mail')
    expect(some.stdout).not.toContain('Files')
  })

  it('changes one field and deletes what is gone, where it is told to', async () => {
    const [mail = ''] = file.split('  - agent: support-bot\n    connection: Files')
    const name = write(mail.replace('/v1/**', '/v2/**'))
    const kept = await person.json<Told>(['policies', 'apply', name, '--dry-run'])
    expect(kept.changes).toMatchObject([{ action: 'change', fields: ['allow.0'] }])
    const pruned = await person.json<Told>(['policies', 'apply', name, '--prune', '--yes'])
    expect(actions(pruned)).toEqual(['change', 'delete'])
    expect(await policies()).toMatchObject([{ version: 2, allow: [{ paths: ['/v2/**'] }] }])
  })

  it('is refused whole where anything in it is wrong, with the place', async () => {
    const before = await policies()
    const wrong = file
      .replace('[/v1/**]', '[v1]')
      .replace('connection: Files', 'connection: Nowhere')
      .replace('redact: [phone]', "redactCustom: [{ name: x, pattern: '(' }]")
    const { code, stdout, stderr } = await person.run(['policies', 'apply', write(wrong), '--yes'])
    expect([code, stdout]).toEqual([1, ''])
    expect(stderr).toMatch(/^policies\.yaml:5:\d+: policies\.0\.allow\.0\.paths\.0 /m)
    const origin = file.replace('https://files.example', 'https://other.example')
    const unfit = await person.run(['policies', 'apply', write(origin), '--yes'])
    expect(unfit.stderr).toMatch(/policies\.yaml:\d+:\d+: policies\.1\.allow\.0\.origin must be/)
    expect(await policies()).toEqual(before)
  })
})

describe('tests in a file', () => {
  const tests = (decision: string) => `tests:
  - name: strangers get no mail
    agent: support-bot
    connection: Mail
    request: { method: POST, url: https://mail.example/v1/send, body: { to: [a@b.example] } }
    expect: { decision: ${decision}, ruleId: no-strangers }
`
  it('are run without a vault, and fail with what came out', async () => {
    const alone = createPerson('http://127.0.0.1:9')
    try {
      writeFileSync(join(alone.project, 'p.yaml'), file)
      writeFileSync(join(alone.project, 'good.yaml'), tests('deny'))
      writeFileSync(join(alone.project, 'bad.yaml'), tests('allow'))
      const good = await alone.run(['policies', 'test', 'p.yaml', 'good.yaml'])
      expect([good.code, good.stdout]).toEqual([0, expect.stringContaining('1 of 1 tests passed.')])
      const bad = await alone.run(['policies', 'test', 'p.yaml', 'bad.yaml'])
      expect(bad.code).toBe(1)
      expect(bad.stdout).toMatch(
        /FAIL strangers.*bad\.yaml:2\)\n +decision\n +expected +"allow"\n +was +"deny"\n +deny by no-strangers “To/,
      )
      const none = await alone.run(['policies', 'test', 'p.yaml'])
      expect([none.code, none.stderr]).toEqual([1, expect.stringContaining('There is no test')])
      const schema = await alone.json<{ $schema: string }>(['policies', 'schema'])
      expect(schema).toEqual(JSON.parse(readFileSync('docs/policy.schema.json', 'utf8')))
    } finally {
      alone.leave()
    }
  })
})
