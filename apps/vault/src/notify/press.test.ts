import type { ApprovalStatus } from '@sallyport/contracts'
import { describe, expect, it } from 'vitest'
import {
  createReachRoom,
  me,
  nowMs,
  pressUpdate,
  type ReachRoom,
  slackPress,
  slackSigned,
} from '../../../../test/fixtures/reach-room.ts'
import { verifies } from '../../../../test/verifies.ts'
import type { StoredChannel } from './notify-store.ts'

let atMs = nowMs
const earlier = () => {
  atMs -= 1000
  return atMs
}
/** A signed press, each of its own second. */
const press = (
  room: ReachRoom,
  { id: channelId }: Pick<StoredChannel, 'id'>,
  body: string,
): Promise<unknown> =>
  room.reach.takeSlackCallback({ channelId, ...slackSigned(body, { atMs: earlier() }) })

const tap = (
  room: ReachRoom,
  { id: channelId }: Pick<StoredChannel, 'id'>,
  update: object,
): Promise<unknown> =>
  room.reach.takeTelegramCallback({
    ...{ channelId, secret: room.telegramSecret(channelId) },
    body: JSON.stringify(update),
  })

async function scene() {
  atMs = nowMs
  const room = createReachRoom()
  const [slack, telegram] = [await room.linked('slack-app'), await room.linked('telegram')]
  await room.ask('apr_1', {}, slack)
  await room.ask('apr_2', {}, telegram)
  return { room, slack, telegram }
}

const reasons = (room: ReachRoom) =>
  room.state.events
    .filter(({ operation }) => operation === 'pressNotificationButton')
    .map(({ detail }) => String(detail?.reason))

