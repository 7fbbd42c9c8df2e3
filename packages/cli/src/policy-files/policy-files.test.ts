import { readFileSync } from 'node:fs'
import { type Agent, type Connection, type Policy, policyFileSchema } from '@sallyport/contracts'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { describePlan } from './describe-plan.ts'
import { describeTest } from './describe-test.ts'
import { planChanges, type VaultState } from './plan-changes.ts'
import {
  type FileFault,
  type ReadPolicyFile,
  readPolicyFile,
  writeFault,
} from './read-policy-file.ts'
import { runPolicyTests } from './run-policy-tests.ts'
import { toFilePolicies, writePolicyFile } from './write-policy-file.ts'

const read = (text: string): ReadPolicyFile => {
  const file = readPolicyFile('p.yaml', text)
  if ('content' in file) return file
  throw new Error(file.map(writeFault).join('\n'))
}
const faultsOf = (text: string): readonly FileFault[] => {
  const file = readPolicyFile('p.yaml', text)
  return 'content' in file ? [] : file
}

const agent = (id: string, name: string) => ({ id, name }) as Agent
const connection = (id: string, label: string, status = 'healthy') =>
  ({ id, label, status, origins: ['https://a.example'] }) as unknown as Connection
const policy = (id: string, [agentId, connectionId]: [string, string], more: object = {}) =>
  ({
    ...{ id, agentId, connectionId, version: 3, approval: 'writes', limits: {}, windows: [] },
    allow: [{ origin: 'https://a.example', methods: ['GET'], paths: ['/**'] }],
    ...{ createdAt: '2027-01-01T00:00:00.000Z', updatedAt: '2027-01-01T00:00:00.000Z' },
    ...more,
  }) as unknown as Policy
const state = (...policies: Policy[]): VaultState => ({
  agents: [agent('agt_1', 'bot'), agent('agt_2', 'twin'), agent('agt_3', 'twin')],
  connections: [
    connection('con_1', 'Mail'),
    connection('con_2', 'Files'),
    connection('con_3', 'Mail', 'revoked'),
  ],
  policies,
})
const namesOf = ({ agents, connections }: VaultState) => ({
  agents: new Map(agents.map(({ id, name }) => [id, name])),
  connections: new Map(connections.map(({ id, label }) => [id, label])),
})
const one = (more = '') => `policies:
  - agent: bot
    connection: Mail
    allow: [{ origin: https://a.example, methods: [GET], paths: [/**] }]
${more}`

describe('reading', () => {
  it.each([
    ['policies: [', 1, ''],
    ['policies:\n  - agent: a\n    agent: b\n', 3, ''],
    ['polices: []', 1, 'polices'],
    [`${one()}    alow: []\n`, 5, 'policies.0.alow'],
    [`${one()}    limits: { perMinute: 0 }\n`, 5, 'policies.0.limits.perMinute'],
    [`${one()}    response: [{ id: x, keep: [a.@mime] }]\n`, 5, 'policies.0.response.0.keep.0'],
    [`${one()}  - agent: bot\n    connection: x\n`, 5, 'policies.1.allow'],
    ['- a', 1, ''],
    ['{"policies": [{"agent": 1}]}', 1, 'policies.0.agent'],
  ])('says of %j in which line and field the fault is', (text, line, field) => {
    const faults = faultsOf(text)
    expect(faults).toContainEqual(expect.objectContaining({ file: 'p.yaml', line, field }))
  })

  it.each([
    ['    aproval: never\n', /no field that is known here: did you mean approval\?/],
    ['    zzz: 1\n', /no field that is known here: there are agent, connection, allow,/],
    ['    rules: [{ id: a, when: { metods: [GET] }, then: deny }]\n', /did you mean methods\?/],
    [
      '    rules: [{ id: a, when: {}, then: denny }]\n',
      /must be one of allow, deny, .*mean deny\?/,
    ],
    ['    rules: [{ id: a, when: {} }]\n', /must be one of allow, deny/],
    ['    rules:\n', /must be a list, and nothing stands there/],
    ['    limits: { perHour: many }\n', /must be a number/],
    ['    limits: { perHour: 0 }\n', /must be at least 1$/],
  ])('says of %j what to write instead', (more, message) => {
    expect(faultsOf(one(more)).map((fault) => fault.message)).toEqual([
      expect.stringMatching(message),
    ])
  })

  it('takes no bomb of aliases, and no end of text', () => {
    const bomb = Array.from({ length: 30 }, (_, at) =>
      at === 0 ? 'a0: &a0 [x, x]' : `a${at}: &a${at} [*a${at - 1}, *a${at - 1}]`,
    ).join('\n')
    expect(faultsOf(bomb).map(({ message }) => message)).toEqual(['has too many aliases'])
    expect(faultsOf(`# ${'x'.repeat(9_000_000)}`)).toHaveLength(1)
  })

  it('never throws, whatever the text', () => {
    const piece = fc.constantFrom(
      'policies:',
      '\n',
      '  - ',
      'agent: a',
      ' ',
      '{',
      '[',
      ']',
      '&a',
      '*a',
      '!!x',
      '"',
      '? ',
      ': ',
      '|',
      '---',
      '\u0000',
    )
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 12 }), (pieces) => {
        expect(typeof readPolicyFile('x', pieces.join(''))).toBe('object')
      }),
    )
  })
})

