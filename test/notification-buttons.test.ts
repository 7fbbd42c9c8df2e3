import { createECDH, createHmac, randomBytes } from 'node:crypto'
import type { NotificationTarget } from '@sallyport/contracts'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type ApprovalScene, startApprovalScene } from './fixtures/approval-scene.ts'
import { type HttpReceiver, type Received, startHttpReceiver } from './fixtures/http-receiver.ts'
import { type Person, signIn } from './fixtures/people.ts'
import { eventually } from './fixtures/scene.ts'
import { verifies } from './verifies.ts'

// One vault, and a Slack, a Telegram and a push service on loopback, through which its owner answers.

const signingSecret = 'slack-signing-secret-0123456789'
const memberId = 'U0123456789'
const botToken = '12345:telegram-bot-token-0123456789'
const account = 7

let scene: ApprovalScene
let receiver: HttpReceiver
let owner: Person
const channels: Record<'slack' | 'telegram', string> = { slack: '', telegram: '' }
/** What waits for whoever asks the bot for updates. */
const updates: Record<string, unknown>[] = []

beforeAll(async () => {
  receiver = await startHttpReceiver()
  receiver.answer = answer
  scene = await startApprovalScene()
  owner = await signIn(scene.vault)
})
afterAll(async () => {
  await scene?.stop()
  await receiver?.close()
})

const methodOf = ({ path }: Received) => path.split('/').at(-1) ?? ''
const bodyOf = ({ body }: Received) => JSON.parse(body) as Record<string, unknown>

function answer(request: Received) {
  const ok = (result: object) => ({ status: 200, body: JSON.stringify({ ok: true, ...result }) })
  if (request.path.startsWith('/push/')) return { status: 201 }
  const count = receiver.requests.length
  switch (methodOf(request)) {
    case 'chat.postMessage':
      return ok({ channel: 'D1', ts: `${count}.0` })
    case 'getMe':
      return ok({ result: { username: 'my_bot' } })
    case 'sendMessage':
      return ok({ result: { message_id: count, chat: { id: account } } })
    case 'getUpdates': {
      const offset = Number(bodyOf(request).offset)
      const result = updates.filter((update) => Number(update.update_id) >= offset)
      return { ...ok({ result }), delayMs: result.length === 0 ? 200 : 0 }
    }
    default:
      return ok({ result: true })
  }
}

async function add(target: NotificationTarget): Promise<string> {
  const made = await owner.send('POST', '/api/v1/notification-channels', {
    body: { target, events: ['approval'] },
  })
  if (made.status !== 201) throw new Error(JSON.stringify(made.body))
  expect(JSON.stringify(made.body)).not.toContain('0123456789abcdef')
  return (made.body.channel as { id: string }).id
}
const channelOf = async (id: string) =>
  (await owner.send('GET', `/api/v1/notification-channels/${id}`)).body.channel as {
    status: string
    canDecide: boolean
    target: string
  }
const statusOf = async (approvalId: string) =>
  (await scene.vault.owner.call('getApproval', { approvalId })).approval.status

/** What was called with a text in it, and as which message it was taken. */
async function called(method: string, text: string): Promise<Received & { number: number }> {
  const find = () =>
    receiver.requests.findLastIndex((one) => methodOf(one) === method && one.body.includes(text))
  await eventually(() => find() !== -1, 10_000)
  const at = find()
  const one = receiver.requests[at]
  if (one === undefined) throw new Error('nothing was called')
  return { ...one, number: at + 1 }
}

function slackPress(
  answered: string,
  approvalId: string,
  { user = memberId, ts = '' }: { user?: string; ts?: string },
): string {
  const payload = {
    type: 'block_actions',
    user: { id: user },
    container: { type: 'message', channel_id: 'D1', message_ts: ts },
    actions: [{ action_id: answered, value: approvalId }],
  }
  return new URLSearchParams({ payload: JSON.stringify(payload) }).toString()
}

/** Signed by the clock of the machine, `offSeconds` away. */
function signed(body: string, { secret = signingSecret, offSeconds = 0 } = {}) {
  const timestamp = String(Math.floor(Date.now() / 1000) + offSeconds)
  const mac = createHmac('sha256', secret).update(`v0:${timestamp}:${body}`).digest('hex')
  return { 'x-slack-request-timestamp': timestamp, 'x-slack-signature': `v0=${mac}` }
}

