import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { verifies } from '../../../../test/verifies.ts'
import { findAwsScope } from './aws-scope.ts'
import { signAwsRequest, signatureHeaders, signatureOf } from './aws-signature.ts'

const suite = {
  keys: {
    accessKeyId: 'AKIDEXAMPLE',
    secretAccessKey: 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY',
  },
  scope: { region: 'us-east-1', service: 'service' },
  date: '20150830T123600Z',
}
const s3 = {
  keys: {
    accessKeyId: 'AKIAIOSFODNN7EXAMPLE',
    secretAccessKey: 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY',
  },
  scope: { region: 'us-east-1', service: 's3' },
  date: '20130524T000000Z',
}
const emptyHash = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855'

describe('the signature of AWS', () => {
  // The suite's paths are written as they are read; the signer takes them as they are sent, so none holds an escape.
  it.each([
    [
      'get-vanilla',
      'GET',
      '/',
      [],
      '5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31',
    ],
    [
      'post-vanilla',
      'POST',
      '/',
      [],
      '5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b',
    ],
    [
      'get-vanilla-query-order-key-case',
      'GET',
      '/?Param2=value2&Param1=value1',
      [],
      'b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500',
    ],
    [
      'get-unreserved',
      'GET',
      '/-._~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz',
      [],
      '07ef7494c76fa4850883e2b006601f940f8a34d404d0cfa977f52a65bbf5f24f',
    ],
    [
      'get-utf8',
      'GET',
      '/ሴ',
      [],
      '8318018e0b0f223aa2bbf98705b62bb787dc9c0e678f255a891fd03141be5d85',
    ],
    [
      'get-space',
      'GET',
      '/example space/',
      [],
      '652487583200325589f1fba4c7e578f72c47cb61beeca81406b39ddec1366741',
    ],
    [
      'get-vanilla-utf8-query',
      'GET',
      '/?%E1%88%B4=bar',
      [],
      '2cdec8eed098649ff3a119c94853b13c643bcf08f8b0a1d91e12c9027818dd04',
    ],
    [
      'post-header-key-sort',
      'POST',
      '/',
      [['my-header1', 'value1']],
      'c5410059b04c1ee005303aed430f6e6645f61f4dc9e1461ec8f8916fdf18852c',
    ],
    [
      'get-header-value-trim',
      'GET',
      '/',
      [
        ['my-header2', ' "a   b   c" '],
        ['my-header1', ' value1 '],
      ],
      'acc3ed3afb60bb290fc8d2dd0098b9911fcaa05412b367055dee359757a9c736',
    ],
  ] as const)('is that of the test suite: %s', (...[, method, target, headers, signature]) => {
    const host = 'example.amazonaws.com'
    const request = {
      method,
      url: `https://${host}${target}`,
      headers: [['host', host], ['x-amz-date', suite.date], ...headers] as const,
    }
    expect(signatureOf(request, suite)).toBe(signature)
  })

  it('covers the session token, as in the test suite', () => {
    const token = '6e86291e8372ff2a2260956d9b8aae1d763fbf315fa00fa31553b73ebf194267'
    const headers = [
      ['host', 'example.amazonaws.com'],
      ['x-amz-date', suite.date],
      ['x-amz-security-token', token],
    ] as const
    const request = { method: 'GET', url: 'https://example.amazonaws.com/', headers }
    expect(signatureOf(request, suite)).toBe(
      '07ec1639c89043aa0e3e2de82b96708f198cceab042d4a97044c66dd9f74e7f8',
    )
  })

  // https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html
  it.each([
    [
      'GET',
      '/test.txt',
      [['range', 'bytes=0-9']],
      undefined,
      'f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41',
    ],
    [
      'PUT',
      '/test$file.text',
      [
        ['date', 'Fri, 24 May 2013 00:00:00 GMT'],
        ['x-amz-storage-class', 'REDUCED_REDUNDANCY'],
      ],
      'Welcome to Amazon S3.',
      '98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd',
    ],
    [
      'GET',
      '/?lifecycle',
      [],
      undefined,
      'fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543',
    ],
    [
      'GET',
      '/?max-keys=2&prefix=J',
      [],
      undefined,
      '34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7',
    ],
  ] as const)(
    'is that of the documentation of S3: %s %s',
    (...[method, target, headers, text, signature]) => {
      const host = 'examplebucket.s3.amazonaws.com'
      const body = text === undefined ? undefined : Buffer.from(text)
      const hash =
        body === undefined
          ? emptyHash
          : '44ce7dd67c959e0d3524ffac1771dfbba87d2b6b4b4e99e42034a8b803f8b072'
      const request = {
        method,
        url: `https://${host}${target}`,
        headers: [
          ['host', host],
          ['x-amz-content-sha256', hash],
          ['x-amz-date', s3.date],
          ...headers,
        ] as const,
        ...(body !== undefined && { body }),
      }
      expect(signatureOf(request, s3)).toBe(signature)
      // Sent with its escape, S3 reads the same key.
      const escaped = { ...request, url: request.url.replace('$', '%24') }
      expect(signatureOf(escaped, s3)).toBe(signature)
    },
  )

  it('is that of the documentation of IAM', () => {
    const request = {
      method: 'GET',
      url: 'https://iam.amazonaws.com/?Action=ListUsers&Version=2010-05-08',
      headers: [
        ['host', 'iam.amazonaws.com'],
        ['content-type', 'application/x-www-form-urlencoded; charset=utf-8'],
        ['x-amz-date', suite.date],
      ] as const,
    }
    expect(signatureOf(request, { ...suite, scope: { region: 'us-east-1', service: 'iam' } })).toBe(
      '5d672d79c15b13162d9279b0855cfba6789a8edb4c82c400e06b5924a6f2b5d7',
    )
  })

  it('encodes the escapes of a path once more for every service but S3', () => {
    const sign = (url: string, service: string) =>
      signatureOf(
        { method: 'GET', url, headers: [['host', 'h.amazonaws.com']] },
        { ...suite, scope: { region: 'us-east-1', service } },
      )
    const written = 'https://h.amazonaws.com/a%20b/c%252F'
    // What was encoded once is written as text that is sent as it is.
    expect(sign('https://h.amazonaws.com/a%20b', 's3')).toBe(
      sign('https://h.amazonaws.com/a b', 's3'),
    )
    expect(sign('https://h.amazonaws.com/a%20b', 'sqs')).not.toBe(
      sign('https://h.amazonaws.com/a b', 'sqs'),
    )
    expect(sign(written, 's3')).not.toBe(sign(written, 'sqs'))
  })
})

