import { describe, expect, it } from 'vitest'
import { originFits } from './origin-fits.ts'

describe('an origin of one’s own', () => {
  const pattern = 'https://*.zendesk.com'
  it('fits the pattern of its service', () => {
    expect(originFits('https://acme.zendesk.com', pattern)).toBe(true)
    expect(originFits('https://a.b.example', 'https://*.*.example')).toBe(true)
  })
  it.each([
    'https://zendesk.com',
    'https://a.b.zendesk.com',
    'https://acme.zendesk.com.evil.example',
    'https://evil.example/.zendesk.com',
    'http://acme.zendesk.com',
    'https://acme.zendesk.com:8443',
    'https://acmeXzendesk.com',
    '',
  ])('is else refused before it is sent (%s)', (origin) => {
    expect(originFits(origin, pattern)).toBe(false)
  })
})
