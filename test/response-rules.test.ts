import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'
import { Client } from '@modelcontextprotocol/client'
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio'
import { type CallOf, type operations, Problem, type ResponseRule } from '@sallyport/contracts'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type OAuthScene, startOAuthScene } from './fixtures/oauth-scene.ts'
import { type RawServer, startRawServer } from './fixtures/raw-server.ts'
import { eventually } from './fixtures/scene.ts'
import { verifies } from './verifies.ts'

// Rules on answers hold in every mode in which an answer comes to an agent (S-21).

const credential = 'upstream-secret-0123456789'
const mail = 'bob@example.com'
const mcpBin = fileURLToPath(new URL('../packages/mcp/dist/sallyport-mcp.js', import.meta.url))

interface Scripted {
  readonly body?: string | Buffer
  readonly type?: string
  readonly status?: string
  readonly headers?: readonly string[]
  /** Send it in chunks with a pause between them. */
  readonly slowly?: true
}
type Rule = Omit<ResponseRule, 'id'>
type Execute = CallOf<typeof operations.execute>

let scene: OAuthScene
let upstream: RawServer
/** What the upstream answers to each path: one after the other, and the last again. */
const scripts = new Map<string, Scripted[]>()
let numbers = 0

beforeAll(async () => {
  upstream = await startRawServer({
    async answer(socket, { target, method }) {
      const script = scripts.get(target) ?? []
      const next = script.length > 1 ? script.shift() : script[0]
      const { body = '', type = 'application/json', status = '200 OK', headers = [] } = next ?? {}
      const bytes = Buffer.from(body as Buffer)
      const framing =
        next?.slowly === true ? 'transfer-encoding: chunked' : `content-length: ${bytes.length}`
      const lines = [`HTTP/1.1 ${status}`, `content-type: ${type}`, ...headers]
      const hasNoBody = method === 'HEAD' || status.startsWith('204')
      socket.write([...lines, ...(status.startsWith('204') ? [] : [framing]), '', ''].join('\r\n'))
      if (hasNoBody) return
      if (next?.slowly !== true) return void socket.write(bytes)
      for (let at = 0; at < bytes.length; at += 7) {
        const piece = bytes.subarray(at, at + 7)
        socket.write(`${piece.length.toString(16)}\r\n`)
        socket.write(piece)
        socket.write('\r\n')
        await sleep(3)
      }
      socket.write('0\r\n\r\n')
    },
  })
  scene = await startOAuthScene()
})
afterAll(async () => {
  await scene?.stop()
  await upstream?.close()
})

/** A connection of its own whose answers are ruled so. */
async function ruled(rules: readonly Rule[], policy: object = {}) {
  const { vault, agent } = scene
  const connectionId = await vault.addConnection({ origins: [upstream.origin] })
  await vault.addPolicy({
    agentId: agent.agentId,
    connectionId,
    allow: [{ origin: upstream.origin, methods: ['GET', 'HEAD', 'POST'], paths: ['/**'] }],
    response: rules.map((rule, at) => ({ id: `rule-${at}`, ...rule })),
    ...policy,
  })
  return connectionId
}

function script(...answers: Scripted[]): string {
  numbers += 1
  scripts.set(`/${numbers}`, answers)
  return `${upstream.origin}/${numbers}`
}

const execute = (connectionId: string, url: string, input: Partial<Execute> = {}) =>
  scene.agent.client.call(
    'execute',
    { connectionId, method: 'GET', url, ...input },
    { timeoutMs: 70_000 },
  )

async function problemOf(call: Promise<unknown>): Promise<Problem> {
  const thrown: unknown = await call.then(
    (answer) => new Error(`no problem: ${JSON.stringify(answer)}`),
    (problem: unknown) => problem,
  )
  if (thrown instanceof Problem) return thrown
  throw thrown
}