describe('a plan', () => {
  const plan = (text: string, on: VaultState, prune = false) => {
    const planned = planChanges([read(text)], on, { prune })
    if ('faults' in planned) throw new Error(planned.faults.map(writeFault).join('\n'))
    return planned.changes
  }

  it('creates, changes and leaves alone', () => {
    const on = state(policy('pol_1', ['agt_1', 'con_1']))
    expect(plan(one(), on).map(({ action }) => action)).toEqual(['unchanged'])
    expect(plan(one(), state()).map(({ action }) => action)).toEqual(['create'])
    const changed = plan(one('    approval: always\n    limits: { perHour: 5 }\n'), on)
    expect(changed).toMatchObject([{ action: 'change', fields: ['approval', 'limits'] }])
    const text = describePlan(changed)
    expect(text).toContain('~ change bot → Mail')
    expect(text).toMatch(/\n {4}\+ .*5/)
    expect(text).toContain('0 to create, 1 to change, 0 to delete, 0 unchanged.')
  })

  it('names the rules that differ', () => {
    const rule = (id: string, then: string) => ({ id, when: {}, then })
    const rules = [rule('a', 'deny'), rule('b', 'deny')]
    const on = state(policy('pol_1', ['agt_1', 'con_1'], { rules }))
    const rest =
      '    rules:\n      - { id: b, when: {}, then: require_approval }\n      - { id: c, when: {}, then: deny }\n'
    expect(plan(one(rest), on)[0]?.fields).toEqual(['rules.a', 'rules.b', 'rules.c'])
    const turned =
      '    rules:\n      - { id: b, when: {}, then: deny }\n      - { then: deny, id: a, when: {} }\n'
    expect(plan(one(turned), on)[0]?.fields).toEqual(['rules (order)'])
  })

  it('deletes only what it is told to, and only of agents that the file names', () => {
    const on = state(
      policy('pol_1', ['agt_1', 'con_1']),
      policy('pol_2', ['agt_1', 'con_2']),
      policy('pol_3', ['agt_2', 'con_2']),
    )
    expect(plan(one(), on).map(({ action }) => action)).toEqual(['unchanged'])
    const pruned = plan(one(), on, true)
    expect(pruned.map(({ action, current }) => [action, current?.id])).toEqual([
      ['unchanged', 'pol_1'],
      ['delete', 'pol_2'],
    ])
  })

  it.each([
    ['nobody', one().replace('bot', 'nobody'), 2, /none is called “nobody”.*agents list/],
    ['a slip', one().replace('Mail', 'Mial'), 3, /none is called “Mial”: did you mean “Mail”/],
    ['a name of several', one().replace('bot', 'twin'), 2, /give the id \(agt_2, agt_3\)/],
    [
      'a pair twice',
      `${one()}${one().replace('policies:\n', '').replace('bot', 'agt_1')}`,
      5,
      /already/,
    ],
    ['another origin', one().replace('https://a.', 'https://b.'), 4, /must be one of https:\/\/a/],
  ])('is none where a file names %s', (...[, text, line, message]) => {
    const planned = planChanges([read(text)], state(), { prune: false })
    expect(planned).toMatchObject({ faults: [{ line, message: expect.stringMatching(message) }] })
  })
})

