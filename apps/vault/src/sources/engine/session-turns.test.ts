import { describe, expect, it } from 'vitest'
import { verifies } from '../../../../../test/verifies.ts'
import { createSessionTurns } from './session-turns.ts'

const never = new AbortController().signal

describe('sessions of a source', () => {
  it('are so many at a time, in the order of asking, and no more wait than may', async () => {
    verifies('S-22')
    const turns = createSessionTurns({ perSource: 1, all: 10, waiting: 2 })
    const order: number[] = []
    const first = await turns.take('a', never)
    const waiting = [1, 2].map((n) =>
      turns.take('a', never).then((done) => {
        order.push(n)
        done()
      }),
    )
    await expect(turns.take('a', never)).rejects.toMatchObject({ type: 'overloaded' })
    first()
    first()
    await Promise.all(waiting)
    expect(order).toEqual([1, 2])
    ;(await turns.take('a', never))()
  })

  it('are bounded together, and a busy source does not keep the others waiting', async () => {
    verifies('S-44')
    const turns = createSessionTurns({ perSource: 2, all: 2, waiting: 10 })
    const [one, two] = [await turns.take('busy', never), await turns.take('busy', never)]
    const order: string[] = []
    const waiting = ['busy', 'busy', 'calm'].map((source) =>
      turns.take(source, never).then((done) => {
        order.push(source)
        done()
      }),
    )
    one()
    two()
    await Promise.all(waiting)
    expect(order.indexOf('calm')).toBeLessThan(2)
  })

  it('are not waited for by who has gone', async () => {
    const turns = createSessionTurns({ perSource: 1, waiting: 1 })
    const first = await turns.take('a', never)
    const going = new AbortController()
    const gone = turns.take('a', going.signal)
    going.abort(new Error('gone'))
    await expect(gone).rejects.toThrow('gone')
    await expect(turns.take('a', going.signal)).rejects.toThrow('gone')
    const next = turns.take('a', never)
    first()
    ;(await next)()
  })
})
