import { createHmac } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Approval, ApprovalDetail } from '@sallyport/contracts'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type EchoUpstream, startEchoUpstream } from '../fixtures/echo-upstream.ts'
import { signIn } from '../fixtures/people.ts'
import {
  ownerEmail,
  ownerPassword,
  startVault,
  type TestAgent,
  type TestVault,
} from '../fixtures/vault.ts'
import { verifies } from '../verifies.ts'
import { binary, createPerson, type Person } from './sallyport.ts'
import { hasTerminal, runAtTerminal } from './typed.ts'

let vault: TestVault
let person: Person
let upstream: EchoUpstream
let agent: TestAgent
let careful: TestAgent
let connectionId: string

beforeAll(async () => {
  ;[vault, upstream] = await Promise.all([startVault(), startEchoUpstream()])
  person = createPerson(vault.url)
  await person.run(['login', '--email', ownerEmail], [ownerPassword])
  agent = await vault.createAgentWithKey('asker')
  careful = await vault.createAgentWithKey('careful')
  connectionId = await vault.addConnection({ origins: [upstream.origin], label: 'Mail' })
  const allow = [{ origin: upstream.origin, methods: ['GET', 'POST'] as const, paths: ['/**'] }]
  const policy = { connectionId, approval: 'writes' as const, allow: allow.map(mutable) }
  await vault.addPolicy({ ...policy, agentId: agent.agentId })
  await vault.addPolicy({
    ...policy,
    agentId: careful.agentId,
    approvalOptions: { freshSignIn: true },
  })
})
afterAll(async () => {
  person?.leave()
  await vault?.stop()
  await upstream?.close()
})

const mutable = <Entry extends { methods: readonly string[] }>(entry: Entry) => ({
  ...entry,
  methods: [...entry.methods] as ('GET' | 'POST')[],
})
const oneSentence = /^sallyport: [^\n]+\n$/

/** Has the agent ask for a request; answers the approval's id. */
async function ask(path: string, more: object = {}, by = agent): Promise<string> {
  const answer = await by.client.call('execute', {
    connectionId,
    method: 'POST',
    url: `${upstream.origin}${path}`,
    ...more,
  })
  if (!('approvalRequired' in answer)) throw new Error('Nobody was asked')
  return answer.approvalRequestId
}
const reached = (path: string) => upstream.requests.filter(({ target }) => target === path).length

describe('approvals list', () => {
  it('shows what waits, newest first, page by page, and only what is asked for', async () => {
    const ids = [await ask('/list/1'), await ask('/list/2'), await ask('/list/3')]
    const { approvals, pendingCount } = await person.json<Page>(['approvals', 'list'])
    expect(approvals.map(({ id }) => id).slice(0, 3)).toEqual(ids.toReversed())
    expect(pendingCount).toBeGreaterThanOrEqual(3)
    const first = await person.json<Page>(['approvals', 'list', '--limit', '2'])
    expect(first.approvals).toHaveLength(2)
    const rest = ['approvals', 'list', '--limit', '2', '--cursor', String(first.nextCursor)]
    expect((await person.json<Page>(rest)).approvals[0]?.id).toBe(ids[0])
    const { stdout } = await person.run(['approvals', 'list', '--status', 'pending'])
    expect(stdout).toMatch(/apr_\w+ +pending +asker +POST 127\.0\.0\.1:\d+\/list\/3/)
    expect(stdout).toMatch(/\d+ pending/)
    const others = ['approvals', 'list', '--agent', 'careful', '--connection', 'Mail']
    expect((await person.json<Page>(others)).approvals).toEqual([])
    const denied = await person.json<Page>(['approvals', 'list', '--status', 'denied'])
    expect(denied.approvals).toEqual([])
  })
})

interface Page {
  readonly approvals: Approval[]
  readonly pendingCount: number
  readonly nextCursor?: string
}

