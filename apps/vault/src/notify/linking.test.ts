import { Buffer } from 'node:buffer'
import { describe, expect, it } from 'vitest'
import {
  codeIn,
  createReachRoom,
  me,
  nowMs,
  slackTarget,
  startUpdate,
  telegramTarget,
} from '../../../../test/fixtures/reach-room.ts'
import { verifies } from '../../../../test/verifies.ts'
import { openChannel } from './sealed-channel.ts'

const minuteMs = 60_000
const typeOf = (promise: Promise<unknown>) =>
  promise.then(
    () => 'done',
    (error: unknown) => String(Object(error).type),
  )

async function slackScene() {
  const room = createReachRoom()
  const given = { events: [], detail: 'full' as const, label: undefined }
  const made = await room.channels.create(me, { ...given, target: slackTarget })
  const channelId = made.channel.id
  const start = () => room.reach.linking.start(me, { channelId })
  const finish = (code: string, owner = me) => room.reach.linking.finish(owner, { channelId, code })
  const linkedOf = async () => (await openChannel(room.keyring, room.row(channelId))).linked
  return { room, channelId, start, finish, linkedOf }
}

async function telegramScene(room = createReachRoom()) {
  const given = { events: [], detail: 'full' as const, label: undefined }
  const made = await room.channels.create(me, { ...given, target: telegramTarget })
  const channelId = made.channel.id
  const start = async () => {
    const { linking } = await room.reach.linking.start(me, { channelId })
    return new URL(linking.url ?? '').searchParams.get('start') ?? ''
  }
  const write = (update: object) =>
    room.reach.takeTelegramCallback({
      ...{ channelId, secret: room.telegramSecret(channelId), body: JSON.stringify(update) },
    })
  const linkedOf = async () => (await openChannel(room.keyring, room.row(channelId))).linked
  return { room, channelId, start, write, linkedOf }
}

describe('linking an account in Slack', () => {
  it('takes who signed in a moment ago, at their own channel', async () => {
    verifies('S-09', 'S-42')
    const { room, channelId, start, finish } = await slackScene()
    await start()
    const code = codeIn(room.state.called)
    for (const [owner, problem] of [
      [{ ...me, authenticatedAtMs: nowMs - 6 * minuteMs }, 'fresh-sign-in-required'],
      [{ ...me, via: 'token' as const }, 'session-required'],
      [{ ...me, ownerId: 'own_2' }, 'notification-channel-not-found'],
      [{ ...me, workspaceId: 'wsp_2' }, 'notification-channel-not-found'],
    ] as const) {
      expect(await typeOf(room.reach.linking.start(owner, { channelId }))).toBe(problem)
      expect(await typeOf(finish(code, owner))).toBe(problem)
    }
    expect(room.row(channelId).status).toBe('unlinked')
    expect(room.state.links.size).toBe(1)
  })

  it('takes the code that came there, once', async () => {
    const { room, start, finish, linkedOf } = await slackScene()
    const { linking } = await start()
    expect(linking).toMatchObject({
      way: 'code-from-message',
      callbackUrl: expect.stringContaining('/v1/callbacks/slack/ntc_'),
    })
    const code = codeIn(room.state.called)
    expect(JSON.stringify(linking)).not.toContain(code)
    expect(room.state.called.at(-1)?.body.channel).toBe(slackTarget.memberId)
    const done = await finish(` ${code.slice(0, 4)}-${code.slice(5)} `)
    expect(done.channel).toMatchObject({ status: 'active', canDecide: true })
    expect(await linkedOf()).toEqual({ account: 'U0123456789', name: 'U0123456789' })
    expect(await typeOf(finish(code))).toBe('notification-channel-not-linked')
    expect(room.state.events.at(-1)).toMatchObject({ operation: 'finishLinking', outcome: 'done' })
    expect(JSON.stringify(room.state.events)).not.toContain(code)
  })

  it('is not guessed: five tries of a code, a new code every half minute, and each another', async () => {
    const { room, start, finish, linkedOf } = await slackScene()
    await start()
    const code = codeIn(room.state.called)
    for (let n = 0; n < 5; n += 1) {
      expect(await typeOf(finish('0000 0000'))).toBe('notification-channel-not-linked')
    }
    expect(await typeOf(finish(code))).toBe('notification-channel-not-linked')
    expect(await typeOf(start())).toBe('too-many-attempts')
    room.state.at.nowMs += 31_000
    await start()
    expect(codeIn(room.state.called)).not.toBe(code)
    expect(await typeOf(finish(code))).toBe('notification-channel-not-linked')
    expect(await linkedOf()).toBeUndefined()
  })

  it('ends after ten minutes, and the code of another channel is none', async () => {
    const { room, start, finish } = await slackScene()
    await start()
    const code = codeIn(room.state.called)
    const given = { events: [], detail: 'full' as const, label: undefined }
    const other = await room.channels.create(me, { ...given, target: slackTarget })
    await room.reach.linking.start(me, { channelId: other.channel.id })
    const { channel } = other
    expect(await typeOf(room.reach.linking.finish(me, { channelId: channel.id, code }))).toBe(
      'notification-channel-not-linked',
    )
    room.state.at.nowMs += 10 * minuteMs + 1
    const fresh = { ...me, authenticatedAtMs: room.state.at.nowMs }
    expect(await typeOf(finish(code, fresh))).toBe('notification-channel-not-linked')
  })

  it('is of no use to who reads or writes the rows: a hash that was there before links nothing', async () => {
    verifies('S-33', 'S-38')
    const { room, channelId, start, finish, linkedOf } = await slackScene()
    await start()
    const code = codeIn(room.state.called)
    const link = room.state.links.get(channelId)
    expect(Buffer.from(link?.hash ?? []).toString()).not.toContain(code.replace(' ', ''))
    await finish(code)
    // The row of the linking is put back, with tries and time.
    if (link !== undefined) room.state.links.set(channelId, { ...link, tries: 0 })
    expect(await typeOf(finish(code))).toBe('notification-channel-not-linked')
    // An account that is written beside the seal is not linked.
    const row = room.row(channelId)
    room.state.channels.set(channelId, { ...row, target: 'mine', status: 'active', version: 1 })
    expect(await typeOf(linkedOf())).toBe('credential-unreadable')
  })

  it('fails where Slack takes no message', async () => {
    const room = createReachRoom({
      answers: () => ({ body: { ok: false, error: 'channel_not_found' } }),
    })
    const given = { events: [], detail: 'full' as const, label: undefined }
    const { channel } = await room.channels.create(me, { ...given, target: slackTarget })
    const started = room.reach.linking.start(me, { channelId: channel.id })
    await expect(started).rejects.toMatchObject({
      type: 'notification-failed',
      detail: expect.stringContaining('channel_not_found'),
    })
  })

  it('is for apps and bots alone', async () => {
    const { room, channelId } = await slackScene()
    room.state.channels.set('ntc_x', { ...room.row(channelId), id: 'ntc_x', kind: 'telegram' })
    expect(await typeOf(room.reach.linking.start(me, { channelId: 'ntc_x' }))).toBe(
      'credential-unreadable',
    )
  })
})