describe('a press of a button', () => {
  it('is the answer of the person whose channel it is, and says where it was given', async () => {
    verifies('S-26')
    const { room, slack, telegram } = await scene()
    await press(room, slack, slackPress('deny', 'apr_1'))
    await tap(room, telegram, pressUpdate('a:apr_2', { message: 2 }))
    expect(room.state.decided).toEqual([
      { ownerId: 'own_1', approvalId: 'apr_1', answer: 'deny', via: 'slack-app' },
      { ownerId: 'own_1', approvalId: 'apr_2', answer: 'approve', via: 'telegram' },
    ])
    expect(reasons(room)).toEqual([])
  })

  it('decides nothing from another account than the linked one', async () => {
    verifies('S-26')
    const { room, slack, telegram } = await scene()
    for (const user of ['U0000000000', 'u0123456789', 'U0123456789 ', '', '__proto__']) {
      await press(room, slack, slackPress('approve', 'apr_1', { user }))
    }
    for (const from of [8, 0, -7, 70]) {
      await tap(room, telegram, pressUpdate('a:apr_2', { message: 2, from }))
      await tap(room, telegram, pressUpdate('a:apr_2', { message: 2, from, chat: from }))
    }
    expect(room.state.decided).toEqual([])
    expect(new Set(reasons(room))).toEqual(new Set(['This account is not the one that is linked.']))
  })

  it('decides nothing on another message than the one that asked', async () => {
    verifies('S-26')
    const { room, slack, telegram } = await scene()
    await room.ask('apr_3', {}, slack)
    const ts = room.lastMessage()
    const presses = [
      // What another message asked, what nobody asked, and the message of another conversation.
      slackPress('approve', 'apr_3', { ts: '1.0' }),
      slackPress('approve', 'apr_1', { ts: `${ts}.0` }),
      slackPress('approve', 'apr_1', { channel: 'D2' }),
      slackPress('approve', 'apr_1', { ts: '' }),
      slackPress('approve', 'apr_2', { ts: '2.0' }),
      slackPress('approve', 'apr_9'),
    ]
    for (const body of presses) await press(room, slack, body)
    for (const update of [
      pressUpdate('a:apr_2', { message: 1 }),
      pressUpdate('a:apr_2', { message: 2, chat: 8 }),
      pressUpdate('a:apr_1', { message: 1 }),
      pressUpdate('a:apr_1', { message: 2 }),
    ]) {
      await tap(room, telegram, update)
    }
    expect(room.state.decided).toEqual([])
    expect(new Set(reasons(room))).toEqual(new Set(['There is no such request.']))
  })

  it('decides nothing by a callback of another person’s channel, of this workspace or another', async () => {
    verifies('S-09', 'S-26')
    const { room, slack } = await scene()
    room.state.people.set('own_2', { email: 'two@example.com', role: 'owner' })
    const other = await room.linked('slack-app', { ...me, ownerId: 'own_2' })
    const foreign = await room.linked('slack-app', { ...me, workspaceId: 'wsp_2' })
    // The app is the same, and so is the secret: what they were not told of they do not decide.
    await press(room, other, slackPress('approve', 'apr_1'))
    await press(room, foreign, slackPress('approve', 'apr_1'))
    // Their rows brought to claim what the first channel was told.
    const [told] = room.state.told
    for (const { id } of [other, foreign]) {
      if (told !== undefined) room.state.told.push({ ...told, channelId: id })
    }
    await press(room, other, slackPress('approve', 'apr_1'))
    await press(room, foreign, slackPress('approve', 'apr_1'))
    expect(room.state.decided).toEqual([])
    await press(room, slack, slackPress('approve', 'apr_1'))
    expect(room.state.decided).toHaveLength(1)
  })

  it('decides nothing for whoever has not the role any more, or is no member', async () => {
    verifies('S-26')
    const { room, slack } = await scene()
    room.state.people.set('own_1', { email: 'me@example.com', role: 'auditor' })
    await press(room, slack, slackPress('approve', 'apr_1'))
    room.state.people.delete('own_1')
    await press(room, slack, slackPress('deny', 'apr_1'))
    expect(room.state.decided).toEqual([])
    room.state.people.set('own_1', { email: 'me@example.com', role: 'approver' })
    await press(room, slack, slackPress('approve', 'apr_1'))
    expect(room.statusOf('apr_1')).toBe('approved')
  })

  it('decides nothing where a yes takes more, although buttons are forged', async () => {
    verifies('S-26')
    const { room, slack, telegram } = await scene()
    for (const more of [{ freshSignIn: true }, { ownersNeeded: 2 }]) {
      await room.ask('apr_4', more, slack, telegram)
      const messages = room.state.called.slice(-2).map(({ body }) => JSON.stringify(body))
      for (const message of messages) expect(message).not.toMatch(/approve"|a:apr_4/)
      // What is refused is told of, too.
      const last = room.lastMessage()
      for (let at = 1; at <= last; at += 1) {
        await press(room, slack, slackPress('approve', 'apr_4', { ts: `${at}.0` }))
        await tap(room, telegram, pressUpdate('d:apr_4', { message: at }))
      }
    }
    // It was asked for after the message had gone out.
    for (const more of [{ freshSignIn: true }, { ownersNeeded: 2 }]) {
      await room.ask('apr_1', more)
      await press(room, slack, slackPress('approve', 'apr_1'))
    }
    expect(room.state.decided).toEqual([])
  })

  it('decides once, whatever is pressed at the same time', async () => {
    verifies('S-26')
    const { room, slack } = await scene()
    const answers = ['approve', 'deny', 'approve', 'approve', 'deny']
    await Promise.all(answers.map((answer) => press(room, slack, slackPress(answer, 'apr_1'))))
    expect(room.state.decided).toHaveLength(1)
    for (const answer of answers) await press(room, slack, slackPress(answer, 'apr_1'))
    expect(room.state.decided).toHaveLength(1)
  })

  it('decides nothing that is over, whatever became of it', async () => {
    verifies('S-26')
    const { room, slack } = await scene()
    const statuses: ApprovalStatus[] = ['approved', 'denied', 'expired', 'cancelled', 'consumed']
    for (const status of statuses) {
      await room.ask('apr_1', { status })
      for (const answer of ['approve', 'deny']) {
        await press(room, slack, slackPress(answer, 'apr_1'))
      }
    }
    expect(room.state.decided).toEqual([])
  })

  it('decides nothing at a channel that is turned off, gone or linked to somebody else', async () => {
    const { room, slack } = await scene()
    for (const change of [{ enabled: false }, { status: 'gone' as const }]) {
      room.state.channels.set(slack.id, { ...slack, ...change })
      await press(room, slack, slackPress('approve', 'apr_1'))
    }
    expect(room.state.decided).toEqual([])
  })

  it('decides what the message showed: a row that was edited makes no lie true', async () => {
    verifies('S-28', 'S-33')
    const { room, slack } = await scene()
    // The message says what the row said; the request that would be sent is another.
    room.state.frozen.set('apr_5', 'DELETE api.example.com/v1/everything')
    await room.ask('apr_5', {}, slack)
    const ts = `${room.lastMessage()}.0`
    await press(room, slack, slackPress('approve', 'apr_5', { ts }))
    expect(reasons(room).at(-1)).toContain('something else')
    room.state.frozen.delete('apr_5')
    // And a reference that was edited, or moved to another row, points nowhere.
    const told = [...room.state.told]
    const [one, , two] = told
    if (one === undefined || two === undefined) throw new Error('nothing was told')
    for (const edited of [
      { ...one, reference: two.reference },
      { ...one, id: 'ntd_other' },
      { ...one, reference: { sealed: '' } },
      { ...one, reference: { channel: 'D1', ts: '1.0' } as object },
      { ...two, approvalId: 'apr_1' },
    ]) {
      room.state.told.splice(0, Number.POSITIVE_INFINITY, edited)
      await press(room, slack, slackPress('approve', 'apr_1'))
      await press(room, slack, slackPress('approve', 'apr_1', { ts }))
    }
    expect(room.state.decided).toEqual([])
    room.state.told.splice(0, Number.POSITIVE_INFINITY, ...told)
    await press(room, slack, slackPress('approve', 'apr_5', { ts }))
    expect(room.statusOf('apr_5')).toBe('approved')
  })

  it('has no button where what it decides cannot be shown whole', async () => {
    verifies('S-28')
    const { room, slack, telegram } = await scene()
    const before = room.state.told.length
    await room.ask('apr_6', { path: `/${'a'.repeat(300)}` }, slack, telegram)
    await room.ask('apr_7', { path: '/\u202egnp.exe' }, slack, telegram)
    // Escaped for Slack it is longer than Slack has room for.
    await room.ask('apr_8', { path: `/${'&'.repeat(120)}` }, slack)
    expect(room.state.told).toHaveLength(before)
    for (const { body } of room.state.called.slice(-5)) {
      expect(JSON.stringify(body)).not.toMatch(/"approve"|a:apr/)
    }
  })
})
