import type { PolicyDocumentInput } from '@sallyport/contracts'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type EchoUpstream, startEchoUpstream } from './fixtures/echo-upstream.ts'
import { startVault, type TestVault } from './fixtures/vault.ts'
import { createWireAgent, type WireAgent, type WireAnswer } from './fixtures/wire-agent.ts'
import { verifies } from './verifies.ts'

let vault: TestVault
let upstream: EchoUpstream
let agent: WireAgent
beforeAll(async () => {
  upstream = await startEchoUpstream()
  vault = await startVault()
  agent = await createWireAgent(vault, await vault.createAgentWithKey('ruled'))
})
afterAll(async () => {
  await vault?.stop()
  await upstream?.close()
})

type Rules = NonNullable<PolicyDocumentInput['rules']>
type When = Rules[number]['when']

/** A connection of its own whose policy allows all, but for these rules. */
async function under(rules: Rules, approval: 'never' | 'always' = 'never') {
  const connectionId = await vault.addConnection({ origins: [upstream.origin] })
  const allow = [
    { origin: upstream.origin, methods: ['GET' as const, 'POST' as const], paths: ['/**'] },
  ]
  const document = { allow, rules, approval, limits: {} }
  await vault.addPolicy({ agentId: agent.agentId, connectionId, ...document })
  const send = (input: object = {}): Promise<WireAnswer> =>
    agent.execute({ connectionId, method: 'POST', url: `${upstream.origin}/v1/send`, ...input })
  return { connectionId, document, send }
}
const denying = (when: When) => under([{ id: 'no', label: 'House rule', when, then: 'deny' }])

/** Sends what an approval is for, by its id alone. */
async function redeem(approvalId: string): Promise<{ readonly body: unknown }> {
  const response = await fetch(`${vault.url}/v1/approvals/${approvalId}/execute`, {
    method: 'POST',
    headers: { authorization: `Bearer ${await agent.newToken()}` },
  })
  return { body: await response.json() }
}

/** The type of the refusal, `asked`, or the upstream's status. */
const endOf = ({ status, body }: WireAnswer) =>
  body.approvalRequired === true ? 'asked' : status >= 400 ? body.type : body.status

const json = 'application/json'
const form = 'application/x-www-form-urlencoded'
const as = (contentType: string, body: string) => ({
  headers: { 'content-type': contentType },
  body,
})
const bytes = (contentType: string, body: Buffer | string) => ({
  body: { $base64: Buffer.from(body).toString('base64'), contentType },
})

describe('rules on paths', () => {
  it('keep back however a path is spelled, and allow only as it is written', async () => {
    verifies('S-14')
    const { send } = await under(
      [
        { id: 'no', label: 'No keys', when: { paths: ['/v1/keys/*'] }, then: 'deny' },
        { id: 'yes', when: { paths: ['/v1/notes/*'] }, then: 'allow' },
      ],
      'always',
    )
    const at = (path: string) => send({ method: 'GET', url: `${upstream.origin}${path}` })
    for (const path of [
      '/v1/keys/7',
      '/v1/keys/7/',
      '/V1/Keys/7',
      '/v1/keys;a/7',
      '/v1/%6beys/7',
    ]) {
      const answer = await at(path)
      expect(endOf(answer), path).toBe('policy-denied')
      expect(answer.body.detail, path).toContain('“No keys”')
    }
    expect(endOf(await at('/v1/notes/7'))).toBe(200)
    for (const path of ['/v1/notes/7/', '/v1/Notes/7', '/v1/notes;a/7', '/v1/keyss/7']) {
      expect(endOf(await at(path)), path).toBe('asked')
    }
  })
})

