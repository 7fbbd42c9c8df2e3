import { createHmac } from 'node:crypto'
import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { NotificationDelivery, NotificationTarget } from '@sallyport/contracts'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type ApprovalScene, startApprovalScene } from './fixtures/approval-scene.ts'
import { type HttpReceiver, type Received, startHttpReceiver } from './fixtures/http-receiver.ts'
import { type MailReceiver, startMailReceiver } from './fixtures/mail-receiver.ts'
import { addPerson, type Person, signIn } from './fixtures/people.ts'
import { eventually } from './fixtures/scene.ts'
import { makeCertificates } from './fixtures/tls.ts'
import { verifies } from './verifies.ts'

// One vault, and services of every kind on loopback that it tells people through.

const certificates = makeCertificates({ names: ['localhost'] })
const mailUser = { name: 'vault', password: 'mail-password-0123456789' }
const slackPath = '/services/T0000/B0000/slack-secret-0123456789abcdef'
const discordPath = '/api/webhooks/123456/discord-secret-0123456789abcdef'
const ntfyToken = 'tk_ntfytoken0123456789abcdef'
const reasonOfAgent = '<!channel> *please* \u202eapprove <a href="x">now</a> @everyone'

let scene: ApprovalScene
let receiver: HttpReceiver
let mail: MailReceiver
let owner: Person

beforeAll(async () => {
  const directory = mkdtempSync(join(tmpdir(), 'ca-'))
  writeFileSync(join(directory, 'ca.pem'), certificates.ca)
  receiver = await startHttpReceiver()
  mail = await startMailReceiver({ tls: certificates, user: mailUser })
  scene = await startApprovalScene({ NODE_EXTRA_CA_CERTS: join(directory, 'ca.pem') })
  owner = await signIn(scene.vault)
})
afterAll(async () => {
  await scene?.stop()
  await receiver?.close()
  await mail?.close()
})

type Channel = { id: string; status: string; lastError?: string; target: string }

async function addChannel(
  target: NotificationTarget,
  { person = owner, ...more }: { person?: Person; events?: string[]; detail?: string } = {},
): Promise<Channel & { secret?: string }> {
  const made = await person.send('POST', '/api/v1/notification-channels', {
    body: { target, ...more },
  })
  if (made.status !== 201) throw new Error(JSON.stringify(made.body))
  return { ...(made.body.channel as Channel), ...(made.body as { secret?: string }) }
}

async function refusal(target: unknown, person = owner): Promise<string> {
  const made = await person.send('POST', '/api/v1/notification-channels', { body: { target } })
  return made.status === 201 ? 'nothing was refused' : String(made.body.type)
}

async function deliveries(channelId: string, person = owner): Promise<NotificationDelivery[]> {
  const path = `/api/v1/notification-deliveries?channelId=${channelId}`
  return (await person.send('GET', path)).body.deliveries as NotificationDelivery[]
}

const channelOf = async (id: string) =>
  (await owner.send('GET', `/api/v1/notification-channels/${id}`)).body.channel as Channel

const remove = (id: string, person = owner) =>
  person.send('DELETE', `/api/v1/notification-channels/${id}`)

const webhook = (path: string) => ({ kind: 'webhook', url: `${receiver.origin}${path}` }) as const

/** Waits for what came to a path. */
async function came(path: string, count = 1): Promise<Received[]> {
  await eventually(() => receiver.at(path).length >= count, 15_000)
  return receiver.at(path)
}

interface Payload {
  type: string
  timestamp: string
  data: { title: string; text: string; url: string; subjectId?: string }
}
const payloadOf = ({ body }: Received) => JSON.parse(body) as Payload

