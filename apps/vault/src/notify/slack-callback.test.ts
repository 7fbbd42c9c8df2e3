import type { Problem } from '@sallyport/contracts'
import { describe, expect, it } from 'vitest'
import {
  createReachRoom,
  nowMs,
  type ReachRoom,
  signingSecret,
  slackPress,
  slackSigned,
} from '../../../../test/fixtures/reach-room.ts'
import { verifies } from '../../../../test/verifies.ts'

const minuteMs = 60_000

async function scene() {
  const room = createReachRoom()
  const channel = await room.linked('slack-app')
  await room.ask('apr_1', {}, channel)
  const take = (input: Omit<Parameters<ReachRoom['reach']['takeSlackCallback']>[0], 'channelId'>) =>
    room.reach.takeSlackCallback({ channelId: channel.id, ...input })
  return { room, channel, take }
}

const typeOf = (promise: Promise<unknown>) =>
  promise.then(
    () => 'taken',
    (error: unknown) => String(Object(error).type),
  )

describe('a callback of Slack', () => {
  it('counts with the signature of the very bytes that came, and with no other', async () => {
    verifies('S-26')
    const { room, take } = await scene()
    const body = slackPress('approve', 'apr_1')
    const good = slackSigned(body)
    const flipped = good.signature.replace(/.$/, (last) => (last === '0' ? '1' : '0'))
    const wrong = [
      { body },
      { body, timestamp: good.timestamp },
      { body, signature: good.signature },
      { ...good, signature: '' },
      { ...good, signature: flipped },
      { ...good, signature: good.signature.toUpperCase() },
      { ...good, signature: good.signature.slice(0, -2) },
      { ...good, signature: `${good.signature}00` },
      { ...good, signature: good.signature.replace('v0=', 'v1=') },
      { ...good, signature: good.signature.replace('v0=', '') },
      { ...good, timestamp: String(Number(good.timestamp) + 1) },
      { ...good, timestamp: ` ${good.timestamp}` },
      { ...good, timestamp: `${good.timestamp}.0` },
      { ...good, timestamp: '1e9' },
      { ...good, body: `${body}&x=1` },
      { ...good, body: `\ufeff${body}` },
      { ...good, body: decodeURIComponent(body) },
      slackSigned(body, { secret: '' }),
      slackSigned(body, { secret: `${signingSecret} ` }),
      slackSigned(body, { secret: 'xoxb-0123456789' }),
    ]
    for (const input of wrong) {
      expect(await typeOf(take(input)), JSON.stringify(input)).toBe('callback-refused')
    }
    expect(room.statusOf('apr_1')).toBe('pending')
    expect(room.state.presses.size).toBe(0)
    await take(good)
    expect(room.state.decided).toEqual([
      { ownerId: 'own_1', approvalId: 'apr_1', answer: 'approve', via: 'slack-app' },
    ])
  })

  it('is of now: five minutes old or early, and no more', async () => {
    const { room, take } = await scene()
    const body = slackPress('deny', 'apr_1')
    for (const offMs of [-5 * minuteMs - 1000, 5 * minuteMs + 1000, -60 * minuteMs, -nowMs]) {
      const input = slackSigned(body, { atMs: nowMs + offMs })
      expect(await typeOf(take(input)), String(offMs)).toBe('callback-refused')
    }
    expect(room.statusOf('apr_1')).toBe('pending')
    await take(slackSigned(body, { atMs: nowMs - 5 * minuteMs + 1000 }))
    expect(room.statusOf('apr_1')).toBe('denied')
  })

  it('counts once: what was refused is not made good by sending it again', async () => {
    verifies('S-26')
    const { room, channel, take } = await scene()
    const person = room.state.people.get('own_1') ?? { email: '', role: 'owner' }
    room.state.people.set('own_1', { ...person, role: 'auditor' })
    const input = slackSigned(slackPress('approve', 'apr_1'))
    expect(await take(input)).toEqual({ ok: true })
    room.state.people.set('own_1', person)
    const events = room.state.events.length
    const calls = room.state.called.length
    for (let n = 0; n < 5; n += 1) expect(await take(input)).toEqual({ ok: true })
    expect(room.statusOf('apr_1')).toBe('pending')
    expect(room.state.events).toHaveLength(events)
    expect(room.state.called).toHaveLength(calls)
    // Another press is another signature.
    await room.reach.takeSlackCallback({
      channelId: channel.id,
      ...slackSigned(slackPress('approve', 'apr_1'), { atMs: nowMs + 1000 }),
    })
    expect(room.statusOf('apr_1')).toBe('approved')
  })

  it('answers the same for a channel that does not exist, of another kind, or that cannot be read', async () => {
    verifies('S-09')
    const { room, channel } = await scene()
    const telegram = await room.linked('telegram')
    const input = slackSigned(slackPress('approve', 'apr_1'))
    const problems: Problem[] = []
    const read = (channelId: string) =>
      room.reach.takeSlackCallback({ ...input, channelId }).catch((error) => problems.push(error))
    await read('ntc_none')
    await read(telegram.id)
    room.state.channels.set(channel.id, { ...channel, ownerId: 'own_2' })
    await read(channel.id)
    room.state.channels.set(channel.id, { ...channel, sealed: telegram.sealed })
    await read(channel.id)
    expect(problems.map(({ type }) => type)).toEqual(Array(4).fill('callback-refused'))
    expect(new Set(problems.map(({ detail, next }) => `${detail} ${next}`)).size).toBe(1)
    expect(room.statusOf('apr_1')).toBe('pending')
  })

  it('does nothing with what is signed and no answer', async () => {
    const { room, take } = await scene()
    const payload = (value: unknown) =>
      new URLSearchParams({ payload: JSON.stringify(value) }).toString()
    const press = JSON.parse(
      new URLSearchParams(slackPress('approve', 'apr_1')).get('payload') ?? '',
    )
    const bodies = [
      ...['', 'payload=', 'payload=%7B', 'x=1', '[]', 'null', '\u0000', '%'.repeat(1000)],
      payload(null),
      payload([]),
      payload({ ...press, type: 'view_submission' }),
      payload({ ...press, actions: [] }),
      payload({ ...press, actions: Array.from({ length: 11 }, () => press.actions[0]) }),
      payload({ ...press, actions: [{ action_id: 'open' }] }),
      payload({ ...press, actions: [{ action_id: '__proto__', value: 'apr_1' }] }),
      payload({ ...press, actions: [{ action_id: 'approve', value: { toString: 'apr_1' } }] }),
      payload({ ...press, user: { id: ['U0123456789'] } }),
      payload({ ...press, user: null }),
      payload({ ...press, container: undefined }),
      `payload=${'['.repeat(90_000)}`,
      new URLSearchParams({ payload: `${'[1,'.repeat(9_000)}` }).toString(),
      payload({ type: 'url_verification', challenge: 'x' }),
    ]
    for (const body of bodies) {
      expect(await take(slackSigned(body)), body.slice(0, 60)).toEqual({ ok: true })
    }
    expect(room.statusOf('apr_1')).toBe('pending')
    expect(room.state.decided).toEqual([])
    expect(room.state.called.filter(({ method }) => method === 'chat.update')).toEqual([])
  })

  it('tells the owner why nothing was decided, and nobody else anything', async () => {
    const { room, take } = await scene()
    await room.ask('apr_2', { freshSignIn: true })
    room.state.called.length = 0
    await take(slackSigned(slackPress('approve', 'apr_2', { user: 'U9999999999' })))
    expect(room.state.called).toEqual([])
    await take(slackSigned(slackPress('approve', 'apr_2')))
    expect(room.state.called).toMatchObject([
      {
        method: 'chat.postMessage',
        body: { text: expect.stringContaining('Nothing was decided') },
      },
    ])
  })
})
