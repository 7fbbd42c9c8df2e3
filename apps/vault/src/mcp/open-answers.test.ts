import { describe, expect, it } from 'vitest'
import { createOpenAnswers } from './open-answers.ts'

/** A stream that never says anything by itself, and knows when nobody reads it any more. */
function stream() {
  const state: { controller?: ReadableStreamDefaultController; isLeft: boolean } = { isLeft: false }
  const body = new ReadableStream({
    start(controller) {
      state.controller = controller
    },
    cancel() {
      state.isLeft = true
    },
  })
  const headers = { 'content-type': 'text/event-stream' }
  return { state, response: new Response(body, { headers }) }
}

describe('open answers', () => {
  it('of one agent are bounded, each kind by itself, and those of others are not counted', () => {
    const answers = createOpenAnswers()
    const mine = Array.from({ length: 10 }, () => answers.open('agt_1', 'subscription'))
    expect(() => answers.open('agt_1', 'subscription')).toThrow(
      expect.objectContaining({ type: 'overloaded', retryAfterSeconds: 1 }),
    )
    answers.open('agt_1', 'call')
    answers.open('agt_2', 'subscription')
    mine[0]?.end()
    mine[0]?.end()
    answers.open('agt_1', 'subscription')
    expect(() => answers.open('agt_1', 'subscription')).toThrow()
    for (let count = 0; count < 99; count += 1) answers.open('agt_1', 'call')
    expect(() => answers.open('agt_1', 'call')).toThrow()
  })

  it('end with the last byte, with a reader who leaves, and at once where there is no stream', async () => {
    const answers = createOpenAnswers()
    const whole = answers.open('agt_1', 'call')
    whole.follow(Response.json({}))
    expect(whole.ended.aborted).toBe(true)

    const read = answers.open('agt_1', 'call')
    const first = stream()
    const followed = read.follow(first.response)
    first.state.controller?.enqueue(new TextEncoder().encode('data: 1\n\n'))
    expect(read.ended.aborted).toBe(false)
    first.state.controller?.close()
    expect(await followed.text()).toBe('data: 1\n\n')
    expect(read.ended.aborted).toBe(true)

    const left = answers.open('agt_1', 'call')
    const second = stream()
    await left.follow(second.response).body?.cancel()
    expect([left.ended.aborted, second.state.isLeft]).toEqual([true, true])
  })

  it('that only tell of changes end when the vault stops; calls under way are answered, further ones refused', () => {
    const answers = createOpenAnswers()
    const call = answers.open('agt_1', 'call')
    const subscription = answers.open('agt_1', 'subscription')
    answers.close()
    expect([call.ended.aborted, subscription.ended.aborted]).toEqual([false, true])
    expect(() => answers.open('agt_1', 'call')).toThrow(
      expect.objectContaining({ type: 'overloaded' }),
    )
  })
})
