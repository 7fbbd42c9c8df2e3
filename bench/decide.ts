import type { PolicyDocument, RequestRule } from '@sallyport/contracts'
import { compilePolicy } from '../apps/vault/src/policy/compile-policy.ts'
import { decide } from '../apps/vault/src/policy/decide.ts'
import type { Facts, PolicyRequest } from '../apps/vault/src/policy/decision.ts'
import { type Measured, median, rounded } from './results.ts'

// What a decision takes under fifty rules, none of which matches, so that every one of them is looked at. Beside it, in the same
// rounds, the same request under no rule, and `JSON.parse` of the same body: what any reader of it takes.

const rounds = 15
const decisionsOfARound = 20_000
const decisionsToWarmUp = 60_000
const rulesCount = 50
const goalUs = 20

const origin = 'https://api.example.com'
const facts: Facts = {
  now: Date.parse('2026-11-21T12:00:00Z'),
  workspace: { isFrozen: false },
  agent: { status: 'active' },
  connection: { status: 'healthy', origins: [origin] },
}

/** Rules as people write them: about other paths, about parameters, and most of them about the body. */
function ruleAt(at: number): RequestRule {
  const id = `rule-${at}`
  const methods: RequestRule['when']['methods'] = ['POST', 'PUT', 'PATCH']
  const kinds: readonly RequestRule[] = [
    { id, then: 'deny', when: { methods, paths: [`/v1/admin/${at}/**`, `/v1/keys/${at}/*`] } },
    { id, then: 'deny', when: { query: [{ name: `as_${at}`, op: 'exists' }] } },
    {
      id,
      then: 'deny',
      when: {
        methods,
        paths: ['/v1/messages/**'],
        body: [
          {
            path: 'to[].email',
            op: 'ends_with',
            value: [`@rival-${at}.example`],
            ignoreCase: true,
          },
        ],
      },
    },
    {
      id,
      then: 'require_approval',
      when: { methods, body: [{ path: 'amount', op: 'gt', value: 10_000 + at }] },
    },
    {
      id,
      then: 'allow',
      when: {
        body: [
          { path: 'labels[]', op: 'eq', value: `label-${at}` },
          { path: 'dry', op: 'eq', value: true },
        ],
      },
    },
  ]
  return kinds[at % kinds.length] as RequestRule
}

const body = {
  to: Array.from({ length: 5 }, (_, at) => ({ name: `Person ${at}`, email: `p${at}@own.example` })),
  subject: 'The figures of the third quarter',
  labels: ['finance', 'internal', 'q3'],
  amount: 1250.5,
  dry: false,
  text: 'Dear all, the figures are attached; they are as we thought that they would be. '.repeat(7),
}

interface Case {
  readonly decideOnce: () => unknown
  readonly parseOnce: () => unknown
}

function caseOf(request: PolicyRequest, count: number): Case {
  const document: PolicyDocument = {
    allow: [{ origin, methods: ['GET', 'POST'], paths: ['/v1/**'] }],
    rules: Array.from({ length: count }, (_, at) => ruleAt(at)),
    approval: 'never',
    limits: {},
    windows: [],
  }
  const policy = compilePolicy({ id: 'pol_bench', version: 1, document })
  const decided = decide(policy, request, facts)
  if (decided.outcome !== 'allow' || decided.ruleId !== 'allow[0]') {
    throw new Error(`A rule matched: ${decided.reason}`)
  }
  return {
    decideOnce: () => decide(policy, request, facts),
    parseOnce: () => JSON.parse(new TextDecoder().decode(request.body ?? new Uint8Array())),
  }
}

/** Microseconds of CPU time for one, collecting garbage included: what else the machine does is not counted. */
function timed(work: () => unknown, times: number): number {
  const before = process.cpuUsage()
  for (let time = 0; time < times; time += 1) work()
  const { user, system } = process.cpuUsage(before)
  return (user + system) / times
}

/** Measures decisions with a body and without one. */
export async function benchDecide(): Promise<Measured> {
  const get: PolicyRequest = {
    method: 'GET',
    origin,
    path: '/v1/messages/17',
    query: [
      ['page', '2'],
      ['fields', 'id,subject'],
    ],
    headers: [['accept', '*/*']],
  }
  const bytes = new TextEncoder().encode(JSON.stringify(body))
  const headers = [['content-type', 'application/json']] as const
  const post: PolicyRequest = { ...get, method: 'POST', headers, body: bytes }
  const cases = {
    post: caseOf(post, rulesCount).decideOnce,
    get: caseOf(get, rulesCount).decideOnce,
    bare: caseOf(post, 0).decideOnce,
    parse: caseOf(post, 0).parseOnce,
  }
  const names = Object.keys(cases) as (keyof typeof cases)[]
  for (const name of names) timed(cases[name], decisionsToWarmUp)
  const taken = { post: [], get: [], bare: [], parse: [] } as Record<keyof typeof cases, number[]>
  for (let round = 0; round < rounds; round += 1) {
    for (const name of names) taken[name].push(timed(cases[name], decisionsOfARound))
  }
  const us = (name: keyof typeof cases) => rounded(median(taken[name]))
  const toParse = taken.post.map((one, round) => one / (taken.parse[round] ?? Number.NaN))
  const goal = { unit: 'µs', better: 'less', bound: goalUs } as const
  const what = `a decision under ${rulesCount} rules`
  return {
    rounds,
    figures: {
      'body, bytes': bytes.byteLength,
      'the same request under no rule, µs': us('bare'),
      'JSON.parse of the same body, µs': us('parse'),
      'decision under 50 rules, share of JSON.parse': rounded(median(toParse)),
    },
    goals: [
      { ...goal, what: `${what}, JSON of 1 KB that they look into`, figure: us('post') },
      { ...goal, what: `${what}, no body`, figure: us('get') },
    ],
    notes: ['No rule of these looks for sensitive data: what that takes is another benchmark.'],
  }
}