describe('writing', () => {
  const on = state(
    policy('pol_2', ['agt_3', 'con_2'], { expiresAt: '2027-05-01T00:00:00Z' }),
    policy('pol_1', ['agt_1', 'con_1'], { limits: { perDay: 3 } }),
  )
  const text = writePolicyFile(toFilePolicies(on.policies, namesOf(on)), namesOf(on))

  it('names whom nobody else is called like, and others by their id', () => {
    expect(text).toMatch(/^# yaml-language-server: \$schema=/)
    expect(text).toContain('agent: agt_3 # twin')
    expect(text).toContain('connection: Files')
    // Another one was called so too.
    expect(text).toContain('connection: con_1 # Mail')
    expect(text).toContain('methods: [GET]')
    expect(text).not.toMatch(/windows|pol_|version|createdAt/)
  })

  it('is read back as what it was, in the same order', () => {
    const planned = planChanges([read(text)], on, { prune: true })
    expect(planned).toMatchObject({ changes: [{ action: 'unchanged' }, { action: 'unchanged' }] })
    const again = writePolicyFile(
      toFilePolicies(on.policies.toReversed(), namesOf(on)),
      namesOf(on),
    )
    expect(again).toBe(text)
  })

  it('keeps every text, whatever is in it', () => {
    const label = fc
      .string({ unit: 'binary', minLength: 1, maxLength: 20 })
      .filter((one) => one.trim() === one && one.isWellFormed())
    fc.assert(
      fc.property(label, (name) => {
        const rules = [{ id: 'a', label: name, when: {}, then: 'deny' }]
        const odd = { ...on, policies: [policy('pol_1', ['agt_1', 'con_1'], { rules })] }
        const written = writePolicyFile(toFilePolicies(odd.policies, namesOf(odd)), namesOf(odd))
        expect(read(written).content.policies?.[0]?.rules?.[0]?.label).toBe(name)
      }),
    )
  })

  it('has a schema', () => {
    expect(policyFileSchema()).toMatchObject({
      $schema: 'https://json-schema.org/draft/2020-12/schema',
      properties: { policies: { type: 'array' }, tests: { type: 'array' } },
    })
  })
})

describe('tests in files', () => {
  const rules = `    rules:
      - { id: no, when: { body: [{ path: a, op: eq, value: 1 }] }, then: deny }
      - { id: hide, when: { sensitive: { kinds: [email] } }, then: redact }
    response: [{ id: k, keep: [id] }]
    windows: [{ days: [mon], from: '09:00', to: '10:00', timezone: UTC }]
`
  const policies = one(rules).replace('[GET]', '[GET, POST]')
  const test = (request: object, more: object) =>
    JSON.stringify({
      tests: [
        {
          ...{ name: 't', agent: 'bot', connection: 'Mail', at: '2027-01-04T09:30:00Z' },
          request: { method: 'POST', url: 'https://a.example/x', ...request },
          ...more,
        },
      ],
    })
  const run = async (text: string) => {
    const result = await runPolicyTests([read(policies), read(text)], Date.UTC(2027, 0, 5))
    if ('faults' in result) throw new Error(result.faults.map(writeFault).join())
    return result.tested[0]?.differences
  }

  it('pass where everything is as expected', async () => {
    const denied = { decision: 'deny', ruleId: 'no', problem: 'policy-denied' }
    expect(await run(test({ body: { a: 1 } }, { expect: denied }))).toEqual([])
    const sentBody = { to: '[redacted:email]' }
    const asks = { decision: 'require_approval', sentBody }
    expect(await run(test({ body: { to: 'a@b.example' } }, { expect: asks }))).toEqual([])
    const answer = { body: { id: 1, x: 2 } }
    const seen = { expect: { answer: { body: { id: 1 }, withheld: false } } }
    expect(await run(test({}, { answer, ...seen }))).toEqual([])
    const page = { answer: { body: '<p>' }, expect: { answer: { withheld: true } } }
    expect(await run(test({}, page))).toEqual([])
    const elsewhere = { expect: { problem: 'origin-not-allowed' } }
    expect(await run(test({ url: 'https://b.example/' }, elsewhere))).toEqual([])
  })

  it('say what came out otherwise', async () => {
    expect(await run(test({}, { expect: { decision: 'deny', ruleId: 'no' } }))).toMatchObject([
      { what: 'decision', expected: 'deny', was: 'require_approval' },
      { what: 'ruleId', expected: 'no' },
    ])
    const later = { at: '2027-01-04T10:30:00Z', expect: { decision: 'require_approval' } }
    expect(await run(test({}, later))).toMatchObject([{ what: 'decision', was: 'deny' }])
  })

  it('are faults where they have no policy', async () => {
    const lost = test({}, { agent: 'other', expect: { decision: 'deny' } })
    expect(await runPolicyTests([read(policies), read(lost)], 0)).toMatchObject({
      faults: [{ field: 'tests.0', message: expect.stringMatching(/they hold bot → Mail/) }],
    })
  })

  it('say by which rule and why, and what was expected instead', async () => {
    const text = test({ body: { a: 1 } }, { expect: { decision: 'allow' } })
    const result = await runPolicyTests([read(policies), read(text)], 0)
    const [tested] = 'tested' in result ? result.tested : []
    expect(tested?.decided).toMatchObject({ decision: 'deny', ruleId: 'no' })
    const lines = tested === undefined ? [] : describeTest(tested)
    expect(lines.join('\n')).toMatch(
      /^FAIL t {2}\(p\.yaml:1\)\n +decision\n +expected +"allow"\n +was +"deny"\n +deny by no: ./,
    )
  })

  it('see no answer to what is denied, and expect something', async () => {
    const denied = { answer: { body: { id: 1 } }, expect: { answer: { body: { id: 1 } } } }
    expect(await run(test({ body: { a: 1 } }, denied))).toMatchObject([{ what: 'answer' }])
    expect(await run(test({ url: 'not a URL' }, denied))).toMatchObject([{ what: 'answer' }])
    expect(faultsOf(test({}, { expect: {} }))).toMatchObject([{ field: 'tests.0.expect' }])
  })
})

describe('the documentation', () => {
  it('shows a file that is read, and whose tests pass', async () => {
    const page = readFileSync(
      new URL('../../../../docs/policies-as-code.md', import.meta.url),
      'utf8',
    )
    const [, text = ''] = /```yaml\n(.*?)```/s.exec(page) ?? []
    const result = await runPolicyTests([read(text)], Date.UTC(2027, 0, 5))
    const tested = 'tested' in result ? result.tested : []
    expect(tested.map(({ name, differences }) => [name, differences])).toEqual([
      ['strangers get no mail', []],
      ['only the numbers of messages are seen', []],
    ])
  })
})

describe('tools in files', () => {
  const toolsets = [
    { id: 'tls_1', name: 'stock-index', tools: [{ id: 'tol_1', name: 'get_index' }] },
    { id: 'tls_2', name: 'wiki', tools: [] },
  ]
  const grants = [
    { toolsetId: 'tls_1', allowed: true, limits: { perDay: 5 } },
    { toolsetId: 'tls_1', toolId: 'tol_1', allowed: false },
    { toolsetId: 'tls_gone', toolId: 'tol_gone', allowed: true, approval: 'always' as const },
  ]
  const file = (tools: string) => `${one()}    tools: ${tools}\n`

  it('stand by their names, and are read back as what they were', () => {
    const on = { ...state(policy('pol_1', ['agt_1', 'con_1'], { tools: grants })), toolsets }
    const names = { ...namesOf(on), toolsets }
    const text = writePolicyFile(toFilePolicies(on.policies, names), names)
    expect(text).toContain('toolset: stock-index')
    expect(text).toContain('tool: get_index')
    expect(text).toContain('toolset: tls_gone')
    const gone = { id: 'tls_gone', name: 'was', tools: [{ id: 'tol_gone', name: 'x' }] }
    const again = { ...on, toolsets: [...toolsets, gone] }
    expect(planChanges([read(text)], again, { prune: true })).toMatchObject({
      changes: [{ action: 'unchanged' }],
    })
  })

  it.each([
    ['[{ toolset: stock-indx }]', 'tools.0.toolset', /did you mean “stock-index”/],
    [
      '[{ toolset: wiki }, { toolset: stock-index, tool: get_indx }]',
      'tools.1.tool',
      /“get_index”/,
    ],
  ])('of %s are told that there are none', (tools, field, message) => {
    const planned = planChanges([read(file(tools))], { ...state(), toolsets }, { prune: false })
    expect(planned).toMatchObject({
      faults: [{ field: `policies.0.${field}`, message: expect.stringMatching(message) }],
    })
  })

  it('are granted once each', () => {
    const twice = '[{ toolset: wiki }, { toolset: wiki, allowed: false }]'
    expect(faultsOf(file(twice))).toMatchObject([{ field: 'policies.0.tools.1' }])
  })

  it('are tested without a vault', async () => {
    const tests = `tests:
  - name: reads the index
    agent: bot
    connection: Mail
    tool: stock-index.get_index
    request: { method: GET, url: https://b.example/v1/index }
    expect: { decision: allow, ruleId: 'tools[0]' }
  - name: not by itself
    agent: bot
    connection: Mail
    request: { method: GET, url: https://b.example/v1/index }
    expect: { decision: deny }
  - name: not another tool
    agent: bot
    connection: Mail
    tool: wiki.search
    request: { method: GET, url: https://b.example/v1/index }
    expect: { problem: tool-not-found }
`
    const text = `${file('[{ toolset: stock-index }]')}${tests}`
    const ran = await runPolicyTests([read(text)], 0)
    expect('tested' in ran && ran.tested.map(({ differences }) => differences)).toEqual([
      [],
      [],
      [],
    ])
  })
})