describe('linking an account in Telegram', () => {
  it('takes who opens the link, once: a second account takes nothing over', async () => {
    verifies('S-26')
    const { room, channelId, start, write, linkedOf } = await telegramScene()
    const code = await start()
    expect(code.length).toBeGreaterThanOrEqual(32)
    await Promise.all([7, 8, 9].map((from) => write(startUpdate(code, from))))
    const linked = await linkedOf()
    expect(linked?.account).toBe('7')
    expect(room.row(channelId).target).toMatch(/ → user7$/)
    await write(startUpdate(code, 8))
    expect(await linkedOf()).toEqual(linked)
    // Its owner begins anew, and another account is linked in place of the first.
    room.state.at.nowMs += 31_000
    const again = await start()
    expect(again).not.toBe(code)
    await write(startUpdate(code, 8))
    expect(await linkedOf()).toEqual(linked)
    await write(startUpdate(again, 9))
    expect((await linkedOf())?.account).toBe('9')
    expect(room.row(channelId).target).toMatch(/^[^→]+ → user9$/)
  })

  it('is no group’s and no bot’s, and strangers use up no tries of it', async () => {
    const { start, write, linkedOf } = await telegramScene()
    const code = await start()
    for (let n = 0; n < 50; n += 1) await write(startUpdate(`a-wrong-code-${n}`, 100 + n))
    const right = startUpdate(code)
    const { message } = right
    for (const changed of [
      { ...message, chat: { id: -100, type: 'group' } },
      { ...message, chat: { id: 7, type: 'channel' } },
      { ...message, chat: { id: 8, type: 'private' } },
      { ...message, from: { ...message.from, is_bot: true } },
      { ...message, from: undefined },
      { ...message, text: code },
      { ...message, text: `/start  ${code}` },
      { ...message, text: `/start ${code} x` },
      { ...message, text: `/start@my_bot ${code}` },
    ]) {
      await write({ ...right, message: changed })
    }
    expect(await linkedOf()).toBeUndefined()
    await write(right)
    expect((await linkedOf())?.account).toBe('7')
  })

  it('names an account in plain words, whatever it calls itself', async () => {
    verifies('S-28')
    const { room, channelId, start, write } = await telegramScene()
    const code = await start()
    const update = startUpdate(code)
    const from = { id: 7, first_name: `\u202e${'x'.repeat(500)}` }
    await write({ ...update, message: { ...update.message, from } })
    expect(room.row(channelId).target).toContain('⟨U+202E⟩')
    expect(room.row(channelId).target.length).toBeLessThan(120)
  })

  it('has Telegram send what is pressed, where it reaches the vault, and is asked where not', async () => {
    const calls = async (room: ReturnType<typeof createReachRoom>) => {
      const { start } = await telegramScene(room)
      await start()
      return room.state.called.map(({ method }) => method)
    }
    const public_ = createReachRoom()
    expect(await calls(public_)).toEqual(['getMe', 'setWebhook'])
    const [id = ''] = public_.state.channels.keys()
    expect(public_.state.called.at(-1)?.body).toEqual({
      url: `https://vault.example/v1/callbacks/telegram/${id}`,
      secret_token: public_.telegramSecret(id),
      allowed_updates: ['message', 'callback_query'],
    })
    expect(await calls(createReachRoom({ callbackUrl: '' }))).toEqual(['getMe', 'deleteWebhook'])
    // A name that only a private network knows.
    const private_ = createReachRoom({
      answers: ({ method }) =>
        method === 'setWebhook' ? { status: 400, body: { ok: false } } : undefined,
    })
    expect(await calls(private_)).toEqual(['getMe', 'setWebhook', 'deleteWebhook'])
  })

  it('says so where the token is wrong', async () => {
    for (const body of [
      { ok: false },
      { ok: true, result: {} },
      { result: { username: '../x' } },
    ]) {
      const room = createReachRoom({ answers: () => ({ body }) })
      const { start } = await telegramScene(room)
      expect(await typeOf(start())).toBe('notification-failed')
      expect(room.state.links.size).toBe(0)
    }
  })
})