describe('a request that is signed for AWS', () => {
  const nowMs = Date.parse('2026-11-21T08:30:00.123Z')
  const sign = (
    headers: readonly (readonly [string, string])[],
    more: { url?: string; body?: Uint8Array; sessionToken?: string } = {},
  ) =>
    signAwsRequest(
      {
        method: 'POST',
        url: more.url ?? 'https://dynamodb.eu-west-1.amazonaws.com/',
        headers,
        ...(more.body !== undefined && { body: more.body }),
      },
      {
        keys: { ...suite.keys, sessionToken: more.sessionToken },
        scope: { region: 'eu-west-1', service: 'dynamodb' },
        nowMs,
      },
    )
  const valuesOf = (headers: readonly (readonly [string, string])[], wanted: string) =>
    headers.filter(([name]) => name === wanted).map(([, value]) => value)

  it('never signs what an agent says where the signature stands', () => {
    verifies('S-18')
    const clean = sign([['content-type', 'application/x-amz-json-1.0']])
    const forged = sign([
      ['content-type', 'application/x-amz-json-1.0'],
      ...signatureHeaders.map((name) => [name, 'mine'] as const),
    ])
    expect(forged).toEqual(clean)
  })

  it('covers target, type and body, so that none of them can be changed on the way', () => {
    fc.assert(
      fc.property(
        fc.stringMatching(/^[A-Za-z0-9_.]{1,30}$/),
        fc.uint8Array({ maxLength: 200 }),
        fc.nat(3),
        (target, body, change) => {
          const request = { target, type: 'application/x-amz-json-1.0', body, path: '/' }
          const other = [
            { ...request, target: `${target}x` },
            { ...request, type: 'application/x-amz-json-1.1' },
            { ...request, body: Uint8Array.from([...body, 1]) },
            { ...request, path: '/x' },
          ][change]
          const signed = (one: typeof request) =>
            sign(
              [
                ['x-amz-target', one.target],
                ['content-type', one.type],
              ],
              { body: one.body, url: `https://dynamodb.eu-west-1.amazonaws.com${one.path}` },
            ).signature
          expect(signed(request)).toBe(signed(request))
          expect(signed(other ?? request)).not.toBe(signed(request))
        },
      ),
    )
  })

  it('carries date, hash and token, and names what is signed', () => {
    const { headers, signature } = sign(
      [
        ['accept', '*/*'],
        ['x-amz-target', 'Query'],
      ],
      {
        sessionToken: 'a-session-token',
      },
    )
    expect(valuesOf(headers, 'x-amz-date')).toEqual(['20261121T083000Z'])
    expect(valuesOf(headers, 'x-amz-content-sha256')).toEqual([emptyHash])
    expect(valuesOf(headers, 'x-amz-security-token')).toEqual(['a-session-token'])
    expect(valuesOf(headers, 'authorization')).toEqual([
      'AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20261121/eu-west-1/dynamodb/aws4_request, ' +
        'SignedHeaders=host;x-amz-content-sha256;x-amz-date;x-amz-security-token;x-amz-target, ' +
        `Signature=${signature}`,
    ])
  })

  it('is signed whatever its query holds, in the order in which it is read', () => {
    const url = 'https://h.amazonaws.com/'
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.string({ minLength: 1, unit: 'grapheme' }), fc.string()), {
          maxLength: 6,
        }),
        (pairs) => {
          const well = pairs.filter((pair) => pair.every((text) => text.isWellFormed()))
          const query = (list: typeof pairs) =>
            list.map(([n, v]) => `${encodeURIComponent(n)}=${encodeURIComponent(v)}`).join('&')
          const one = sign([], { url: `${url}?${query(well)}` }).signature
          expect(sign([], { url: `${url}?${query([...well].reverse())}` }).signature).toBe(one)
        },
      ),
    )
  })
})