describe('where nothing is sent', () => {
  it('takes no channel that leads elsewhere than the operator and the kind allow', async () => {
    verifies('S-17')
    const urls = [
      'https://10.0.0.1/x',
      'https://[::1]/x',
      'https://169.254.169.254/latest',
      'http://192.168.0.1/x',
      'https://2130706434.example/../x#frag',
      'https://user:password@hooks.example.com/x',
    ]
    for (const url of urls) {
      expect(await refusal({ kind: 'webhook', url }), url).toMatch(
        /^(origin-not-allowed|invalid-input)$/,
      )
      expect(await refusal({ kind: 'ntfy', server: url, topic: 'topic' }), url).toMatch(
        /^(origin-not-allowed|invalid-input)$/,
      )
    }
    for (const kind of ['slack', 'discord']) {
      const others = ['https://example.com/services/x', 'https://hooks.slack.com.evil.com/x']
      for (const webhookUrl of [...urls, ...others]) {
        expect(await refusal({ kind, webhookUrl }), webhookUrl).toMatch(
          /^(origin-not-allowed|invalid-input)$/,
        )
      }
    }
    expect(await refusal({ kind: 'email', to: 'me@example.com' })).toBe('mail-server-not-found')
    expect(await refusal({ kind: 'email', to: 'me@example.com\r\nBcc: x@y.z' })).toBe(
      'invalid-input',
    )
  })

  it('looks at addresses when it sends, and follows no redirect', async () => {
    verifies('S-17')
    const inside = await addChannel({ kind: 'webhook', url: 'https://localtest.invalid/x' })
    const moved = await addChannel(webhook('/moved'))
    receiver.answer = ({ path }) =>
      path === '/moved'
        ? { status: 307, headers: { location: `${receiver.origin}/elsewhere` } }
        : { status: 200 }
    for (const { id } of [inside, moved]) {
      const tested = await owner.send('POST', `/api/v1/notification-channels/${id}/test`)
      expect(tested.body.delivered).toBe(false)
      await remove(id)
    }
    expect(receiver.at('/elsewhere')).toEqual([])
  })

  it('shows nobody another person’s channel, and takes no change of it', async () => {
    verifies('S-09', 'S-08')
    const { id } = await addChannel(webhook('/mine'), { events: [] })
    const other = await addPerson(scene.vault, 'admin')
    const path = `/api/v1/notification-channels/${id}`
    for (const [method, at] of [
      ['GET', path],
      ['PATCH', path],
      ['DELETE', path],
      ['POST', `${path}/test`],
      ['POST', `${path}/secret`],
    ] as const) {
      const body = method === 'PATCH' ? { label: 'x' } : method === 'POST' ? {} : undefined
      const answers = [at, at.replace(id, 'ntc_00000000000000000000000000')].map(async (url) => {
        const { status, body: said } = await other.send(method, url, body && { body })
        return { status, type: said.type, detail: said.detail }
      })
      const [theirs, nobodys] = await Promise.all(answers)
      expect(theirs).toEqual(nobodys)
      expect(theirs?.type).toBe('notification-channel-not-found')
    }
    const lists = ['notification-channels', `notification-deliveries?channelId=${id}`]
    for (const list of lists) {
      const { body } = await other.send('GET', `/api/v1/${list}`)
      expect(body.channels ?? body.deliveries).toEqual([])
    }
    const token = scene.vault.ownerToken
    const byToken = await fetch(`${scene.vault.url}${path}`, {
      headers: { authorization: `Bearer ${token}` },
    })
    expect(byToken.status).toBe(403)
    await remove(id)
  })
})