describe('rules on the query', () => {
  it('match any occurrence of a name, decoded, wherever it comes from', async () => {
    verifies('S-14')
    const { send } = await denying({ query: [{ name: 'to', op: 'eq', value: 'a b@evil' }] })
    const url = `${upstream.origin}/v1/send`
    const denied = [
      { url: `${url}?to=a+b@evil` },
      { url: `${url}?to=x&to=a%20b%40evil` },
      { url: `${url}?to=a%20b%40evil&to=x` },
      { url: `${url}?%74%6F=a%20b%40evil` },
      { url: `${url}?To=a%20b%40evil` },
      { url: `${url}?to%5B%5D=a%20b%40evil` },
      { query: { to: 'a b@evil' } },
      { url: `${url}?x=1`, query: { to: 'a b@evil' } },
    ]
    const before = upstream.requests.length
    for (const input of denied) {
      expect(endOf(await send(input)), JSON.stringify(input)).toBe('policy-denied')
    }
    expect(upstream.requests.length).toBe(before)
    for (const input of [{}, { url: `${url}?to=x` }, { query: { too: 'a b@evil' } }]) {
      expect(endOf(await send(input)), JSON.stringify(input)).toBe(200)
    }
  })

  it('let a rule that allows count only where every occurrence fits', async () => {
    const when = { query: [{ name: 'dry', op: 'eq' as const, value: 'true' }] }
    const { send } = await under([{ id: 'dry', when, then: 'allow' }], 'always')
    const url = `${upstream.origin}/v1/send`
    expect(endOf(await send({ url: `${url}?dry=true` }))).toBe(200)
    for (const query of ['', '?dry=false&dry=true', '?dry=true&dry=false', '?DRY=true']) {
      expect(endOf(await send({ url: `${url}${query}` })), query).toBe('asked')
    }
  })
})