describe('approvals show', () => {
  const evil = `please\u001b[2J\u001b]0;owned\u0007\u202e\u200b\u009b31m\n\napr_x  approved`

  it('prints the exact request and the agent’s words, none of which can drive the terminal', async () => {
    verifies('S-28')
    const id = await ask('/show', {
      query: { q: evil },
      headers: { 'content-type': 'application/json' },
      body: { to: evil, n: 1 },
      reason: evil,
    })
    const { stdout, stderr, code } = await person.run(['approvals', 'show', id])
    expect([code, stderr]).toEqual([0, ''])
    for (const part of ['POST', '127.0.0.1', '/show', 'in its own words', '\\u{1b}', '\\u{202e}']) {
      expect(stdout).toContain(part)
    }
    expect(stdout).toMatch(/Body, JSON \(application\/json, \d+ bytes\)/)
    const json = await person.run(['approvals', 'show', id, '--json'])
    const list = await person.run(['approvals', 'list', '--json'])
    for (const printed of [stdout, json.stdout, list.stdout]) {
      expect(printed).not.toMatch(/(?!\n)[\p{Cc}\p{Cf}]/u)
      expect(printed.split('\n').filter((line) => line.startsWith('apr_x'))).toEqual([])
    }
    const { approval } = JSON.parse(json.stdout) as { approval: ApprovalDetail }
    expect(approval.agentReason).toBe(evil)
  })

  it('writes the exact bytes of the body to a new file, and over none', async () => {
    const text = '{"to":"a","to":"b"}'
    const headers = { 'content-type': 'application/json' }
    const id = await ask('/bytes', { headers, body: text })
    expect((await person.run(['approvals', 'show', id, '--body', 'body.json'])).code).toBe(0)
    const path = join(person.project, 'body.json')
    expect(readFileSync(path, 'utf8')).toBe(text)
    const again = await person.run(['approvals', 'show', id, '--body', 'body.json'])
    expect([again.code, again.stderr]).toEqual([1, expect.stringMatching(oneSentence)])
    const shown = await person.run(['approvals', 'show', id])
    expect(shown.stdout).toContain('"to": "a",\n  │   "to": "b"')
    const bare = await ask('/no-body')
    const none = await person.run(['approvals', 'show', bare, '--body', 'none.json'])
    expect([none.code, existsSync(join(person.project, 'none.json'))]).toEqual([1, false])
  })
})

describe('approvals approve and deny', () => {
  it('asks first, so that nothing is approved where nobody can be asked', async () => {
    const id = await ask('/asks')
    const { code, stderr } = await person.run(['approvals', 'approve', id])
    expect([code, stderr]).toEqual([1, expect.stringMatching(oneSentence)])
    expect(stderr).toContain('--yes')
    const { approval } = await vault.owner.call('getApproval', { approvalId: id })
    expect(approval.status).toBe('pending')
  })

  it('lets exactly what was asked for be sent, once', async () => {
    const id = await ask('/approve')
    const { stdout, code } = await person.run(['approvals', 'approve', id, '--yes'])
    expect([code, stdout]).toEqual([0, expect.stringMatching(/^Approved: POST .*\/approve /)])
    await agent.client.call('executeApproval', { approvalId: id })
    expect(reached('/approve')).toBe(1)
    const again = await person.run(['approvals', 'approve', id, '--yes'])
    expect([again.code, again.stderr]).toEqual([1, expect.stringMatching(oneSentence)])
    const { stdout: shown } = await person.run(['approvals', 'show', id])
    expect(shown).toMatch(/consumed[\s\S]*Sent {8}at .*aud_[\s\S]*no longer kept/)
  })

  it('denies with a note for the agent, what was approved and not yet sent too', async () => {
    const ids = [await ask('/deny/1'), await ask('/deny/2')]
    await person.run(['approvals', 'approve', String(ids[1]), '--yes'])
    for (const id of ids) {
      const { stdout, code } = await person.run(['approvals', 'deny', id, '--note', 'Too dear.'])
      expect([code, stdout]).toEqual([0, expect.stringContaining('will not be sent')])
      const redeeming = agent.client.call('executeApproval', { approvalId: id })
      await expect(redeeming).rejects.toMatchObject({ type: 'approval-denied' })
      const { approval } = await agent.client.call('getMyApproval', { approvalId: id })
      expect(approval.note).toBe('Too dear.')
    }
    expect(reached('/deny/1') + reached('/deny/2')).toBe(0)
  })

  it('says where a fresh sign-in is wanted and nobody can be asked for it', async () => {
    const id = await ask('/fresh', {}, careful)
    const { code, stderr } = await person.run(['approvals', 'approve', id, '--yes'])
    expect([code, stderr]).toEqual([1, expect.stringMatching(oneSentence)])
    expect(stderr).toMatch(/in a terminal.*dashboard/)
  })
})

// Without `script` (util-linux) there is no terminal to type at.
describe.skipIf(!hasTerminal)('at a terminal', () => {
  const type = (args: readonly string[], answers: readonly (readonly [string, string])[]) =>
    runAtTerminal([process.execPath, binary, ...args], {
      environment: person.environment,
      cwd: person.project,
      answers,
    })

  it('shows the request and asks; nothing is approved by just pressing Enter', async () => {
    const id = await ask('/typed', { reason: 'Because of June.' })
    const left = await type(['approvals', 'approve', id], [['once?', '\r']])
    expect([left.code, left.untyped]).toEqual([0, 0])
    expect(left.shown).toContain('Not approved')
    const { code, shown } = await type(['approvals', 'approve', id], [['once?', '\u001b[B\r']])
    expect(code).toBe(0)
    for (const part of ['Because of June.', '/typed', 'Approved: POST']) {
      expect(shown).toContain(part)
    }
  })

  it('asks for the password where a fresh sign-in is wanted, and keeps nothing of it', async () => {
    const id = await ask('/typed-fresh', {}, careful)
    const files = person.files()
    const wrong = await type(
      ['approvals', 'approve', id, '--yes'],
      [['Password', 'not the password\r']],
    )
    expect(wrong.code).toBe(1)
    const { code, shown } = await type(
      ['approvals', 'approve', id, '--yes'],
      [['Password', `${ownerPassword}\r`]],
    )
    expect([code, shown.includes(ownerPassword)]).toEqual([0, false])
    expect(shown).toContain(`Sign in again as ${ownerEmail}`)
    expect(shown).toContain('Approved: POST')
    expect(person.files()).toEqual(files)
    await careful.client.call('executeApproval', { approvalId: id })
    expect(reached('/typed-fresh')).toBe(1)
  })
})

