import type { RequestRule } from '@sallyport/contracts'
import { describe, expect, it } from 'vitest'
import { factsFor } from '../../../../test/fixtures/policy-facts.ts'
import { verifies } from '../../../../test/verifies.ts'
import { compilePolicy } from './compile-policy.ts'
import { matchResponseRules } from './compile-response-rules.ts'
import { decide } from './decide.ts'
import type { PolicyRequest } from './decision.ts'

// An agent that knows the rule and writes its request so that the rule does not see what the receiver will.

const origin = 'https://api.example.com'
const facts = factsFor(origin)
type Sent = Partial<Omit<PolicyRequest, 'body'>> & {
  readonly text?: string
  readonly type?: string
}

function outcomeOf(
  when: RequestRule['when'],
  then: RequestRule['then'],
  { text, type = 'application/json', ...sent }: Sent,
): string {
  const allow = [{ origin, methods: ['POST' as const], paths: ['/**'] }]
  const approval = then === 'allow' ? 'always' : 'never'
  const document = { allow, rules: [{ id: 'r', when, then }], approval, limits: {}, windows: [] }
  const policy = compilePolicy({ id: 'pol_1', version: 1, document } as never)
  const base = { method: 'POST', origin, path: '/v1/send', query: [] }
  const body = text === undefined ? {} : { body: new TextEncoder().encode(text) }
  return decide(policy, { ...base, headers: [['content-type', type]], ...body, ...sent }, facts)
    .outcome
}
const form = 'application/x-www-form-urlencoded'
const multipart = 'multipart/form-data; boundary=b'
const part = (head: string, text = 'x') =>
  `--b\r\nContent-Disposition: form-data; ${head}\r\n\r\n${text}\r\n`
const json = (value: unknown): Sent => ({ text: JSON.stringify(value) })
const message = (lines: string): Sent =>
  json({ raw: Buffer.from(`${lines}\r\n\r\nHi`).toString('base64url') })