async function post(
  body: string | Uint8Array<ArrayBuffer>,
  headers: Record<string, string>,
  { channelId = channels.slack, kind = 'slack' } = {},
): Promise<number> {
  const answered = await fetch(`${scene.vault.url}/v1/callbacks/${kind}/${channelId}`, {
    ...{ method: 'POST', body },
    headers: { 'content-type': 'application/x-www-form-urlencoded', ...headers },
  })
  await answered.text()
  return answered.status
}

let updateId = 100
function tap(data: string, messageId: number, from = account): void {
  updateId += 1
  const message = { message_id: messageId, chat: { id: from } }
  updates.push({
    update_id: updateId,
    callback_query: { id: `query ${updateId}`, from: { id: from }, data, message },
  })
}

describe('linking', () => {
  it('shows by a code in Slack that the account is the owner’s', async () => {
    channels.slack = await add({
      ...{ kind: 'slack-app', botToken: 'xoxb-0123456789abcdef', signingSecret, memberId },
      server: receiver.origin,
    })
    expect(await channelOf(channels.slack)).toMatchObject({ status: 'unlinked', canDecide: false })
    const path = `/api/v1/notification-channels/${channels.slack}/link`
    expect((await owner.send('POST', path, { body: {} })).status).toBe(200)
    const { body } = await called('chat.postMessage', 'Your code')
    const code = /\d{4} \d{4}/.exec(body)?.[0] ?? ''
    const finish = (given: string) =>
      owner.send('POST', `${path}/finish`, { body: { code: given } })
    expect((await finish('0000 0001')).body.type).toBe('notification-channel-not-linked')
    expect((await finish(code)).status).toBe(200)
    expect((await finish(code)).body.type).toBe('notification-channel-not-linked')
    expect(await channelOf(channels.slack)).toMatchObject({ status: 'active', canDecide: true })
  })

  it('shows by a link that its owner opens in Telegram, and by nobody else’s', async () => {
    channels.telegram = await add({ kind: 'telegram', botToken, server: receiver.origin })
    const path = `/api/v1/notification-channels/${channels.telegram}/link`
    const { linking } = (await owner.send('POST', path, { body: {} })).body as {
      linking: { url: string }
    }
    const code = new URL(linking.url).searchParams.get('start')
    const write = (from: number, text: string) =>
      updates.push({
        update_id: updateId++,
        message: { from: { id: from, username: 'me' }, chat: { id: from, type: 'private' }, text },
      })
    write(8, '/start a-code-that-was-never-made')
    write(account, `/start ${code}`)
    write(9, `/start ${code}`)
    await eventually(async () => (await channelOf(channels.telegram)).canDecide, 10_000)
    expect((await channelOf(channels.telegram)).target).toMatch(/ → me$/)
    const { body } = await called('sendMessage', 'Linked')
    expect(JSON.parse(body).chat_id).toBe(String(account))
  })
})