describe('where a person is told', () => {
  const channels: Record<string, Channel & { secret?: string }> = {}

  it('saves a mail server once it was asked, and keeps its password to itself', async () => {
    const put = (body: object) => owner.send('PUT', '/api/v1/workspace/mail-server', { body })
    const server = {
      host: 'localhost',
      port: mail.port,
      security: 'starttls',
      from: 'v@example.com',
    }
    const login = { username: mailUser.name, password: mailUser.password }
    const wrong = await put({ ...server, ...login, password: 'a wrong password 0123' })
    expect(wrong.body.type).toBe('notification-failed')
    expect(JSON.stringify(wrong.body)).not.toContain('wrong password 0123')
    const echoed = Buffer.from(`\0${mailUser.name}\0a wrong password 0123`).toString('base64')
    expect(JSON.stringify(wrong.body)).not.toContain(echoed)
    for (const host of ['10.0.0.1', '169.254.169.254']) {
      expect((await put({ ...server, host })).body.type, host).toBe('address-refused')
    }
    const good = await put({ ...server, ...login })
    expect(good.body).toMatchObject({ mailServer: { passwordHint: '••••6789' } })
    expect(mail.mails).toEqual([])
    const kept = await put({ ...server, username: mailUser.name, from: 'vault@example.com' })
    expect(kept.status).toBe(200)
    const moved = await put({ ...server, username: mailUser.name, host: '127.0.0.1' })
    expect(moved.body.type).toBe('invalid-input')
    const weaker = await put({ ...server, username: mailUser.name, security: 'none' })
    expect(weaker.body.type).toBe('invalid-input')
    const read = await owner.send('GET', '/api/v1/workspace/mail-server')
    expect(JSON.stringify(read.body)).not.toContain(mailUser.password)
  })

  it('sends a test to each kind at once, and says what came of it', async () => {
    receiver.answer = () => ({ status: 200 })
    channels.webhook = await addChannel(webhook('/hook'))
    channels.ntfy = await addChannel({
      ...{ kind: 'ntfy', server: receiver.origin, topic: 'my-secret-topic', token: ntfyToken },
    })
    channels.slack = await addChannel({
      ...{ kind: 'slack', webhookUrl: `${receiver.origin}${slackPath}` },
    })
    channels.discord = await addChannel({
      ...{ kind: 'discord', webhookUrl: `${receiver.origin}${discordPath}` },
    })
    channels.email = await addChannel({ kind: 'email', to: 'owner@example.com' })
    for (const [kind, { id, target }] of Object.entries(channels)) {
      expect(target, kind).not.toContain('secret-0123456789')
      const tested = await owner.send('POST', `/api/v1/notification-channels/${id}/test`)
      expect(tested.body, kind).toMatchObject({ delivered: true })
      expect(await deliveries(id), kind).toMatchObject([
        { kind: 'test', status: 'delivered', attempts: 1 },
      ])
      expect((await channelOf(id)).status).toBe('active')
    }
    expect(mail.mails).toHaveLength(1)
    expect(channels.webhook?.secret).toMatch(/^whsec_/)
  })

  it('tells of a request in every channel, with a link that decides nothing', async () => {
    verifies('S-26', 'S-28')
    const subject = await scene.subject()
    const { approvalRequestId: approvalId } = await subject.ask({ reason: reasonOfAgent })
    const link = `/approvals/${approvalId}`
    const [, hook] = await came('/hook', 2)
    if (hook === undefined) throw new Error('nothing came')
    expect(payloadOf(hook)).toMatchObject({ type: 'approval.requested' })
    expect(payloadOf(hook).data).toMatchObject({
      subjectId: approvalId,
      url: expect.stringContaining(link),
      text: expect.stringContaining('POST 127.0.0.1'),
    })
    expect(payloadOf(hook).data.text).toContain('⟨U+202E⟩')
    expect(payloadOf(hook).data.text).not.toContain('\u202e')
    const [, ntfy] = await came('/my-secret-topic', 2)
    expect(ntfy?.headers).toMatchObject({
      authorization: `Bearer ${ntfyToken}`,
      click: expect.stringContaining(link),
      priority: '5',
    })
    const [, slack] = await came(slackPath, 2)
    expect(slack?.body).not.toContain('<!channel>')
    expect(slack?.body).toContain('&lt;!channel&gt;')
    expect(slack?.body).toContain(link)
    const [, discord] = await came(discordPath, 2)
    expect(JSON.parse(discord?.body ?? '{}')).toMatchObject({ allowed_mentions: { parse: [] } })
    await eventually(() => mail.mails.length >= 2, 10_000)
    expect(mail.mails[1]).toMatchObject({ to: ['owner@example.com'], isSecure: true })
    for (const { id } of Object.values(channels)) {
      await eventually(async () => (await deliveries(id))[0]?.status === 'delivered', 10_000)
      expect((await deliveries(id))[0]).toMatchObject({
        ...{ kind: 'approval', subjectId: approvalId, status: 'delivered' },
      })
    }
    // Whoever, or whatever, opens the link: nothing is decided.
    const { url } = payloadOf(hook).data
    for (const headers of [{}, { cookie: owner.cookie }]) {
      for (const method of ['GET', 'HEAD']) {
        await fetch(`${scene.vault.url}${new URL(url).pathname}`, { method, headers })
      }
    }
    const { approval } = await scene.vault.owner.call('getApproval', { approvalId })
    expect(approval.status).toBe('pending')
    await scene.deny(approvalId)
  })

  it('signs what it posts as Standard Webhooks say, with both secrets after a renewal', async () => {
    const { id, secret = '' } = channels.webhook ?? { id: '' }
    const renewed = await owner.send('POST', `/api/v1/notification-channels/${id}/secret`, {
      body: {},
    })
    const fresh = String(renewed.body.secret)
    expect(fresh).not.toBe(secret)
    await owner.send('POST', `/api/v1/notification-channels/${id}/test`)
    const last = receiver.at('/hook').at(-1)
    const { headers, body = '' } = last ?? {}
    const signed = `${headers?.['webhook-id']}.${headers?.['webhook-timestamp']}.${body}`
    const signatures = [fresh, secret].map((one) => {
      const key = Buffer.from(one.replace('whsec_', ''), 'base64')
      expect(key.byteLength).toBeGreaterThanOrEqual(24)
      return `v1,${createHmac('sha256', key).update(signed).digest('base64')}`
    })
    expect(String(headers?.['webhook-signature']).split(' ')).toEqual(signatures)
  })

  it('tells of a capability, a connection to reconnect and a freeze', async () => {
    const subject = await scene.subject()
    const before = receiver.at('/hook').length
    await subject.agent.client.call('requestCapability', {
      actionTemplateId: 'gmail-read',
      reason: 'to read mail',
    })
    await scene.admin`UPDATE connections SET status = 'needs_reauth', status_reason = 'It ended.'
      WHERE id = ${subject.connectionId}`
    await scene.vault.owner.call('freezeWorkspace', {})
    await came('/hook', before + 3)
    const types = receiver.at('/hook').slice(before).map(payloadOf)
    expect(types.map(({ type }) => type).toSorted()).toEqual([
      'capability.requested',
      'connection.needs_reauth',
      'workspace.frozen',
    ])
    const pages = types.map(({ data }) => new URL(data.url).pathname.split('/')[1]).toSorted()
    expect(pages).toEqual(['capability-requests', 'connections', 'settings'])
    await scene.vault.owner.call('unfreezeWorkspace', {})
    await Promise.all(Object.values(channels).map(({ id }) => remove(id)))
  })
})