/** The entry of the log, once its outcome stands there too. */
async function entryOf(auditId: string | undefined) {
  for (let tries = 0; ; tries++) {
    const { entries } = await scene.vault.owner.call('listAudit', { auditId: auditId ?? '' })
    if (entries[0]?.outcome !== 'pending' || tries === 100) return entries[0]
    await sleep(50)
  }
}

const json = JSON.stringify({ id: 7, owner: { mail, phone: 1 }, items: [{ n: 1, x: mail }] })
const keep: Rule = { label: 'Numbers only', keep: ['id', 'items[].n'] }
const kept = { id: 7, items: [{ n: 1 }] }

describe('rules on answers hold', () => {
  it('for a plain call, and the log says which applied', async () => {
    verifies('S-21')
    const connectionId = await ruled([keep, { when: { statuses: [404] }, drop: ['id'] }])
    const answer = await execute(connectionId, script({ body: json }))
    expect(answer).toMatchObject({ status: 200, body: kept })
    const entry = await entryOf(answer.auditId)
    expect(entry).toMatchObject({ outcome: 'sent', detail: { responseRules: ['rule-0'] } })
    expect(entry?.responseBytes).toBe(json.length)
  })

  it('by origin, method, path and status, and not elsewhere', async () => {
    verifies('S-21')
    const url = script({ body: '{"a":1,"b":2,"c":3}' })
    const { pathname } = new URL(url)
    const connectionId = await ruled([
      { when: { methods: ['POST'] }, drop: ['a'] },
      { when: { paths: ['/elsewhere/**'] }, drop: ['b'] },
      { when: { origins: ['https://other.example'] }, drop: ['b'] },
      { when: { paths: [pathname], origins: [upstream.origin], statuses: [200] }, drop: ['c'] },
    ])
    expect(await execute(connectionId, url)).toMatchObject({ body: { a: 1, b: 2 } })
    expect(await execute(connectionId, url, { method: 'POST', body: {} })).toMatchObject({
      body: { b: 2 },
    })
  })

  it('for errors, redirects, HEAD and answers without a body', async () => {
    verifies('S-21')
    const connectionId = await ruled([{ redact: ['email'] }, { drop: ['secret'] }])
    const location = `location: https://x.example/?to=${mail}`
    const body = `{"secret":1,"error":"no ${mail}"}`
    const clean = { error: 'no [redacted:email]' }
    for (const status of ['400 Bad', '404 Gone', '500 Broken', '302 Found']) {
      const answer = await execute(connectionId, script({ status, body, headers: [location] }))
      expect(answer).toMatchObject({ body: clean })
      expect(JSON.stringify(answer)).not.toContain(mail)
    }
    const head = await execute(connectionId, script({ body, headers: [location] }), {
      method: 'HEAD',
    })
    expect(head).toMatchObject({ status: 200, body: null })
    expect(JSON.stringify(head)).not.toContain(mail)
    const none = script({ status: '204 None', type: 'text/html', headers: [location] })
    const empty = await execute(connectionId, none)
    expect(empty).toMatchObject({ status: 204, body: null })
    expect(JSON.stringify(empty)).not.toContain(mail)
  })

  it('for answers that come slowly, in pieces, as lines, events, text and packed', async () => {
    verifies('S-21')
    const connectionId = await ruled([{ redact: ['email'] }])
    const bodies: Scripted[] = [
      { body: json },
      { body: `${json}\n${json}\n`, type: 'application/x-ndjson' },
      { body: `data: ${json}\n\nevent: ${mail}\ndata: to ${mail}\n\n`, type: 'text/event-stream' },
      { body: `Dear ${mail}`, type: 'text/plain' },
    ]
    for (const one of bodies) {
      const answer = await execute(connectionId, script({ ...one, slowly: true }))
      expect(JSON.stringify(answer)).toContain('[redacted:email]')
      expect(JSON.stringify(answer)).not.toContain(mail)
    }
    const packed = script({ body: gzipSync(json), headers: ['content-encoding: gzip'] })
    const answer = await execute(connectionId, packed)
    expect(answer).toMatchObject({ body: { owner: { mail: '[redacted:email]' } } })
  })

  it('for what an owner approved: sent again, by its id, and waited for', async () => {
    verifies('S-21')
    const { owner } = scene.vault
    const connectionId = await ruled([keep], { approval: 'always' })
    const url = script({ body: json })
    const ask = async () => {
      const asked = await execute(connectionId, url)
      if (!('approvalRequestId' in asked)) throw new Error('no owner was asked')
      await owner.call('approveRequest', { approvalId: asked.approvalRequestId })
      return asked.approvalRequestId
    }
    const again = await execute(connectionId, url, { approvalId: await ask() })
    expect(again).toMatchObject({ status: 200, body: kept })
    const approvalId = await ask()
    const byId = await scene.agent.client.call('executeApproval', { approvalId })
    expect(byId).toMatchObject({ status: 200, body: kept })
    const other = script({ body: json })
    const waiting = execute(connectionId, other, { waitSeconds: 20 })
    const isAsked = async () => {
      const { approvals } = await owner.call('listApprovals', { status: 'pending' })
      for (const one of approvals) await owner.call('approveRequest', { approvalId: one.id })
      return approvals.length > 0
    }
    expect(await eventually(isAsked, 15_000)).toBe(true)
    expect(await waiting).toMatchObject({ status: 200, body: kept })
  })

  it('as the policy says when it is sent, not when it was asked about', async () => {
    verifies('S-21', 'S-27')
    const { owner } = scene.vault
    const connectionId = await ruled([], { approval: 'always' })
    const asked = await execute(connectionId, script({ body: json }))
    if (!('approvalRequestId' in asked)) throw new Error('no owner was asked')
    const approvalId = asked.approvalRequestId
    await owner.call('approveRequest', { approvalId })
    const { policies } = await owner.call('listPolicies', { connectionId })
    const [policy] = policies
    if (policy === undefined) throw new Error('there is no policy')
    await owner.call('replacePolicy', {
      policyId: policy.id,
      allow: policy.allow,
      approval: 'always',
      response: [{ id: 'new', ...keep }],
    })
    const answer = await scene.agent.client.call('executeApproval', { approvalId })
    expect(answer).toMatchObject({ body: kept })
  })

  it('for the second try after an access token was refused', async () => {
    verifies('S-21')
    const connection = await scene.connect(
      {},
      { origins: [scene.provider.apiOrigin, upstream.origin] },
    )
    await scene.vault.addPolicy({
      agentId: scene.agent.agentId,
      connectionId: connection.id,
      allow: [{ origin: upstream.origin, methods: ['GET', 'POST'], paths: ['/**'] }],
      response: [{ id: 'x', ...keep }],
    })
    const refused: Scripted = { status: '401 No', type: 'text/html', body: `<p>${mail}</p>` }
    // The page that says so cannot be filtered; the token is renewed all the same.
    const url = script(refused, { body: json })
    expect(await execute(connection.id, url)).toMatchObject({ status: 200, body: kept })
    const problem = await problemOf(execute(connection.id, script(refused)))
    expect(problem.type).toBe('response-withheld')
    expect(problem.extra).toMatchObject({ upstreamStatus: 401 })
    const post = await problemOf(
      execute(connection.id, script(refused, { body: json }), { method: 'POST', body: {} }),
    )
    expect(post.type).toBe('response-withheld')
  })

  it('through the MCP server', async () => {
    verifies('S-21')
    const connectionId = await ruled([keep])
    const client = new Client({ name: 'test', version: '1' })
    await client.connect(
      new StdioClientTransport({
        command: process.execPath,
        args: [mcpBin],
        env: {
          PATH: process.env.PATH ?? '',
          SALLYPORT_BASE_URL: scene.vault.url,
          SALLYPORT_AGENT_ID: scene.agent.agentId,
          SALLYPORT_PRIVATE_KEY_PATH: scene.agent.keyPath,
        },
      }),
    )
    try {
      const call = (url: string) =>
        client.callTool({ name: 'execute', arguments: { connectionId, method: 'GET', url } })
      const good = await call(script({ body: json }))
      expect(good.structuredContent).toMatchObject({ status: 200, body: kept })
      const bad = await call(script({ body: mail, type: 'text/plain' }))
      expect(bad).toMatchObject({ isError: true, structuredContent: { type: 'response-withheld' } })
      expect(JSON.stringify([good, bad])).not.toContain(mail)
    } finally {
      await client.close()
    }
  })
})

