import { Problem } from '@sallyport/contracts'
import { describe, expect, it } from 'vitest'
import { verifies } from '../../../../test/verifies.ts'
import { checkExtraHeaders, checkNoSecret, checkOrigins, checkTestUrl } from './check-connection.ts'
import { checkCredential } from './credential-faults.ts'

const rules = { mayUseOrigin: () => true as const, faultOfPrivateKey: () => undefined }

function problemOf(work: () => unknown): string {
  try {
    work()
    return 'accepted'
  } catch (error) {
    if (error instanceof Problem) return error.type
    throw error
  }
}

const origins = ['https://api.example.com', 'https://b.example:8443']

describe('a test URL', () => {
  it.each([
    'https://attacker.example/',
    'https://api.example.com.attacker.example/',
    'https://api.example.com:8443/',
    'http://api.example.com/',
    'https://b.example/',
    'https://API.example.com/',
    'https://api.example.com@attacker.example/',
    'https://user:pass@api.example.com/',
    'https://api.example.com/#part',
    'https://api.example.com/a/../b',
    'https://api.example.com/a b',
    'https://api.example.com/é',
    'https://api.example.com\\@attacker.example/',
    'https:api.example.com/',
    '//api.example.com/',
    '/v1',
    '',
    'https://api.example.com/\n',
    'https://{host}.example.com/',
    'https://{user}@api.example.com/',
    `https://api.example.com/${'a'.repeat(8192)}`,
  ])('is refused outside the origins or when it needs repair: %s', (url) => {
    expect(['invalid-url', 'origin-not-allowed']).toContain(
      problemOf(() => checkTestUrl(url, origins)),
    )
  })

  it.each([
    'https://api.example.com',
    'https://api.example.com/',
    'https://api.example.com/v1/me?a=1&b=%20',
    'https://b.example:8443/bot{token}/getMe',
  ])('is taken as it is written: %s', (url) => {
    expect(checkTestUrl(url, origins)).toBe(url)
  })
})

describe('the header of a credential', () => {
  it.each([
    'Host',
    'content-length',
    'Content-Type',
    'Connection',
    'transfer-encoding',
    'TE',
    'Upgrade',
    'Proxy-Authorization',
    'X-Forwarded-For',
    'X-HTTP-Method-Override',
    'Expect',
    'accept-encoding',
  ])('is not %s, which frames, routes or overrides the request', (name) => {
    verifies('S-18')
    const credential = { kind: 'header', name, value: 'correct-horse' } as const
    expect(problemOf(() => checkCredential(rules, credential, []))).toBe('invalid-input')
  })

  it.each(['Authorization', 'Cookie', 'X-Api-Key', 'x-goog-api-key', 'CF-Access-Client-Secret'])(
    'may be %s',
    (name) => {
      const credential = { kind: 'header', name, value: 'correct-horse' } as const
      expect(problemOf(() => checkCredential(rules, credential, []))).toBe('accepted')
    },
  )
})

describe('the extra headers of a connection', () => {
  it.each(['Authorization', 'cookie', 'Set-Cookie', 'proxy-connection', 'Via', 'x_forwarded_host'])(
    'never let an agent send %s',
    (name) => {
      verifies('S-18')
      expect(problemOf(() => checkExtraHeaders('requestHeaders', ['x-fine', name]))).toBe(
        'invalid-input',
      )
    },
  )

  it.each(['Authorization', 'cookie', 'Set-Cookie', 'proxy-connection', 'Transfer-Encoding'])(
    'never let an agent see %s',
    (name) => {
      verifies('S-18')
      expect(problemOf(() => checkExtraHeaders('responseHeaders', ['x-fine', name]))).toBe(
        'invalid-input',
      )
    },
  )

  it('are kept in lower case, each once', () => {
    expect(checkExtraHeaders('requestHeaders', ['X-Trace', 'x-trace', 'X-B'])).toEqual([
      'x-trace',
      'x-b',
    ])
  })
})

describe('the origins of a connection', () => {
  it('are refused with the sentence of the operator’s rules, naming the field', () => {
    verifies('S-17')
    const rule = (origin: string) =>
      origin.startsWith('https:') || 'Plain http is not possible here.'
    try {
      checkOrigins(['https://a.example', 'http://b.example'], rule)
      throw new Error('accepted')
    } catch (error) {
      expect(error).toMatchObject({
        type: 'origin-not-allowed',
        detail: 'Plain http is not possible here.',
        fields: [{ field: 'origins[1]' }],
      })
    }
  })

  it('are kept each once', () => {
    expect(checkOrigins(['https://a.example', 'https://a.example'], () => true)).toEqual([
      'https://a.example',
    ])
  })
})

describe('what is stored in the clear', () => {
  it.each([
    'key correct horse/battery',
    'correct%20horse%2Fbattery',
    'Y29ycmVjdCBob3JzZS9iYXR0ZXJ5',
  ])('does not hold the secret: %s', (text) => {
    verifies('S-38')
    const credential = { kind: 'bearer', token: 'correct horse/battery' } as const
    expect(problemOf(() => checkNoSecret(credential, { label: text }))).toBe('invalid-input')
    expect(problemOf(() => checkNoSecret(credential, { testUrl: text }))).toBe('invalid-input')
    expect(problemOf(() => checkNoSecret(credential, { label: 'fine', testUrl: null }))).toBe(
      'accepted',
    )
  })
})