describe('what does not get through at once', () => {
  it('tries again when it is asked to, and then no sooner', async () => {
    const { id } = await addChannel(webhook('/busy'), { events: ['approval'] })
    receiver.answer = ({ path }) =>
      path === '/busy' && receiver.at('/busy').length === 1
        ? { status: 503, headers: { 'retry-after': '7' }, body: 'come back later' }
        : { status: 200 }
    const subject = await scene.subject()
    const { approvalRequestId: approvalId } = await subject.ask()
    await came('/busy', 1)
    await eventually(async () => (await deliveries(id))[0]?.message !== undefined, 5_000)
    expect(await deliveries(id)).toMatchObject([
      { status: 'waiting', attempts: 1, message: expect.stringContaining('come back later') },
    ])
    expect(await channelOf(id)).toMatchObject({ status: 'failing' })
    const [first, second] = await came('/busy', 2)
    expect((second?.atMs ?? 0) - (first?.atMs ?? 0)).toBeGreaterThanOrEqual(6_500)
    expect(second?.headers['webhook-id']).toBe(first?.headers['webhook-id'])
    await eventually(async () => (await deliveries(id))[0]?.status === 'delivered', 5_000)
    expect(await deliveries(id)).toMatchObject([{ status: 'delivered', attempts: 2 }])
    expect(await channelOf(id)).toMatchObject({ status: 'active' })
    await scene.deny(approvalId)
    await remove(id)
  })

  it('drops what was decided meanwhile, and gives up what is gone', async () => {
    const [busy, gone] = await Promise.all([
      addChannel(webhook('/refusing'), { events: ['approval'] }),
      addChannel(webhook('/gone'), { events: ['approval'] }),
    ])
    receiver.answer = ({ path }) => ({ status: path === '/gone' ? 410 : 500 })
    const subject = await scene.subject()
    const { approvalRequestId: approvalId } = await subject.ask()
    await came('/refusing', 1)
    await scene.deny(approvalId)
    await eventually(async () => (await deliveries(busy.id))[0]?.status === 'dropped', 15_000)
    expect(await deliveries(busy.id)).toMatchObject([
      { status: 'dropped', message: 'The approval is denied.' },
    ])
    expect(receiver.at('/refusing')).toHaveLength(1)
    expect(await channelOf(gone.id)).toMatchObject({ status: 'gone' })
    expect(await deliveries(gone.id)).toMatchObject([{ status: 'failed', attempts: 1 }])
    receiver.answer = () => ({ status: 200 })
    await remove(busy.id)
    await remove(gone.id)
  })

  it('gathers a flood into one message', async () => {
    const { id } = await addChannel(webhook('/flood'), {
      events: ['capability'],
      detail: 'minimal',
    })
    const agents = await Promise.all(
      Array.from({ length: 34 }, (_, i) => scene.vault.createAgentWithKey(`flood ${i}`)),
    )
    const workspace = await scene.admin<
      { workspace_id: string }[]
    >`SELECT workspace_id FROM agents LIMIT 1`
    await scene.admin`INSERT INTO capability_requests
      (id, workspace_id, agent_id, action_template_id, reason, status, created_at)
      SELECT 'cap_' || id, ${workspace[0]?.workspace_id ?? ''}, id, 'gmail-read', 'x', 'pending', now()
      FROM agents WHERE id = ANY (${agents.map(({ agentId }) => agentId)})`
    await eventually(
      async () => (await deliveries(id)).filter((one) => one.status === 'delivered').length === 34,
      15_000,
    )
    const messages = receiver.at('/flood')
    expect(messages.length).toBeLessThanOrEqual(2)
    expect(payloadOf(messages[0] as Received).data.title).toBe('34 requests wait for you')
    await remove(id)
  })
})

