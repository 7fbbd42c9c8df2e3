import { describe, expect, it } from 'vitest'
import {
  type Called,
  createReachRoom,
  pressUpdate,
  type ReachRoom,
} from '../../../../test/fixtures/reach-room.ts'
import { verifies } from '../../../../test/verifies.ts'

/** A room whose bot says these to each question for updates, one after the other. */
async function scene(
  pages: { status?: number; body: object }[],
  more: (called: Called) => { status?: number; body: object } | undefined = () => undefined,
) {
  const room = createReachRoom({
    answers: (called) => (called.method === 'getUpdates' ? pages.shift() : more(called)),
  })
  const channel = await room.linked('telegram')
  await room.ask('apr_1', {}, channel)
  room.state.called.length = 0
  return { room, channel }
}
const page = (...result: unknown[]) => ({ body: { ok: true, result } })
const asked = ({ state }: ReachRoom) =>
  state.called.filter(({ method }) => method === 'getUpdates').map(({ body }) => body.offset)

describe('asking a bot for what was pressed', () => {
  it('goes on behind what was taken, and passes over what cannot be', async () => {
    const { room, channel } = await scene([
      page(
        { ...pressUpdate('a:apr_none'), update_id: 41 },
        { update_id: 43, callback_query: 'odd' },
        { update_id: 'odd' },
        null,
        { ...pressUpdate('a:apr_1'), update_id: 42 },
      ),
      page(),
    ])
    await room.reach.poll()
    expect(room.statusOf('apr_1')).toBe('approved')
    expect(room.state.polls.get(channel.id)).toMatchObject({ offset: 44 })
    await room.reach.poll()
    expect(asked(room)).toEqual([0, 44])
    expect(room.state.polls.get(channel.id)).toMatchObject({ offset: 44 })
  })

  it('takes a press once, although it is fetched twice', async () => {
    verifies('S-26')
    const press = pressUpdate('a:apr_1')
    const { room, channel } = await scene([page(press), page(press), page(press)])
    const person = room.state.people.get('own_1')
    room.state.people.delete('own_1')
    await room.reach.poll()
    if (person !== undefined) room.state.people.set('own_1', person)
    // As after a replica that lost its lease, and with an offset that was put back.
    room.state.polls.set(channel.id, { by: 'x', offset: 0, againMs: 0 })
    await room.reach.poll()
    expect(room.statusOf('apr_1')).toBe('pending')
  })

  it('stays where it was after answers that are none', async () => {
    for (const answer of [
      { status: 500, body: {} },
      { status: 401, body: { ok: false } },
      { body: { ok: false } },
      { body: { ok: true, result: {} } },
      { body: [] },
      page(...Array.from({ length: 201 }, (_, n) => ({ update_id: n }))),
    ]) {
      const { room, channel } = await scene([answer])
      room.state.polls.set(channel.id, { by: 'x', offset: 7, againMs: 0 })
      await room.reach.poll()
      const { offset, againMs } = room.state.polls.get(channel.id) ?? {}
      expect(offset).toBe(7)
      expect(againMs).toBeGreaterThan(5_000)
      expect(room.state.failures).toHaveLength(1)
    }
  })

  it('leaves a webhook alone that works, and mends one that does not', async () => {
    const conflict = { status: 409, body: { ok: false } }
    const methods = async (info: object) => {
      const { room, channel } = await scene([conflict], ({ method }) =>
        method === 'getWebhookInfo' ? { body: { ok: true, result: info } } : undefined,
      )
      const url = `https://vault.example/v1/callbacks/telegram/${channel.id}`
      return { room, url }
    }
    const { room, url } = await methods({ url: 'https://old.example/' })
    await room.reach.poll()
    expect(room.state.called.map(({ method }) => method)).toEqual([
      ...['getUpdates', 'getWebhookInfo', 'setWebhook'],
    ])
    expect(room.state.called.at(-1)?.body.url).toBe(url)

    for (const [more, last] of [
      [{ pending_update_count: 0 }, 'getWebhookInfo'],
      [{ pending_update_count: 3 }, 'getWebhookInfo'],
      [{ pending_update_count: 0, last_error_message: 'Connection timed out' }, 'getWebhookInfo'],
      [{ pending_update_count: 3, last_error_message: 'Connection timed out' }, 'deleteWebhook'],
    ] as const) {
      const next = await methods({ url: url.replace(/ntc_.*/, 'ntc_1'), ...more })
      await next.room.reach.poll()
      expect(next.room.state.called.at(-1)?.method).toBe(last)
    }
  })

  it('asks nothing more once the vault stops', async () => {
    const { room } = await scene([page(pressUpdate('a:apr_1'))])
    room.reach.stop()
    await room.reach.poll()
    expect(room.state.called).toEqual([])
  })

  it('asks nothing for a row whose seal is another’s', async () => {
    verifies('S-33')
    const { room, channel } = await scene([page(pressUpdate('a:apr_1'))])
    room.state.channels.set(channel.id, { ...channel, ownerId: 'own_2' })
    await room.reach.poll()
    expect(room.state.called).toEqual([])
    expect(room.statusOf('apr_1')).toBe('pending')
  })
})
