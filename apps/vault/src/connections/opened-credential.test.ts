import { CredentialInput } from '@sallyport/contracts'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { verifies } from '../../../../test/verifies.ts'
import { hintOf, secretsOf } from './credential-secrets.ts'
import { toOpenedCredential } from './opened-credential.ts'
import {
  decodeCredential,
  encodeCredential,
  type StoredCredential,
  type TypedCredential,
} from './stored-credential.ts'

const secret = fc.stringMatching(/^[!-~]{8,64}$/)
const pathSecret = fc.stringMatching(/^[A-Za-z0-9._~:@!$&'()*+,;=-]{8,64}$/)
const cookieSecret = fc.stringMatching(/^[A-Za-z0-9!#$%&'()*+./:<=>?@^_`{|}~-]{8,64}$/)
type Part = Extract<TypedCredential, { kind: 'several' }>['parts'][number]
const part: fc.Arbitrary<Part> = fc.oneof(
  fc.record({ kind: fc.constant('bearer' as const), token: secret }),
  fc.record({
    kind: fc.constant('header' as const),
    name: fc.constantFrom('X-Api-Key', 'Authorization', 'cookie'),
    value: secret,
    prefix: fc.constantFrom('', 'Token', 'token=', 'Splunk '),
  }),
  fc.record({ kind: fc.constant('query' as const), name: fc.constant('key'), value: secret }),
  fc.record({
    kind: fc.constant('basic' as const),
    username: fc.stringMatching(/^[ -9;-~]{0,20}$/),
    password: secret,
  }),
  fc.record({
    kind: fc.constant('path' as const),
    placeholder: fc.constant('token'),
    value: pathSecret,
  }),
  fc.record({
    kind: fc.constant('cookie' as const),
    name: fc.constant('sid'),
    value: cookieSecret,
  }),
)
const credential: fc.Arbitrary<TypedCredential> = fc.oneof(
  part,
  fc.record({
    kind: fc.constant('several' as const),
    parts: fc.array(part, { minLength: 2, maxLength: 5 }),
  }),
)
const countOf = (input: TypedCredential) => (input.kind === 'several' ? input.parts.length : 1)

describe('an opened credential', () => {
  it('names a secret in everything that it puts on a request, so that the scrubber finds it again', () => {
    verifies('S-20')
    fc.assert(
      fc.property(credential, (input) => {
        const { headers, query, cookies, path, secrets } = toOpenedCredential(input)
        const placed = [
          ...headers.map(([, value]) => value),
          ...query.map(([, value]) => value),
          ...cookies.map(([, value]) => value),
          ...(path === undefined ? [] : [path.value]),
        ]
        // Of several in the path the vault takes one: see `faultOfParts`.
        const paths =
          input.kind === 'several' ? input.parts.filter((one) => one.kind === 'path') : []
        expect(placed).toHaveLength(countOf(input) - Math.max(0, paths.length - 1))
        for (const value of placed) {
          expect(secrets.some((one) => value.includes(one))).toBe(true)
        }
        expect(secrets).toEqual(expect.arrayContaining([...secretsOf(input)]))
        for (const one of secrets) expect(one.length).toBeGreaterThanOrEqual(8)
      }),
    )
  })

  it('survives being sealed and opened', () => {
    fc.assert(
      fc.property(credential, (input) => {
        expect(decodeCredential(encodeCredential(input))).toEqual(CredentialInput.parse(input))
      }),
    )
  })

  it('has nothing to put on and nothing to hide where an API is open, and is sealed all the same', () => {
    const none = { kind: 'none' as const }
    expect(toOpenedCredential(none)).toEqual({
      ...{ kind: 'none', headers: [], query: [], cookies: [], secrets: [] },
    })
    expect(decodeCredential(encodeCredential(none))).toEqual(none)
    expect(hintOf(none)).toBe('')
  })

  it('survives it whatever its kind, and a connected account is its client and nothing else', () => {
    verifies('S-33')
    const kept: StoredCredential[] = [
      {
        ...{ kind: 'oauth2-client-credentials', tokenEndpoint: 'https://a.example/token' },
        ...{ clientId: 'client', clientAuthentication: 'client_secret_basic', scopes: ['a'] },
        ...{ clientSecret: 'correct-horse', audience: 'b', resource: 'https://b.example/' },
      },
      {
        ...{ kind: 'jwt-service-account', tokenEndpoint: 'https://a.example/token' },
        ...{ issuer: 'robot', privateKey: 'x'.repeat(60), keyId: 'k', scopes: ['a'] },
      },
      {
        ...{ kind: 'aws-sigv4', accessKeyId: 'AKIDEXAMPLE0123456', region: 'eu-west-1' },
        secretAccessKey: 'correct-horse',
      },
      { kind: 'oauth2', oauthAppId: 'oap_01m7yp6g78aehg1s6jrvxxgsgk', place: 'there' },
    ]
    for (const credential of kept) {
      expect(decodeCredential(encodeCredential(credential))).toEqual(credential)
    }
    const imported = JSON.stringify({ kind: 'oauth2', refreshToken: 'a-refresh-token' })
    expect(() => decodeCredential(Buffer.from(imported))).toThrow()
  })

  it('cannot be changed by who uses it', () => {
    const opened = toOpenedCredential({ kind: 'bearer', token: 'correct-horse' })
    expect(Object.isFrozen(opened)).toBe(true)
    expect(Object.isFrozen(opened.headers)).toBe(true)
    expect(Object.isFrozen(opened.headers[0])).toBe(true)
    expect(Object.isFrozen(opened.secrets)).toBe(true)
  })

  it.each([
    [{ kind: 'bearer', token: 'correct-horse' }, ['authorization', 'Bearer correct-horse']],
    [
      { kind: 'basic', username: 'Aladdin', password: 'open sesame' },
      ['authorization', 'Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ=='], // RFC 7617 §2
    ],
    [{ kind: 'header', name: 'X-Api-Key', value: 'correct-horse' }, ['x-api-key', 'correct-horse']],
    [
      { kind: 'header', name: 'Authorization', prefix: 'Token', value: 'correct-horse' },
      ['authorization', 'Token correct-horse'],
    ],
    [
      { kind: 'header', name: 'Authorization', prefix: 'Token token=', value: 'correct-horse' },
      ['authorization', 'Token token=correct-horse'],
    ],
    [
      { kind: 'header', name: 'X-Key', prefix: 'v1', value: 'correct-horse' },
      ['x-key', 'v1correct-horse'],
    ],
  ] as const)('is put on as the field has it: %o', (input, header) => {
    expect(toOpenedCredential(input).headers).toEqual([header])
  })

  it.each<TypedCredential>([
    {
      ...{ kind: 'oauth2-client-credentials', tokenEndpoint: 'https://a.example/token' },
      ...{ clientId: 'client', clientAuthentication: 'client_secret_post', scopes: [] },
      clientSecret: 'correct-horse',
    },
    {
      ...{ kind: 'jwt-service-account', tokenEndpoint: 'https://a.example/token' },
      ...{ issuer: 'robot', privateKey: 'correct-horse', scopes: ['a'] },
    },
  ])('puts nothing on by itself where it becomes a token: $kind', (input) => {
    const opened = toOpenedCredential(input)
    expect([opened.headers, opened.query, opened.path]).toEqual([[], [], undefined])
    // What an API may say back: the secret of a client, and never what signs.
    expect(opened.secrets).toEqual('clientSecret' in input ? ['correct-horse'] : [])
  })

  it('signs each request anew with an AWS key pair, for hosts that say what is signed for', () => {
    const { sign, headers, secrets } = toOpenedCredential({
      ...{ kind: 'aws-sigv4', accessKeyId: 'AKIDEXAMPLE0123456', sessionToken: 'session-token' },
      secretAccessKey: 'correct-horse',
    })
    expect([headers, secrets]).toEqual([[], ['correct-horse', 'session-token']])
    const request = { method: 'GET', url: 'https://sqs.eu-west-1.amazonaws.com/', headers: [] }
    const [one, two] = [sign?.(request, 1_000_000), sign?.(request, 2_000_000)]
    expect(one?.headers.map(([name]) => name).toSorted()).toEqual([
      ...['authorization', 'x-amz-content-sha256', 'x-amz-date', 'x-amz-security-token'],
    ])
    expect(one?.signature).not.toBe(two?.signature)
    expect(() => sign?.({ ...request, url: 'https://api.example.com/' }, 0)).toThrow(
      expect.objectContaining({ type: 'origin-not-allowed' }),
    )
  })

  it('hides what stands in a header of Basic too, where a key is the user name', () => {
    verifies('S-20')
    const userPass = Buffer.from('sk_test_0123456789:').toString('base64')
    const opened = toOpenedCredential({
      ...{ kind: 'header', name: 'Authorization', prefix: 'Basic', value: userPass },
    })
    expect(opened.headers).toEqual([['authorization', `Basic ${userPass}`]])
    expect(opened.secrets).toEqual([userPass, 'sk_test_0123456789'])
  })

  it('knows the form in which Basic travels as a secret of its own', () => {
    const opened = toOpenedCredential({
      kind: 'basic',
      username: 'Aladdin',
      password: 'open sesame',
    })
    expect(opened.secrets).toEqual(['open sesame', 'QWxhZGRpbjpvcGVuIHNlc2FtZQ=='])
  })
})

describe('the hint of a credential', () => {
  it('shows the last four characters of twelve or more, and nothing of fewer', () => {
    fc.assert(
      fc.property(credential, (input) => {
        const [hidden = ''] = secretsOf(input)
        const hint = hintOf(input)
        if (hidden.length < 12) expect(hint).toBe('')
        else expect(hint).toBe(`••••${hidden.slice(-4)}`)
      }),
    )
  })
})