describe('rules on the body', () => {
  it('match JSON, however it is written', async () => {
    verifies('S-14')
    const { send } = await denying({
      body: [
        { path: 'to[].email', op: 'not_ends_with', value: ['@own.example'], ignoreCase: true },
      ],
    })
    const own = { to: [{ email: 'a@own.example' }, { email: 'b@OWN.example' }] }
    expect(endOf(await send({ body: own }))).toBe(200)
    expect(endOf(await send(as(`${json}; charset=UTF-8`, JSON.stringify(own))))).toBe(200)
    expect(endOf(await send({ body: { cc: [] } }))).toBe(200)
    expect(endOf(await send())).toBe(200)
    expect(endOf(await send(bytes(json, '')))).toBe(200)
    const evil = '"x@evil.example"'
    const denied = [
      { body: { to: [{ email: 'a@own.example' }, { email: 'x@evil.example' }] } },
      { body: { to: { email: 'x@evil.example' } } },
      { body: { to: [[{ email: 'x@evil.example' }]] } },
      { body: { to: [{ Email: 'x@evil.example' }] } },
      { body: { TO: [{ EMAIL: 'x@evil.example' }] } },
      { body: { to: [{ email: ['x@evil.example'] }] } },
      { body: { to: [{ email: 'x@evil.example\u0000@own.example ' }] } },
      as(json, `{"\\u0074o":[{"e\\u006dail":${evil}}]}`),
      as(json, `{"to":[{"email":"a@own.example"}],"to":[{"email":${evil}}]}`),
      as(json, `{"to":[{"email":${evil}}],"t\\u006f":[{"email":"a@own.example"}]}`),
      as(json, `{"to":[{"email":${evil},"__proto__":{}}]}`),
      as('Application/Merge-Patch+JSON', `{"to":[{"email":${evil}}]}`),
      as('text/json', `{"to":[{"email":${evil}}]}`),
    ]
    const before = upstream.requests.length
    for (const input of denied) {
      expect(endOf(await send(input)), JSON.stringify(input)).toBe('policy-denied')
    }
    expect(upstream.requests.length).toBe(before)
  })

  it('count a body that cannot be read as if it held what is denied, and say why', async () => {
    verifies('S-14')
    const { send } = await denying({ body: [{ path: 'public', op: 'eq', value: true }] })
    const fine = '{"public":false}'
    expect(endOf(await send(as(json, fine)))).toBe(200)
    const unreadable = [
      as('text/plain', fine),
      as('application/xml', fine),
      as('application/octet-stream', fine),
      as('application/json; charset=utf-16', fine),
      as('application/json; charset=utf-7', fine),
      as('application/json, text/plain', fine),
      { body: fine },
      bytes(json, Buffer.from(`\ufeff${fine}`)),
      bytes(json, Buffer.from(fine, 'utf16le')),
      bytes(json, Buffer.concat([Buffer.from(fine), Buffer.of(0xff)])),
      as(json, `${fine} trailing`),
      as(json, `{"a":${'['.repeat(70)}${']'.repeat(70)}}`),
      as(json, `{"public":false,"pad":"${'x'.repeat(1.1 * 1024 * 1024)}"}`),
      as(json, `[${'0,'.repeat(60_000)}0]`),
    ]
    for (const input of unreadable) {
      const answer = await send(input)
      const shown = JSON.stringify(input).slice(0, 90)
      expect(endOf(answer), shown).toBe('policy-denied')
      expect(String(answer.body.detail), shown).toMatch(/House rule.* cannot be read: /)
    }
  })

  it('never allow by a rule, and always ask, for a body that cannot be read', async () => {
    const when: When = { body: [{ path: 'public', op: 'neq', value: true }] }
    const allowing = await under([{ id: 'a', when, then: 'allow' }], 'always')
    const asking = await under([{ id: 'b', when, then: 'require_approval' }])
    expect(endOf(await allowing.send({ body: { public: false } }))).toBe(200)
    for (const input of [
      as('text/plain', '{"public":false}'),
      as(json, '{"public":false,"public":false}'),
      as(json, '{"Public":false}'),
      as(json, '{"public":[false]}'),
      as(json, '{"public":"false"}x'),
    ]) {
      expect(endOf(await allowing.send(input)), input.body).toBe('asked')
      expect(endOf(await asking.send(input)), input.body).toBe('asked')
    }
  })

  it('take numbers and booleans that are written as text for what they may be read as', async () => {
    const { send } = await denying({ body: [{ path: 'amount', op: 'gt', value: 1000 }] })
    for (const amount of [1001, '1001', ' 1001', '1e4', '0x3E9', [5000]]) {
      expect(endOf(await send({ body: { amount } })), String(amount)).toBe('policy-denied')
    }
    for (const amount of [1000, '1000', '999.99', 'much', null]) {
      expect(endOf(await send({ body: { amount } })), String(amount)).toBe(200)
    }
    expect(endOf(await send(as(json, '{"amount":1e400}')))).toBe('policy-denied')
    expect(endOf(await send(as(form, 'amount=1001')))).toBe('policy-denied')
  })

  it('match forms: every field of a name, however it is encoded', async () => {
    const { send } = await denying({ body: [{ path: 'to', op: 'contains', value: 'evil' }] })
    expect(endOf(await send(as(form, 'to=friend&cc=evil')))).toBe(200)
    for (const text of [
      'to=evil',
      'to=friend&to=evil',
      'to=evil&to=friend',
      't%6F=%65vil',
      'to%5B%5D=evil',
      'to[0]=evil',
      'TO=evil',
      'x=1;to=evil',
      'to=%ZZ',
      'to=friend%00',
      '_charset_=utf-7&to=friend',
      'to=friend\n',
    ]) {
      expect(endOf(await send(as(form, text))), text).toBe('policy-denied')
    }
    expect(endOf(await send({ ...as(form, ''), body: { to: ['friend', 'evil'] } }))).toBe(
      'policy-denied',
    )
  })

  it('match the names, texts and file names of multipart bodies, and nothing that is put together oddly', async () => {
    const { send } = await denying({
      body: [{ path: 'file.filename', op: 'ends_with', value: '.exe', ignoreCase: true }],
    })
    const type = 'multipart/form-data; boundary=bb'
    const part = (head: string) => `--bb\r\nContent-Disposition: form-data; ${head}\r\n\r\nMZ\r\n`
    const fine = `${part('name="file"; filename="a.txt"')}--bb--\r\n`
    expect(endOf(await send(bytes(type, fine)))).toBe(200)
    for (const [body, contentType] of [
      [`${part('name="file"; filename="a.EXE"')}--bb--\r\n`, type],
      [
        `${part('name="file"; filename="a.txt"')}${part('name="file"; filename="b.exe"')}--bb--\r\n`,
        type,
      ],
      [`${part('name="file"; filename="a.txt"; filename*=utf-8\'\'a.exe')}--bb--\r\n`, type],
      [`${part("name='file'; filename='a.exe'")}--bb--\r\n`, type],
      [`x\r\n${fine}`, type],
      [fine.replaceAll('\r\n', '\n'), type],
      [fine.replace('--bb\r\n', '--bb \r\n'), type],
      [fine, 'multipart/form-data; boundary=b'],
      [fine, 'multipart/form-data; boundary="bb"; boundary=cc'],
      [fine, 'multipart/mixed; boundary=bb'],
    ] as const) {
      expect(endOf(await send(bytes(contentType, body))), body).toBe('policy-denied')
    }
  })

  it('match the recipients of a message inside the body', async () => {
    const { send } = await denying({
      body: [{ path: 'raw.@mime.to[]', op: 'not_ends_with', value: '@own.example' }],
    })
    const raw = (text: string) => ({
      body: { raw: Buffer.from(`${text}\r\nSubject: x\r\n\r\nHi`).toString('base64url') },
    })
    expect(endOf(await send(raw('To: Ann <Ann@OWN.example>, b@own.example')))).toBe(200)
    for (const text of [
      'To: x@evil.example',
      'To: a@own.example, x@evil.example',
      'To: "a@own.example" <x@evil.example>',
      'To: a@own.example\r\nTo: x@evil.example',
      'To: a@own.example (x@evil.example)',
      'To: team: a@own.example, x@evil.example;',
    ]) {
      expect(endOf(await send(raw(text))), text).toBe('policy-denied')
    }
    expect(endOf(await send({ body: { raw: 'not base64!' } }))).toBe('policy-denied')
  })
})

