import { describe, expect, it } from 'vitest'
import { targetOf, weightOf, wishOf } from './describe-request.ts'

describe('the sentence about a request', () => {
  it('names what a method does, and the method itself where nobody knows it', () => {
    expect(wishOf('DELETE')).toBe('delete something')
    expect(wishOf('PURGE')).toBe('send a PURGE request')
    expect(wishOf('constructor')).toBe('send a constructor request')
  })

  it('takes only GET and HEAD for reading', () => {
    expect(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'get'].map(weightOf)).toEqual([
      'read',
      'read',
      'write',
      'write',
      'write',
      'delete',
      'write',
    ])
  })

  it.each([
    ['https://аpi.example.com/', 'xn--pi-6kc.example.com', true],
    ['https://xn--80ak6aa92e.com/', 'xn--80ak6aa92e.com', true],
    ['https://api.example.com:8443/', 'api.example.com:8443', false],
    ['https://API.EXAMPLE.com/', 'api.example.com', false],
    ['https://example.com@evil.test/', 'evil.test', false],
    ['http://127.0.0.1:9/', '127.0.0.1:9', false],
  ])(
    'shows the host of %s in ASCII, as the URL standard reads it',
    (url, host, isInternational) => {
      expect(targetOf(url)).toMatchObject({ host, isInternational })
    },
  )

  it('decodes a path beside the raw one, and only where that says something else', () => {
    expect(targetOf('https://a.test/x%20y')).toMatchObject({ path: '/x%20y', decodedPath: '/x y' })
    expect(targetOf('https://a.test/plain')).not.toHaveProperty('decodedPath')
    expect(targetOf('https://a.test/%FF')).toMatchObject({ path: '/%FF' })
    expect(targetOf('https://a.test/%FF')).not.toHaveProperty('decodedPath')
  })
})