describe('who is told', () => {
  it('tells each person what their role may read, in their own channels, and nobody who left', async () => {
    verifies('S-09')
    const [approver, auditor, gone] = await Promise.all([
      addPerson(scene.vault, 'approver'),
      addPerson(scene.vault, 'auditor'),
      addPerson(scene.vault, 'admin'),
    ])
    await addChannel(webhook('/approver'), { person: approver })
    const ofAuditor = await addChannel(webhook('/auditor'), { person: auditor, detail: 'minimal' })
    await addChannel(webhook('/left'), { person: gone })
    const off = await addChannel(webhook('/off'), { person: approver, events: ['freeze'] })
    const left = await owner.send('DELETE', `/api/v1/workspace/members/${gone.id}`)
    expect(left.status).toBe(200)
    const subject = await scene.subject()
    const { approvalRequestId: approvalId } = await subject.ask()
    const agentId = subject.agent.agentId
    const [workspace] = await scene.admin<{ workspaceId: string }[]>`
      SELECT workspace_id AS "workspaceId" FROM agents WHERE id = ${agentId}`
    await scene.admin`INSERT INTO alerts (id, workspace_id, agent_id, kind, sentence, last_at)
      VALUES ('alr_1', ${workspace?.workspaceId ?? ''}, ${agentId}, 'burst', 'Very busy.', now())`
    await came('/auditor', 2)
    await came('/approver', 1)
    expect(
      receiver
        .at('/auditor')
        .map((one) => payloadOf(one).type)
        .toSorted(),
    ).toEqual(['alert.unusual_activity', 'approval.requested'])
    // Of alerts an approver may not read, and is not told.
    expect(receiver.at('/approver').map((one) => payloadOf(one).type)).toEqual([
      'approval.requested',
    ])
    const minimal = receiver
      .at('/auditor')
      .map(({ body }) => body)
      .join('\n')
    for (const word of ['asker', '127.0.0.1:', 'upstream', 'v1/notes', 'Very busy']) {
      expect(minimal.replaceAll(scene.vault.url, ''), word).not.toContain(word)
    }
    expect(receiver.at('/left')).toEqual([])
    expect(receiver.at('/off')).toEqual([])
    expect(await deliveries(off.id, approver)).toEqual([])
    // Who turns a channel off is told nothing more; who turns it on again is.
    const path = `/api/v1/notification-channels/${ofAuditor.id}`
    await auditor.send('PATCH', path, { body: { enabled: false } })
    await scene.deny(approvalId)
    const second = await subject.ask({ body: { text: 'again' } })
    await came('/approver', 2)
    expect(receiver.at('/auditor')).toHaveLength(2)
    await scene.deny(second.approvalRequestId)
  })

  it('records who changed what, and keeps secrets out of the log, the audit and the database', async () => {
    verifies('S-38')
    const { entries } = await scene.vault.owner.call('listAudit', { limit: 200 })
    const operations = new Set(entries.map(({ operation }) => operation))
    for (const operation of [
      'createNotificationChannel',
      'deleteNotificationChannel',
      'renewNotificationSecret',
      'putMailServer',
    ]) {
      expect(operations).toContain(operation)
    }
    const tables = ['notification_channels', 'notification_deliveries', 'mail_servers']
    const rows = await Promise.all(
      tables.map((table) =>
        scene.admin.unsafe(`SELECT row_to_json(t)::text AS row FROM ${table} t`),
      ),
    )
    const texts = [JSON.stringify(rows), JSON.stringify(entries), scene.vault.output()].join('\n')
    for (const secret of [
      ...[mailUser.password, ntfyToken, 'my-secret-topic'],
      ...['slack-secret-0123456789abcdef', 'discord-secret-0123456789abcdef', 'whsec_'],
    ]) {
      expect(texts, secret).not.toContain(secret)
    }
  })
})
