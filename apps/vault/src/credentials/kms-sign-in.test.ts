import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type FakeKms, startTransit } from '../../../../test/fixtures/kms.ts'
import { createOperatorRequest } from '../egress/operator-request.ts'
import { getAwsCredentials } from './aws-credentials.ts'
import type { KmsRequest } from './kms.ts'
import { createTransitKms } from './transit-kms.ts'

describe('transit with a service account', () => {
  let transit: FakeKms
  beforeAll(async () => {
    const login = { role: 'sallyport', jwt: 'a.service.account' }
    transit = await startTransit({ token: 'hvs.given', key: 'k', login })
  })
  afterAll(() => transit?.close())

  it('signs in first, with the token as it is then, and asks with what it was given', async () => {
    let jwt = 'a.service.account'
    const kms = createTransitKms(
      {
        ...{ url: transit.url, key: 'k', mount: 'transit', namespace: undefined },
        signIn: { role: 'sallyport', readJwt: () => jwt },
      },
      createOperatorRequest(),
    )
    const ciphertext = await kms.encrypt(new Uint8Array(32).fill(7), { for: 'this' })
    expect(Buffer.from(await kms.decrypt(ciphertext, { for: 'this' }))).toEqual(Buffer.alloc(32, 7))
    expect(transit.asked).toEqual(['login', 'encrypt', 'login', 'decrypt'])
    jwt = 'another'
    await expect(kms.decrypt(ciphertext, { for: 'this' })).rejects.toThrow(
      'Signing in to the transit KMS',
    )
  })
})

describe('credentials of AWS by web identity', () => {
  const source = {
    by: 'web-identity',
    roleArn: 'arn:aws:iam::111122223333:role/vault',
    readToken: () => 'a.web+identity/token',
    url: 'https://sts.eu-central-1.amazonaws.com',
  } as const
  const answering = (body: unknown) => async () => ({
    status: 200,
    body: Buffer.from(JSON.stringify(body)),
  })

  it('are asked for as the document of AssumeRoleWithWebIdentity says, without a signature', async () => {
    const asked: KmsRequest[] = []
    const Credentials = { AccessKeyId: 'ASIA', SecretAccessKey: 'secret', SessionToken: 'session' }
    const answer = answering({
      AssumeRoleWithWebIdentityResponse: { AssumeRoleWithWebIdentityResult: { Credentials } },
    })
    const got = await getAwsCredentials(source, (request) => {
      asked.push(request)
      return answer()
    })
    expect(got).toEqual({
      accessKeyId: 'ASIA',
      secretAccessKey: 'secret',
      sessionToken: 'session',
    })
    expect(asked).toHaveLength(1)
    expect(asked[0]).toMatchObject({ method: 'POST', url: `${source.url}/` })
    expect(
      Object.fromEntries(new URLSearchParams(Buffer.from(asked[0]?.body ?? '').toString())),
    ).toEqual({
      Action: 'AssumeRoleWithWebIdentity',
      Version: '2011-06-15',
      RoleArn: source.roleArn,
      RoleSessionName: 'sallyport',
      WebIdentityToken: 'a.web+identity/token',
    })
    expect(asked[0]?.headers.map(([name]) => name)).not.toContain('authorization')
  })

  it('are refused where the answer is another one', async () => {
    await expect(getAwsCredentials(source, answering({}))).rejects.toThrow('cannot be read')
  })
})

describe('credentials of a container', () => {
  it('are not asked for in the clear of a host elsewhere', async () => {
    const send = () => Promise.reject(new Error('something was sent'))
    for (const url of [
      'http://credentials.example/',
      'http://169.254.169.254/latest',
      'http://10.0.0.1/',
    ]) {
      const source = { by: 'container', url, readToken: undefined } as const
      await expect(getAwsCredentials(source, send)).rejects.toThrow(
        'AWS_CONTAINER_CREDENTIALS_FULL_URI must be',
      )
    }
  })
})