describe('an answer from Slack', () => {
  it('is taken once, signed, from the linked account, on the message that asked', async () => {
    verifies('S-26')
    const subject = await scene.subject()
    const { approvalRequestId: approvalId } = await subject.ask()
    const told = await called('chat.postMessage', approvalId)
    const host = new URL(scene.upstream.origin).host
    expect(told.body).toContain(
      `"text":"POST ${host}/v1/notes\\nQuery and body are not shown here: open it to see them."`,
    )
    const ts = `${told.number}.0`
    const press = slackPress('approve', approvalId, { ts })
    const unsigned: [string, Record<string, string>][] = [
      [press, {}],
      [press, signed(press, { secret: 'another' })],
      [press, signed(press, { offSeconds: -301 })],
      [press, signed(press, { offSeconds: 360 })],
      [`${press} `, signed(press)],
      [`\ufeff${press}`, signed(press)],
      [press, { ...signed(press), 'x-slack-request-timestamp': '1' }],
    ]
    for (const [body, headers] of unsigned) expect(await post(body, headers)).toBe(401)
    const foreign = [
      slackPress('approve', approvalId, { ts, user: 'U9999999999' }),
      slackPress('approve', approvalId, { ts: '1.0' }),
      slackPress('open', approvalId, { ts }),
    ]
    for (const body of foreign) expect(await post(body, signed(body))).toBe(200)
    for (const method of ['GET', 'HEAD', 'PUT', 'DELETE']) {
      const path = `/v1/callbacks/slack/${channels.slack}?${press}`
      const { status } = await fetch(`${scene.vault.url}${path}`, {
        ...{ method, headers: signed(press) },
      })
      expect(status).toBe(405)
    }
    expect(await post(press, signed(press), { channelId: channels.telegram })).toBe(401)
    expect(await post(press, signed(press), { kind: 'telegram' })).toBe(401)
    expect(await statusOf(approvalId)).toBe('pending')

    const good = signed(press)
    const answers = await Promise.all(Array.from({ length: 5 }, () => post(press, good)))
    expect(answers).toEqual([200, 200, 200, 200, 200])
    expect(await statusOf(approvalId)).toBe('approved')
    const edited = await called('chat.update', 'Approved')
    expect(bodyOf(edited)).toMatchObject({ channel: 'D1', ts })
    expect(edited.body).not.toContain('"approve"')
    const deny = slackPress('deny', approvalId, { ts })
    expect(await post(deny, signed(deny))).toBe(200)
    expect(await statusOf(approvalId)).toBe('approved')
    const { entries } = await scene.vault.owner.call('listAudit', { operation: 'approveRequest' })
    expect(entries).toMatchObject([
      { ownerId: owner.id, outcome: 'done', detail: { via: 'slack-app', approvalId } },
    ])
    const refused = await scene.vault.owner.call('listAudit', {
      operation: 'pressNotificationButton',
    })
    expect(refused.entries.map(({ outcome }) => outcome)).toEqual(['failed', 'failed', 'failed'])
    await subject.redeem(approvalId, 10)
    expect(scene.sent()).toBe(1)
  })

  it('is none where a yes takes more than a button', async () => {
    verifies('S-26')
    const subject = await scene.subject({ approvalOptions: { freshSignIn: true } })
    const { approvalRequestId: approvalId } = await subject.ask()
    const told = await called('chat.postMessage', approvalId)
    expect(told.body).not.toContain('"approve"')
    const press = slackPress('approve', approvalId, { ts: `${told.number}.0` })
    expect(await post(press, signed(press))).toBe(200)
    expect(await statusOf(approvalId)).toBe('pending')
    await scene.deny(approvalId)
  })
})

describe('an answer from Telegram', () => {
  it('is fetched with the bot’s token, and taken from the linked account alone', async () => {
    verifies('S-26')
    const subject = await scene.subject()
    const { approvalRequestId: approvalId } = await subject.ask()
    const told = await called('sendMessage', `a:${approvalId}`)
    expect(bodyOf(told)).toMatchObject({ chat_id: String(account) })
    tap(`a:${approvalId}`, told.number, 8)
    tap(`a:${approvalId}`, told.number - 1)
    tap(`d:${approvalId}`, told.number)
    tap(`a:${approvalId}`, told.number)
    const edited = await called('editMessageReplyMarkup', approvalId)
    expect(edited.body).toContain(`Denied (${owner.email})`)
    expect(await statusOf(approvalId)).toBe('denied')
    await called('answerCallbackQuery', 'Denied.')
    // It says so wherever it asked.
    const inSlack = await called('chat.update', 'Denied')
    expect(inSlack.body).toContain(owner.email)
    const { entries } = await scene.vault.owner.call('listAudit', { operation: 'denyRequest' })
    expect(entries.find(({ detail }) => detail?.approvalId === approvalId)).toMatchObject({
      ...{ ownerId: owner.id, detail: { via: 'telegram' } },
    })
    const secret = { 'x-telegram-bot-api-secret-token': botToken }
    const where = { channelId: channels.telegram, kind: 'telegram' }
    expect(await post(JSON.stringify(updates.at(-1)), secret, where)).toBe(401)
  })
})