describe('capability-requests', () => {
  const request = async (actionTemplateId: string, reason: string) =>
    (await agent.client.call('requestCapability', { actionTemplateId, reason })).id

  it('lists them, shows what one would allow in plain words, and grants it', async () => {
    verifies('S-28')
    await vault.addConnection({
      service: 'github',
      origins: ['https://api.github.com'],
      label: 'Hub',
    })
    const id = await request('github-read', 'To look.\u001b[2J\u202e')
    const list = await person.run(['capability-requests', 'list', '--status', 'pending'])
    expect(list.stdout).toMatch(new RegExp(`${id} +pending +asker +github-read`))
    const { stdout } = await person.run(['capability-requests', 'show', id])
    for (const part of ['asker', 'It would allow', 'GET', 'https://api.github.com', 'Hub']) {
      expect(stdout).toContain(part)
    }
    expect(stdout).toContain('To look.\\u{1b}[2J\\u{202e}')
    const asked = await person.run(['capability-requests', 'approve', id])
    expect([asked.code, asked.stderr]).toEqual([1, expect.stringContaining('--yes')])
    const granted = await person.run([
      ...['capability-requests', 'approve', id, '--connection', 'Hub', '--yes'],
      ...['--method', 'GET', '--until', '2099-01-01T00:00:00.000Z'],
    ])
    expect([granted.code, granted.stderr]).toEqual([0, ''])
    expect(granted.stdout).toContain('Granted: asker may use github-read')
    const mine = await agent.client.call('getMyCapabilities', {})
    expect(mine.recentAnswers).toEqual([expect.objectContaining({ id, status: 'approved' })])
    const policies = await person.run(['policies', 'show', 'asker', 'Hub'])
    expect(JSON.parse(policies.stdout)).toMatchObject({
      allow: expect.arrayContaining([
        expect.objectContaining({ methods: ['GET'], expiresAt: '2099-01-01T00:00:00.000Z' }),
      ]),
    })
  })

  it('denies one with a note, and grants nothing by it', async () => {
    const id = await request('gmail-read', 'To read.')
    const args = ['capability-requests', 'deny', id, '--note', 'Not your mail.']
    expect((await person.run(args)).stdout).toContain('Denied: asker does not get gmail-read')
    const mine = await agent.client.call('getMyCapabilities', {})
    expect(mine.recentAnswers[0]).toMatchObject({ id, status: 'denied', note: 'Not your mail.' })
    const again = await person.run(['capability-requests', 'approve', id, '--yes'])
    expect([again.code, again.stderr]).toEqual([1, expect.stringMatching(oneSentence)])
  })
})

describe('an account with one-time codes', () => {
  it('signs in with the password and then a code, a line each', async () => {
    const { send } = await signIn(vault)
    const begun = await send('POST', '/api/v1/totp', { body: {} })
    const otp = totpOf(String(begun.body.secret))
    const { status, body } = await send('POST', '/api/v1/totp/confirm', { body: { otp } })
    expect(status).toBe(200)
    // A code works once, and this one has been used: a recovery code is another.
    const [code = ''] = body.recoveryCodes as string[]
    const login = ['login', '--email', ownerEmail]
    const without = await person.run(login, [ownerPassword])
    expect([without.code, without.stdout]).toEqual([1, ''])
    const signedIn = await person.run(login, [ownerPassword, code])
    expect([signedIn.code, signedIn.stdout]).toEqual([0, expect.stringContaining('Signed in')])
    expect((await person.run(['approvals', 'list'])).code).toBe(0)
  })
})

/** The code of now: RFC 6238 with SHA-1, 30 s and six digits, of a secret in base32. */
function totpOf(secret: string): string {
  const bits = [...secret.replace(/[\s=]/g, '').toUpperCase()]
    .map((letter) =>
      'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'.indexOf(letter).toString(2).padStart(5, '0'),
    )
    .join('')
  const key = Buffer.from((bits.match(/.{8}/g) ?? []).map((byte) => Number.parseInt(byte, 2)))
  const counter = Buffer.alloc(8)
  counter.writeBigUInt64BE(BigInt(Math.floor(Date.now() / 30_000)))
  const mac = createHmac('sha1', key).update(counter).digest()
  const at = (mac.at(-1) ?? 0) & 0x0f
  return String((mac.readUInt32BE(at) & 0x7fffffff) % 1_000_000).padStart(6, '0')
}
