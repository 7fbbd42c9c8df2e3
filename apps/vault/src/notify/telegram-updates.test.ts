import type { Problem } from '@sallyport/contracts'
import { describe, expect, it } from 'vitest'
import {
  createReachRoom,
  pressUpdate,
  startUpdate,
  telegramTarget,
} from '../../../../test/fixtures/reach-room.ts'
import { verifies } from '../../../../test/verifies.ts'

async function scene() {
  const room = createReachRoom()
  const channel = await room.linked('telegram')
  await room.ask('apr_1', {}, channel)
  const secret = room.telegramSecret(channel.id)
  const take = (update: unknown, given: { secret?: string; channelId?: string } = { secret }) =>
    room.reach.takeTelegramCallback({
      ...{ channelId: channel.id, ...given },
      body: typeof update === 'string' ? update : JSON.stringify(update),
    })
  return { room, channel, secret, take }
}

describe('an update of a Telegram bot', () => {
  it('counts with the secret of its channel, and with no other', async () => {
    verifies('S-26')
    const { room, channel, secret, take } = await scene()
    const other = await room.linked('telegram')
    const press = pressUpdate('a:apr_1')
    const wrong = [
      {},
      { secret: '' },
      { secret: secret.slice(1) },
      { secret: `${secret}A` },
      { secret: secret.toLowerCase() },
      { secret: room.telegramSecret(other.id) },
      { secret: telegramTarget.botToken },
      { secret, channelId: other.id },
      { secret: room.telegramSecret('ntc_none'), channelId: 'ntc_none' },
    ]
    const problems: Problem[] = []
    for (const given of wrong) await take(press, given).catch((error) => problems.push(error))
    expect(problems).toHaveLength(wrong.length)
    expect(new Set(problems.map(({ type, detail }) => `${type} ${detail}`)).size).toBe(1)
    expect(problems[0]).toMatchObject({ type: 'callback-refused', status: 401 })
    expect(room.state.decided).toEqual([])
    // The secret is of the vault's own making: the bot's token, which a person typed in, is none.
    expect(secret).not.toContain(channel.id)
    await take(press)
    expect(room.statusOf('apr_1')).toBe('approved')
  })

  it('counts once, however often Telegram sends it', async () => {
    verifies('S-26')
    const { room, take } = await scene()
    const person = room.state.people.get('own_1')
    room.state.people.delete('own_1')
    const press = pressUpdate('a:apr_1')
    await take(press)
    if (person !== undefined) room.state.people.set('own_1', person)
    for (let n = 0; n < 3; n += 1) await take({ ...press, update_id: 100 + n })
    expect(room.state.decided).toEqual([])
    await take(pressUpdate('d:apr_1'))
    expect(room.statusOf('apr_1')).toBe('denied')
  })

  it('does nothing where it is odd, large or about something else', async () => {
    const { room, take } = await scene()
    const press = pressUpdate('a:apr_1')
    const { callback_query: query } = press
    for (const update of [
      ...[
        '',
        '{',
        'null',
        '[]',
        '"a:apr_1"',
        '\u0000',
        '['.repeat(90_000),
        `{"a":${'9'.repeat(400)}}`,
      ],
      {},
      { update_id: 'x', callback_query: query },
      { update_id: 1.5, callback_query: query },
      { ...press, callback_query: { ...query, data: 'A:apr_1' } },
      { ...press, callback_query: { ...query, data: 'a:apr_1 ' } },
      { ...press, callback_query: { ...query, data: 'a:apr_1\n' } },
      { ...press, callback_query: { ...query, data: 'aa:apr_1' } },
      { ...press, callback_query: { ...query, data: `a:${'x'.repeat(1000)}` } },
      { ...press, callback_query: { ...query, data: 'n:apr_1' } },
      { ...press, callback_query: { ...query, data: undefined } },
      { ...press, callback_query: { ...query, message: undefined } },
      { ...press, callback_query: { ...query, from: { id: '7' } } },
      { ...press, callback_query: { ...query, from: { id: 7.5 } } },
      { ...press, callback_query: [query] },
      { update_id: 3, inline_query: query },
      { update_id: 3, message: { chat: { id: 7, type: 'private' }, text: 'a:apr_1' } },
    ]) {
      expect(await take(update)).toEqual({ ok: true })
    }
    expect(room.state.decided).toEqual([])
  })

  it('gets an answer for its owner alone', async () => {
    const { room, take } = await scene()
    room.state.called.length = 0
    await take(pressUpdate('a:apr_1', { from: 8 }))
    await take(startUpdate('a-code-that-nobody-has-made', 9))
    await take({ ...startUpdate('x', 9), message: { ...startUpdate('x').message, text: 'hello' } })
    expect(room.state.called).toEqual([])
    await take(pressUpdate('a:apr_1'))
    expect(room.state.called).toMatchObject([
      { method: 'answerCallbackQuery', body: { text: 'Approved.', show_alert: false } },
    ])
    await take(pressUpdate('d:apr_1'))
    expect(room.state.called.at(-1)).toMatchObject({ body: { show_alert: true } })
    // A button that says what became of it says it again.
    await take(pressUpdate('n:apr_1'))
    expect(room.state.called.at(-1)).toMatchObject({ body: { text: '', show_alert: false } })
  })
})
