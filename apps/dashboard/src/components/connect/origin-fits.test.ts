import { describe, expect, it } from 'vitest'
import { originFits, originOfApp } from './origin-fits.ts'

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

describe('the origin that an OAuth app says', () => {
  const pattern = 'https://*.zendesk.com'
  const endpoint = 'https://{subdomain}.zendesk.com/oauth/authorizations/new'
  it('is that of its own host, where accounts are signed in to there', () => {
    expect(originOfApp({ pattern, endpoint, parameters: { subdomain: 'acme' } })).toBe(
      'https://acme.zendesk.com',
    )
  })
  it.each([
    [{ pattern, endpoint, parameters: {} }],
    [{ pattern, endpoint, parameters: { subdomain: 'a.evil.example/' } }],
    [{ pattern, endpoint: 'https://login.zendesk.com/x', parameters: { subdomain: 'acme' } }],
    [{ pattern, endpoint: undefined, parameters: {} }],
  ])('is else for the owner to say (%j)', (given) => {
    expect(originOfApp(given)).toBe('')
  })
})