/** What some receiver would take for what the rule denies. */
const denied: Readonly<Record<string, readonly [RequestRule['when'], readonly Sent[]]>> = {
  'a path in another spelling': [
    { paths: ['/v1/secrets/*', '/v1/Admin'] },
    [
      { path: '/v1/secrets/7/' },
      { path: '/V1/Secrets/7' },
      { path: '/v1/%73ecrets/7' },
      { path: '/v1/secrets;v=1/7' },
      { path: '/v1/secrets%2F7' },
      { path: '/v1/secrets./7' },
      { path: '/v1/admin/' },
      { path: '/v1/admin.json' },
      { path: '/v1/admin;jsessionid=1' },
      { path: '/v1/%EF%BD%81dmin' },
      { path: '/v1/adm%C2%ADin' },
    ],
  ],
  'a parameter in another spelling': [
    { query: [{ name: 'from_date', op: 'eq', value: 'x' }] },
    [
      { query: [['FROM_DATE', 'x']] },
      { query: [['from.date', 'x']] },
      { query: [['from date', 'x']] },
      { query: [['from[date', 'x']] },
      { query: [[' from_date', 'x']] },
      { query: [['from_date[]', 'x']] },
      { query: [['from_date[a][0]', 'x']] },
      { query: [['q', 'y;from_date=x']] },
      { query: [['q;from_date', 'x']] },
      { query: [['from_date', 'x;y']] },
      { query: [['from_date', ' x']] },
      { query: [['from_date', 'x\u200b']] },
    ],
  ],
  'a member in another place or spelling': [
    { body: [{ path: 'to[].email', op: 'ends_with', value: '@evil.example' }] },
    [
      json({ to: { email: 'x@evil.example' } }),
      json({ to: [[{ email: 'x@evil.example' }]] }),
      json({ to: { 0: { email: 'x@evil.example' } } }),
      json({ To: [{ eMail: 'x@evil.example' }] }),
      json({ to: [{ 'email.address': 'x@evil.example' }] }),
      json({ 'to.email': 'x@evil.example' }),
      json({ to: [{ email: ['x@evil.example'] }] }),
      json({ to: [{ email: { value: 'x@evil.example' } }] }),
      { text: 'to[0][email]=x@evil.example', type: form },
      { text: 'to.email=x@evil.example', type: form },
      { text: '{"to":[{"\\u0065mail":"x\\u0040evil.example"}]}' },
      { text: '\ufeff{"to":[{"email":"x@evil.example"}]}' },
      { text: '{"to":[],"to":[{"email":"x@evil.example"}]}' },
      { text: '{"to":[{"email":"x@evil.example"}]}//' },
      { text: "{'to':[{'email':'x@evil.example'}]}" },
      { text: '{"to":[{"email":"x@evil.example"}]}', type: 'text/plain' },
      { text: '{"to":[{"email":"x@evil.example"}]}', type: 'application/json;charset=utf-7' },
      { text: '{"to":[{"email":"x@evil.example"}]}', type: "application/json;charset*=utf-8''x" },
      { text: '{"to":[]}', type: 'application/json, text/plain' },
      { text: `${'['.repeat(65)}${']'.repeat(65)}` },
    ],
  ],
  'a text in another spelling': [
    { body: [{ path: 'to', op: 'ends_with', value: '@café.example' }] },
    [
      json({ to: 'x@café.example' }),
      json({ to: 'x@cafe\u0301.example' }),
      json({ to: 'x＠café.example' }),
      json({ to: 'x@café.exam\u200bple' }),
      json({ to: 'x@café.example ' }),
      json({ to: 'x@café.example\n' }),
      json({ to: 'x@café.example\0' }),
      json({ to: 'x@café.example\0y' }),
    ],
  ],
  'what is not on a list, behind what is': [
    { body: [{ path: 'to', op: 'not_ends_with', value: '@own.example' }] },
    [
      json({ to: 'x@evil.example\0@own.example' }),
      json({ to: 'x@evil.example' }),
      json({ to: ['a@own.example', 'x@evil.example'] }),
      json({ to: 'a@own.example', TO: 'x@evil.example' }),
    ],
  ],
  'a number in another spelling': [
    { body: [{ path: 'amount', op: 'gt', value: 1000 }] },
    [
      ...['1001', ' 1001 ', '1_001', '1,001', '１００１', '0x3e9', '1e4', 'Infinity', '1001 EUR'],
      ...[[1001], { value: 1001 }],
    ].map((amount) => json({ amount })),
  ],
  'a field of a form in another spelling': [
    { body: [{ path: 'user_role', op: 'eq', value: 'admin' }] },
    [
      ...['user.role=admin', 'user+role=admin', '+user_role=admin', 'USER_ROLE=admin'],
      ...['user_role[]=admin', 'user_role=x&user_role=admin', 'x=1;user_role=admin'],
      ...['user%5frole=admin', '_charset_=x&user_role=y', 'user_role=admin%20', 'user[role=admin'],
    ].map((text) => ({ text, type: form })),
  ],
  'a file in an odd body': [
    { body: [{ path: 'file.filename', op: 'ends_with', value: '.exe' }] },
    [
      { text: `${part('name="file"; filename="a.exe "')}--b--`, type: multipart },
      { text: `${part('name="FILE"; filename="a.exe"')}--b--`, type: multipart },
      { text: `${part('name="_charset_"', 'utf-7')}--b--`, type: multipart },
      { text: `${part('name="x"')}--b--`, type: `${multipart}; boundary*=utf-8''c` },
      { text: `${part('name="x"')}--b--`, type: `${multipart}; boundary*0=c` },
      { text: `${part('name="x"')}--b--`, type: 'multipart/form-data; boundary="b "' },
      {
        text: '--b\r\nContent-Disposition: form-data; name="file"\r\nContent-Type: multipart/mixed; boundary=c\r\n\r\n--c\r\nContent-Disposition: file; filename="a.exe"\r\n\r\nMZ\r\n--c--\r\n--b--',
        type: multipart,
      },
    ],
  ],
  'a recipient in an odd message': [
    { body: [{ path: 'raw.@mime.to[]', op: 'not_ends_with', value: '@own.example' }] },
    [
      message('To: x@evil.example'),
      message('To: "x@evil.example" <a@own.example>'),
      message('To: "a\\" <x@evil.example>, " <a@own.example>'),
      message('To: =?utf-8?q?x=40evil=2Eexample=2C?= <a@own.example>'),
      message('To: =?utf-8?b?eEBldmlsLmV4YW1wbGUs?= <a@own.example>'),
      message('\r\nTo: x@evil.example'),
      message('To: a@own.example\r\nTo: x@evil.example'),
      json({ raw: Buffer.from('To: x@evil.example\r\n\r\n').toString('base64') }),
      json({ raw: ` ${Buffer.from('To: a@own.example\r\n\r\n').toString('base64')}` }),
      json({ Raw: Buffer.from('To: x@evil.example\r\n\r\n').toString('base64') }),
    ],
  ],
}