describe('deny before the rest', () => {
  it('wins wherever it stands, and the first of the rest decides', async () => {
    const secret: When = { body: [{ path: 'kind', op: 'eq', value: 'secret' }] }
    const { send } = await under(
      [
        { id: 'small', when: { body: [{ path: 'amount', op: 'lt', value: 10 }] }, then: 'allow' },
        { id: 'ask', when: { methods: ['POST'] }, then: 'require_approval' },
        { id: 'no', label: 'No secrets', when: secret, then: 'deny' },
      ],
      'always',
    )
    expect(endOf(await send({ body: { amount: 5 } }))).toBe(200)
    expect(endOf(await send({ body: { amount: 50 } }))).toBe('asked')
    const denied = await send({ body: { amount: 5, kind: 'secret' } })
    expect(endOf(denied)).toBe('policy-denied')
    expect(denied.body.detail).toContain('“No secrets”')
    expect(JSON.stringify(denied.body)).not.toContain('kind')
    const { entries } = await vault.owner.call('listAudit', { limit: 1 })
    expect(entries[0]).toMatchObject({ ruleId: 'no', problem: 'policy-denied' })
  })
})

describe('redact', () => {
  const redacting: Rules = [
    { id: 'tidy', when: { sensitive: { kinds: ['email', 'us_ssn'] } }, then: 'redact' },
  ]
  const given = '{ "text" : "write to ann@example.com, caf\\u00e9", "n": 1.50, "id":"123-45-6789"}'
  const left =
    '{ "text" : "write to [redacted:email], caf\\u00e9", "n": 1.50, "id":"[redacted:us_ssn]"}'

  it('takes what it finds out of what is sent, and leaves every other byte', async () => {
    verifies('S-14', 'S-21')
    const { send } = await under(redacting)
    const answer = await send(as(json, given))
    expect(answer.body).toMatchObject({ status: 200, body: { body: left } })
    const { entries } = await vault.owner.call('listAudit', { limit: 1 })
    expect(entries[0]).toMatchObject({
      requestBytes: left.length,
      detail: { redactedBy: ['tidy'], redacted: 2 },
    })
    const formed = await send(as(form, 'a=ann%40example.com&b=1+2'))
    expect(formed.body).toMatchObject({ body: { body: 'a=%5Bredacted%3Aemail%5D&b=1+2' } })
    const text = await send(as('text/plain', 'to ann@example.com'))
    expect(text.body).toMatchObject({ body: { body: 'to [redacted:email]' } })
    expect((await send({ dryRun: true, ...as(json, given) })).body).toMatchObject({
      decision: 'allow',
      wouldSend: { redactedBody: left },
    })
  })

  it('refuses where it cannot be done', async () => {
    verifies('S-21')
    const { send } = await under(redacting)
    const before = upstream.requests.length
    for (const input of [
      as('application/xml', '<a>ann@example.com</a>'),
      as(json, '{"a":1,"a":2}'),
      as(`${json}; charset=utf-16`, '{}'),
      { query: { q: 'ann@example.com' }, body: { a: 1 } },
      { method: 'GET', url: `${upstream.origin}/v1?q=ann%40example.com` },
      bytes(
        'multipart/form-data; boundary=bb',
        '--bb\r\nContent-Disposition: form-data; name="a"\r\n\r\nann@example.com\r\n--bb--\r\n',
      ),
      bytes(
        'multipart/form-data; boundary=bb',
        '--bb\r\nContent-Disposition: form-data; name="a"; filename="a"\r\n\r\nx\r\n--bb--\r\n',
      ),
    ]) {
      expect(endOf(await send(input)), JSON.stringify(input)).toBe('policy-denied')
    }
    expect(upstream.requests.length).toBe(before)
    expect(endOf(await send({ body: { a: 1 } }))).toBe(200)
    expect(endOf(await send({ method: 'GET' }))).toBe(200)
  })

  it('is decided again on what is left', async () => {
    verifies('S-14')
    const { send } = await under([
      ...redacting,
      {
        id: 'marked',
        when: { body: [{ path: 'id', op: 'contains', value: 'redacted' }] },
        then: 'deny',
      },
    ])
    expect(endOf(await send(as(json, given)))).toBe('policy-denied')
    expect(endOf(await send({ body: { id: 'x' } }))).toBe(200)
  })

  it('shows an owner what is left, and sends that alone, by id and by the request itself', async () => {
    verifies('S-14', 'S-24')
    const { send } = await under(redacting, 'always')
    for (const byId of [true, false]) {
      const asked = await send(as(json, given))
      const approvalId = String(asked.body.approvalRequestId)
      const { approval } = await vault.owner.call('getApproval', { approvalId })
      const shown = JSON.stringify(approval)
      expect(shown).not.toContain(Buffer.from('ann@example.com').toString('base64').slice(2, -4))
      expect(shown).toContain(Buffer.from(left).toString('base64'))
      await vault.owner.call('approveRequest', { approvalId })
      const sent = byId ? await redeem(approvalId) : await send({ approvalId, ...as(json, given) })
      expect(sent.body).toMatchObject({ status: 200, body: { body: left } })
    }
  })
})