describe('the region and the service of a host of AWS', () => {
  it.each([
    ['dynamodb.eu-central-1.amazonaws.com', 'eu-central-1', 'dynamodb'],
    ['iam.amazonaws.com', 'us-east-1', 'iam'],
    ['sts.us-gov-west-1.amazonaws.com', 'us-gov-west-1', 'sts'],
    ['s3.amazonaws.com', 'us-east-1', 's3'],
    ['bucket.s3.amazonaws.com', 'us-east-1', 's3'],
    ['a.b.s3.ap-southeast-2.amazonaws.com', 'ap-southeast-2', 's3'],
    ['bucket.s3-eu-west-1.amazonaws.com', 'eu-west-1', 's3'],
    ['bucket.s3.dualstack.eu-west-1.amazonaws.com', 'eu-west-1', 's3'],
    ['x1.execute-api.us-west-2.amazonaws.com', 'us-west-2', 'execute-api'],
    ['api.ecr.us-west-2.amazonaws.com', 'us-west-2', 'ecr'],
    ['search-x.eu-west-1.es.amazonaws.com', 'eu-west-1', 'es'],
    ['bedrock-runtime.us-east-1.amazonaws.com', 'us-east-1', 'bedrock'],
    ['email.us-east-1.amazonaws.com', 'us-east-1', 'ses'],
    ['x1.lambda-url.us-east-1.on.aws', 'us-east-1', 'lambda'],
    ['ec2.us-east-2.api.aws', 'us-east-2', 'ec2'],
    ['ec2.cn-north-1.amazonaws.com.cn', 'cn-north-1', 'ec2'],
    ['sqs.eu-west-1.amazonaws.com:8443', 'eu-west-1', 'sqs'],
  ])('is read from %s', (host, region, service) => {
    expect(findAwsScope({}, host)).toEqual({ region, service })
  })

  it.each([
    'api.example.com',
    'amazonaws.com.example.com',
    'eu-west-1.amazonaws.com',
    'bucket.s3-accelerate.amazonaws.com',
    'a.b.amazonaws.com',
    'localhost:4000',
  ])('is not guessed from %s', (host) => {
    expect(findAwsScope({}, host)).toBeUndefined()
    expect(findAwsScope({ service: 's3' }, host)).toBeUndefined()
  })

  it('is what the owner says, where they do', () => {
    expect(findAwsScope({ region: 'eu-west-1', service: 's3' }, 'minio.internal')).toEqual({
      region: 'eu-west-1',
      service: 's3',
    })
    expect(findAwsScope({ service: 'iotdata' }, 'x.iot.eu-west-1.amazonaws.com')).toEqual({
      region: 'eu-west-1',
      service: 'iotdata',
    })
  })
})
