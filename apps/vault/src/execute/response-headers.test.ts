import { describe, expect, it } from 'vitest'
import { verifies } from '../../../../test/verifies.ts'
import { filterResponseHeaders } from './response-headers.ts'

describe('response headers', () => {
  it('hands on the allowlist and the extras and never a cookie or a challenge', () => {
    verifies('S-18')
    const secret = [
      'Set-Cookie',
      'set-cookie2',
      'WWW-Authenticate',
      'Authorization',
      'Proxy-Authenticate',
      'Transfer-Encoding',
      'Connection',
      'Content-Encoding',
    ]
    expect(
      filterResponseHeaders(
        secret.map((name) => [name, 'x']),
        secret,
      ),
    ).toEqual([])
    expect(
      filterResponseHeaders(
        [
          ['Content-Type', 'a'],
          ['X-RateLimit-Remaining', '1'],
          ['RateLimit-Limit', '2'],
          ['Server', 's'],
          ['X-Id', '3'],
          ['Location', '/l'],
          ['Link', 'a'],
          ['link', 'b'],
        ],
        ['X-ID'],
      ),
    ).toEqual([
      ['content-type', 'a'],
      ['x-ratelimit-remaining', '1'],
      ['ratelimit-limit', '2'],
      ['x-id', '3'],
      ['location', '/l'],
      ['link', 'a, b'],
    ])
  })

  it('leaves out what is malformed or beyond the bounds', () => {
    verifies('S-22')
    const many = Array.from({ length: 200 }, (_, at): [string, string] => [`ratelimit-${at}`, 'v'])
    expect(filterResponseHeaders(many, [])).toHaveLength(64)
    expect(
      filterResponseHeaders(
        [
          ['etag', 'a\nb'],
          ['link', 'x'.repeat(9000)],
        ],
        [],
      ),
    ).toEqual([])
  })
})