describe('a browser', () => {
  it('is sent what only it can read, signed with the key that it subscribed with', async () => {
    const { publicKey } = (await owner.send('GET', '/api/v1/notification-channels/web-push-key'))
      .body
    const browser = createECDH('prime256v1')
    const p256dh = browser.generateKeys().toString('base64url')
    const auth = randomBytes(16).toString('base64url')
    const id = await add({
      ...{ kind: 'web-push', endpoint: `${receiver.origin}/push/a-long-secret-subscription` },
      keys: { p256dh, auth },
    })
    const subject = await scene.subject()
    const { approvalRequestId: approvalId } = await subject.ask()
    const path = '/push/a-long-secret-subscription'
    await eventually(() => receiver.at(path).length > 0, 10_000)
    const [pushed] = receiver.at(path)
    expect(pushed?.headers).toMatchObject({
      ...{ 'content-encoding': 'aes128gcm', urgency: 'high' },
      authorization: expect.stringContaining(`k=${publicKey}`),
    })
    expect(pushed?.body).not.toContain(approvalId)
    await scene.deny(approvalId)
    await owner.send('DELETE', `/api/v1/notification-channels/${id}`)
  })
})

describe('who writes to the database, or to the callback', () => {
  it('lets nothing be decided by editing what was told, or who is told', async () => {
    verifies('S-33')
    const subject = await scene.subject()
    const [one, two] = [await subject.ask(), await subject.ask({ body: { text: 'another' } })]
    const first = await called('chat.postMessage', one.approvalRequestId)
    const second = await called('chat.postMessage', two.approvalRequestId)
    const press = async (approvalId: string, ts: string) => {
      const body = slackPress('approve', approvalId, { ts })
      expect(await post(body, signed(body))).toBe(200)
      expect(await statusOf(approvalId)).toBe('pending')
    }
    const rows = async () =>
      (
        await scene.admin<{ references: number }[]>`
          SELECT count(*)::integer AS references FROM notification_deliveries
          WHERE channel_id = ${channels.slack} AND reference IS NOT NULL
            AND subject_id = ANY (${[one.approvalRequestId, two.approvalRequestId]})`
      )[0]?.references
    await eventually(async () => (await rows()) === 2, 10_000)
    // The second message is made to stand for the first approval.
    await scene.admin`UPDATE notification_deliveries SET subject_id = ${one.approvalRequestId}
      WHERE channel_id = ${channels.slack} AND subject_id = ${two.approvalRequestId}`
    await press(one.approvalRequestId, `${second.number}.0`)
    await press(two.approvalRequestId, `${second.number}.0`)
    // A reference that is typed in is none.
    await scene.admin`UPDATE notification_deliveries SET reference = '{"channel":"D1","ts":"1.0"}'
      WHERE channel_id = ${channels.slack} AND subject_id = ${one.approvalRequestId}`
    await press(one.approvalRequestId, '1.0')
    await press(one.approvalRequestId, `${first.number}.0`)
    await scene.deny(one.approvalRequestId)
    await scene.deny(two.approvalRequestId)
  })

  it('wears nothing out: floods, large and odd bodies, and ids that are none', async () => {
    verifies('S-22')
    const press = slackPress('approve', 'apr_none', { ts: '1.0' })
    const flood = Array.from({ length: 300 }, (_, n) =>
      post(press, n % 2 === 0 ? {} : signed(press, { secret: `guess ${n}` })),
    )
    expect(new Set(await Promise.all(flood))).toEqual(new Set([401]))
    const large = 'x'.repeat(300 * 1024)
    expect(await post(large, signed(large))).toBe(413)
    const long = 'x'.repeat(200 * 1024)
    expect(await post(long, signed(long))).toBe(400)
    expect(await post(new Uint8Array([0xff, 0xfe, 0x00]), signed(''))).toBe(400)
    expect(await post('', signed(''))).toBe(200)
    for (const channelId of ['ntc_none', 'x', '%2e%2e%2fx', 'x'.repeat(60)]) {
      expect(await post(press, signed(press), { channelId })).toBe(401)
    }
    expect(await post(press, { ...signed(press), 'x-slack-signature': 'x'.repeat(400) })).toBe(400)
    expect((await fetch(`${scene.vault.url}/readyz`)).status).toBe(200)
  })
})