describe('an answer that they cannot be applied to', () => {
  it('is withheld whole, with its status and the reason, and recorded as failed', async () => {
    verifies('S-21')
    const connectionId = await ruled([{ redact: ['email'] }, keep])
    const withheld: Scripted[] = [
      { body: `<p>${mail}</p>`, type: 'text/html', status: '503 Down' },
      { body: `{"a":"${mail}"`, status: '200 OK' },
      { body: `{"a":1,"a":"${mail}"}`, status: '201 Made', slowly: true },
      { body: `data: ${mail}\n\n`, type: 'text/event-stream', status: '200 OK' },
      { body: Buffer.from(mail, 'utf16le'), type: 'application/octet-stream', status: '200 OK' },
    ]
    for (const one of withheld) {
      const problem = await problemOf(execute(connectionId, script(one)))
      const status = Number(one.status?.slice(0, 3))
      expect(problem.type).toBe('response-withheld')
      expect(problem.extra).toMatchObject({ upstreamStatus: status })
      expect(JSON.stringify([problem.message, problem.next, problem.extra])).not.toContain(
        'example',
      )
      const entry = await entryOf(problem.auditId)
      expect(entry).toMatchObject({ outcome: 'failed', problem: 'response-withheld', status })
      expect(entry?.detail).toEqual({ responseRules: ['rule-0', 'rule-1'] })
    }
  })

  it('is cut off at the limit of bytes before any rule is asked', async () => {
    verifies('S-21', 'S-22')
    const connectionId = await ruled([keep], { limits: { responseBytesMax: 100 } })
    const long = script({ body: JSON.stringify({ id: 1, x: 'x'.repeat(100) }) })
    expect((await problemOf(execute(connectionId, long))).type).toBe('response-too-large')
    const fits = script({ body: `{"id":1,"x":"${'x'.repeat(80)}"}` })
    expect(await execute(connectionId, fits)).toMatchObject({ body: { id: 1 } })
  })
})