describe('saving and trying rules', () => {
  it('refuses what cannot be compared, by field', async () => {
    const connectionId = await vault.addConnection({ origins: [upstream.origin] })
    const when = (body: object) => ({ body: [body] })
    const tried = (rules: unknown) =>
      vault.owner.call('createPolicy', {
        ...{ agentId: agent.agentId, connectionId, allow: [], rules: rules as Rules },
      })
    const bad = [
      [when({ path: 'a', op: 'matches', value: '(' }), 'rules.0.when.body.0.value'],
      [when({ path: 'a', op: 'gt', value: '1' }), 'rules.0.when.body.0.value'],
      [when({ path: 'a', op: 'in', value: 'x' }), 'rules.0.when.body.0.value'],
      [when({ path: 'a..b', op: 'exists' }), 'rules.0.when.body.0.path'],
      [
        { sensitive: { kinds: [], custom: [{ name: 'x', pattern: '[' }] } },
        'rules.0.when.sensitive.custom.0.pattern',
      ],
    ] as const
    for (const [condition, field] of bad) {
      await expect(tried([{ id: 'a', when: condition, then: 'deny' }])).rejects.toMatchObject({
        type: 'invalid-input',
        fields: [expect.objectContaining({ field })],
      })
    }
    const twins = { id: 'a', when: {}, then: 'deny' }
    await expect(tried([twins, twins])).rejects.toMatchObject({ type: 'invalid-input' })
  })

  it('tells what each rule says to a request that is tried', async () => {
    const { connectionId, document } = await under([
      { id: 'one', when: { methods: ['GET'] }, then: 'deny' },
      { id: 'two', when: { body: [{ path: 'to', op: 'eq', value: 'x' }] }, then: 'deny' },
      { id: 'three', when: { sensitive: { kinds: ['email'] } }, then: 'redact' },
    ])
    const tryIt = (body: unknown) =>
      vault.owner.call('tryPolicy', {
        connectionId,
        draft: document,
        request: { method: 'POST', url: `${upstream.origin}/v1`, body },
      })
    expect(await tryIt({ to: 'ann@example.com' })).toMatchObject({
      decision: 'allow',
      rules: [
        { id: 'one', matched: false, why: 'It does not match: it is not about POST.' },
        { id: 'two', matched: false },
        { id: 'three', matched: true },
      ],
      wouldSend: { redactedBody: '{"to":"[redacted:email]"}' },
    })
    expect(await tryIt('plain')).toMatchObject({ decision: 'deny', ruleId: 'two' })
  })
})