/** What an honest agent sends, under the same rules. */
const passed: Readonly<Record<string, readonly Sent[]>> = {
  'a path in another spelling': [{ path: '/v1/secret/7' }, { path: '/v1/admins' }],
  'a parameter in another spelling': [
    { query: [['from', 'x']] },
    { query: [['date', 'x']] },
    { query: [['from_date', 'y;z']] },
  ],
  'a member in another place or spelling': [
    json({ to: [{ email: 'a@own.example' }], email: 'x@evil.example' }),
    json({ to: { email: 'a@own.example' } }),
  ],
  'a text in another spelling': [json({ to: 'x@cafe.example' }), json({ to: 'Zoë' })],
  'what is not on a list, behind what is': [json({ to: 'ä@own.example' }), json({})],
  'a number in another spelling': [
    ...[1000, '1000', 'much', '', '999.99', '９９９'].map((amount) => json({ amount })),
  ],
  'a field of a form in another spelling': [
    { text: 'user=admin&role=admin&user_roles=admin', type: form },
  ],
  'a file in an odd body': [
    { text: `${part('name="file"; filename="a.txt"')}--b--`, type: multipart },
  ],
  'a recipient in an odd message': [
    message(`To: "Doe, Ann" <a@own.example>, "'b@own.example'" <b@own.example>`),
    message('To: "a@own.example" <A@own.example>'),
    message('To: =?utf-8?q?Zo=C3=AB?= <a@own.example>'),
  ],
}

describe('a rule that denies', () => {
  for (const [name, [when, requests]] of Object.entries(denied)) {
    it(`sees ${name}`, () => {
      verifies('S-14')
      for (const sent of requests) {
        const shown = JSON.stringify(sent)
        expect(outcomeOf(when, 'deny', sent), shown).toBe('deny')
        expect(outcomeOf(when, 'require_approval', sent), shown).toBe('require_approval')
      }
      for (const sent of passed[name] ?? []) {
        expect(outcomeOf(when, 'deny', sent), JSON.stringify(sent)).toBe('allow')
      }
    })
  }

  it('takes no more time for a path that could be followed in very many ways', () => {
    const path = '[]'.repeat(60)
    const when = { body: [{ path, op: 'eq' as const, value: 'x' }] }
    const nested = `${'{"a":'.repeat(60)}"y"${'}'.repeat(60)}`
    expect(outcomeOf(when, 'deny', { text: nested })).toBe('deny')
  })
})

describe('a rule that allows', () => {
  it('does not count where some receiver would take the request for another', () => {
    verifies('S-14')
    const dryRun: RequestRule['when'] = {
      paths: ['/v1/send'],
      body: [{ path: 'dry', op: 'eq', value: true }],
    }
    expect(outcomeOf(dryRun, 'allow', json({ dry: true }))).toBe('allow')
    for (const sent of [
      json({ dry: true, Dry: false }),
      json({ Dry: true }),
      json({ dry: 'true' }),
      json({ dry: [true] }),
      { text: '{"dry":true,"dry":true}' },
      { text: '{"dry":true} ', type: 'text/plain' },
      { text: 'dry=true&dry=false', type: form },
      { text: 'dry=true&DRY=false', type: form },
      { text: 'dry=true&dry[]=false', type: form },
      { ...json({ dry: true }), path: '/v1/send/' },
      { ...json({ dry: true }), path: '/v1/SEND' },
    ]) {
      expect(outcomeOf(dryRun, 'allow', sent), JSON.stringify(sent)).toBe('require_approval')
    }
    const byQuery: RequestRule['when'] = { query: [{ name: 'dry', op: 'eq', value: 'true' }] }
    expect(outcomeOf(byQuery, 'allow', { query: [['dry', 'true']] })).toBe('allow')
    for (const query of [
      [['dry', 'true;dry=false']],
      [
        ['dry', 'true'],
        ['DRY', 'false'],
      ],
      [
        ['x', '1;dry=false'],
        ['dry', 'true'],
      ],
    ] as const) {
      expect(outcomeOf(byQuery, 'allow', { query }), String(query)).toBe('require_approval')
    }
  })
})

describe('a rule on answers', () => {
  it('is about a path in every spelling of it', () => {
    verifies('S-21')
    const document = {
      allow: [],
      approval: 'never',
      response: [{ id: 'r', when: { paths: ['/v1/users/*'] }, drop: ['ssn'] }],
      limits: {},
      windows: [],
    }
    const { response } = compilePolicy({ id: 'pol_1', version: 1, document } as never)
    for (const path of ['/v1/users/7', '/v1/users/7/', '/V1/users/7', '/v1/users;a/7']) {
      expect(matchResponseRules(response, { method: 'GET', origin, path }), path).toHaveLength(1)
    }
    expect(matchResponseRules(response, { method: 'GET', origin, path: '/v1/user/7' })).toEqual([])
  })
})
