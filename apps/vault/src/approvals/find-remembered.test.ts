import type { RequestRule } from '@sallyport/contracts'
import { describe, expect, it } from 'vitest'
import { covers, freeze, policyOf, remember } from '../../../../test/fixtures/remembered-answers.ts'
import { verifies } from '../../../../test/verifies.ts'

const message = (to: string, text: string) => JSON.stringify({ channel: to, text })

describe('an answer that is remembered', () => {
  it('covers other texts to the same channel, and nothing else', () => {
    verifies('S-24')
    const one = remember(freeze({ body: message('C1', 'hi') }), ['body.channel'])
    expect(covers(one, freeze({ body: message('C1', 'something else') }))).toBe(true)
    expect(covers(one, freeze({ body: '{"text":"a","channel":"C1"}' }))).toBe(true)
    for (const other of [
      { body: message('C2', 'hi') },
      { body: '{"channel":"C1","text":"hi","thread":"1"}' },
      { body: '{"channel":"C1"}' },
      { body: '{"channel":["C1"],"text":"hi"}' },
      { body: '{"channel":"C1","channel":"C2","text":"hi"}' },
      { body: '{"channel":"C1","text":["a","b"]}' },
      { body: message('C1', 'hi'), method: 'PUT' },
      { body: message('C1', 'hi'), path: '/v1/send/all' },
      { body: message('C1', 'hi'), path: '/v1/send?to=everyone' },
      { body: message('C1', 'hi'), note: 'urgent' },
      { body: message('C1', 'hi'), type: 'application/vnd.other+json' },
      { body: 'channel=C1&text=hi', type: 'application/x-www-form-urlencoded' },
      { body: `${message('C1', 'hi')}{`, type: 'text/plain' },
      {},
    ]) {
      expect(covers(one, freeze(other)), JSON.stringify(other)).toBe(false)
    }
  })

  it('covers the very same bytes alone where it is exact', () => {
    verifies('S-24')
    const one = remember(freeze({ body: message('C1', 'hi') }))
    expect(covers(one, freeze({ body: message('C1', 'hi') }))).toBe(true)
    expect(covers(one, freeze({ body: `${message('C1', 'hi')} ` }))).toBe(false)
    expect(covers(one, freeze({ body: message('C1', 'hi'), note: 'x' }))).toBe(false)
  })

  it('ends where the policy asks for more than was answered', () => {
    verifies('S-27')
    const request = freeze({ body: message('C1', 'hi') })
    for (const fields of [undefined, ['body.channel']]) {
      const one = remember(request, fields)
      expect(covers(one, request)).toBe(true)
      expect(covers(one, request, { freshSignIn: true })).toBe(false)
      expect(covers({ ...one, freshSignIn: true }, request, { freshSignIn: true })).toBe(true)
      expect(covers(one, request, { ownersNeeded: 2 as never })).toBe(false)
    }
  })

  it('covers nothing that a rule asks about which did not ask then, or asked otherwise', () => {
    verifies('S-27')
    const asks = (id: string, text: string): RequestRule => ({
      ...{ id, when: { body: [{ path: 'text', op: 'contains', value: text }] } },
      then: 'require_approval',
    })
    const policy = policyOf([asks('offers', 'offer'), asks('prices', 'price')])
    const one = remember(freeze({ body: message('C1', 'an offer') }), ['body.channel'], policy)
    const to = (text: string) => freeze({ body: message('C1', text) })
    expect(covers(one, to('another offer'), { policy })).toBe(true)
    expect(covers(one, to('nothing'), { policy })).toBe(true)
    expect(covers(one, to('an offer with a price'), { policy })).toBe(false)
    expect(covers(one, to('a price'), { policy })).toBe(false)
    const changed = policyOf([asks('offers', 'o')])
    expect(covers(one, to('another offer'), { policy: changed })).toBe(false)
    const added = policyOf([asks('offers', 'offer'), asks('new', 'a')])
    expect(covers(one, to('another offer'), { policy: added })).toBe(false)
    expect(
      covers(remember(to('an offer'), undefined, policy), to('an offer'), { policy: added }),
    ).toBe(false)
  })
})
