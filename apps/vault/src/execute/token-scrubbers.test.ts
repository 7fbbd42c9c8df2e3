import { describe, expect, it } from 'vitest'
import { createTokenScrubbers } from './token-scrubbers.ts'

const token = (name: string) => `${name}-${'x'.repeat(20)}`

describe('the scrubber of an access token', () => {
  it('finds the token that was used before it, and the other secrets', () => {
    const scrubbers = createTokenScrubbers()
    const others = ['the-client-secret']
    scrubbers.get('con_1', token('first'), others)
    const scrubber = scrubbers.get('con_1', token('second'), others)
    const text = [token('first'), token('second'), ...others].join(' ')
    expect(scrubber.text(text)).toBe('[redacted] [redacted] [redacted]')
  })

  it('is of one connection alone', () => {
    const scrubbers = createTokenScrubbers()
    scrubbers.get('con_1', token('first'), [])
    expect(scrubbers.get('con_2', token('second'), []).text(token('first'))).toBe(token('first'))
  })

  it('is made once for a token, also when the one before comes again', () => {
    const scrubbers = createTokenScrubbers()
    scrubbers.get('con_1', token('first'), [])
    const made = scrubbers.get('con_1', token('second'), [])
    expect(scrubbers.get('con_1', token('second'), [])).toBe(made)
    expect(scrubbers.get('con_1', token('first'), [])).toBe(made)
  })

  it('is another one for other secrets', () => {
    const scrubbers = createTokenScrubbers()
    scrubbers.get('con_1', token('first'), ['an-old-secret'])
    expect(scrubbers.get('con_1', token('first'), ['a-new-secret']).text('a-new-secret')).toBe(
      '[redacted]',
    )
  })

  it('is forgotten when there are too many, the one in use last of all', () => {
    const scrubbers = createTokenScrubbers({ charsMax: 100 })
    const first = scrubbers.get('con_1', token('first'), [])
    for (const id of ['con_2', 'con_3']) scrubbers.get(id, token(id), [])
    expect(scrubbers.get('con_1', token('first'), [])).toBe(first)
    const second = scrubbers.get('con_2', token('con_2'), [])
    scrubbers.get('con_4', 'y'.repeat(90), [])
    expect(scrubbers.get('con_2', token('con_2'), [])).not.toBe(second)
  })

  it('works for a secret that is longer than all that is kept', () => {
    const scrubbers = createTokenScrubbers({ charsMax: 10 })
    expect(scrubbers.get('con_1', token('first'), []).text(token('first'))).toBe('[redacted]')
  })
})