describe('the credential', () => {
  it('is in nothing that is kept or redacted', async () => {
    verifies('S-20', 'S-21')
    const connectionId = await ruled([
      { keep: ['id', 'text'] },
      { redact: ['email'], redactCustom: [{ name: 'hash', pattern: '#+' }] },
    ])
    const escaped = [...credential].map((c) => `\\u00${c.charCodeAt(0).toString(16)}`).join('')
    for (const text of [credential, escaped, `${mail} ${credential}`, `#${credential}#`]) {
      const answer = await execute(
        connectionId,
        script({ body: `{"id":"${credential}","text":"${text}"}` }),
      )
      expect(answer).toMatchObject({ body: { id: '[redacted]' } })
      expect(JSON.stringify(answer)).not.toContain(credential)
    }
  })
})

describe('a policy is refused', () => {
  it.each<[string, object, string]>([
    ['a path that reads messages', { keep: ['raw.@mime.to[]'] }, 'response.0.keep.0'],
    [
      'an expression that is none',
      { redactCustom: [{ name: 'x', pattern: '(' }] },
      'response.0.redactCustom.0.pattern',
    ],
  ])('for %s', async (...[, rule, field]) => {
    verifies('S-21')
    const problem = await problemOf(ruled([rule as Rule]))
    expect(problem.type).toBe('invalid-input')
    expect(problem.fields?.map((fault) => fault.field)).toEqual([field])
  })
})
