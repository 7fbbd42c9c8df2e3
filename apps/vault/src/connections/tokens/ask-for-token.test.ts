import { generateKeyPairSync } from 'node:crypto'
import { decodeProtectedHeader, importSPKI, jwtVerify } from 'jose'
import { describe, expect, it } from 'vitest'
import { readSigningKey } from '../../credentials/signing-key.ts'
import type { StoredOf } from '../stored-credential.ts'
import { createAskForToken } from './ask-for-token.ts'

const pair = generateKeyPairSync('rsa', { modulusLength: 2048 })
const privateKey = pair.privateKey.export({ format: 'pem', type: 'pkcs8' }).toString()
const publicKey = pair.publicKey.export({ format: 'pem', type: 'spki' }).toString()
const answer = { accessToken: 'an-access-token', expiresInSeconds: 3600 }

function createEndpoint() {
  const asked: { way: string; what: unknown[] }[] = []
  let bytes = 0
  const ask = createAskForToken({
    endpoint: {
      async clientCredentials(...what) {
        asked.push({ way: 'client credentials', what })
        return { ...answer, refreshToken: 'nobody-asked-for-this' }
      },
      async jwtBearer(...what) {
        asked.push({ way: 'jwt bearer', what })
        return answer
      },
    },
    readSigningKey,
    randomBytes: (size) => new Uint8Array(size).fill(++bytes),
    // What Google's documentation has: https://developers.google.com/identity/protocols/oauth2/service-account
    now: () => 1_328_550_785_000,
  })
  return { ask, asked }
}

const google: StoredOf<'jwt-service-account'> = {
  kind: 'jwt-service-account',
  tokenEndpoint: 'https://oauth2.googleapis.com/token',
  issuer: '761326798069-r5mljlln1rd4lrbhg75efgigp36m78j5@developer.gserviceaccount.com',
  privateKey,
  keyId: '370ab79b4513eb9bad7c9bd16a95cb76b5b2a56a',
  scopes: ['https://www.googleapis.com/auth/devstorage.read_only'],
}

async function assertionOf(credential: StoredOf<'jwt-service-account'>) {
  const { ask, asked } = createEndpoint()
  expect(await ask(credential)).toEqual(answer)
  const [{ assertion = '', ...rest } = {}] = (asked[0]?.what ?? []) as { assertion?: string }[]
  const { payload } = await jwtVerify(assertion, await importSPKI(publicKey, 'RS256'), {
    currentDate: new Date(1_328_550_785_000),
  })
  return { header: decodeProtectedHeader(assertion), payload, rest, asked }
}

describe('an access token is asked for', () => {
  it('by a service account with the header and the claim set that Google documents', async () => {
    const { header, payload, rest, asked } = await assertionOf(google)
    expect(asked.map(({ way }) => way)).toEqual(['jwt bearer'])
    expect(header).toEqual({ alg: 'RS256', typ: 'JWT', kid: google.keyId })
    const { jti, ...claims } = payload
    expect(claims).toEqual({
      iss: '761326798069-r5mljlln1rd4lrbhg75efgigp36m78j5@developer.gserviceaccount.com',
      scope: 'https://www.googleapis.com/auth/devstorage.read_only',
      aud: 'https://oauth2.googleapis.com/token',
      exp: 1_328_550_845,
      iat: 1_328_550_785,
    })
    expect(jti).toMatch(/^[\w-]{22}$/)
    expect(rest).toEqual({
      provider: 'oauth2.googleapis.com',
      tokenEndpoint: 'https://oauth2.googleapis.com/token',
    })
  })

  it('for a person, and for another audience, where the owner says so', async () => {
    const { payload } = await assertionOf({
      ...google,
      subject: 'user@example.com',
      audience: 'https://login.example.com',
      scopes: ['a', 'b'],
    })
    expect(payload).toMatchObject({
      sub: 'user@example.com',
      aud: 'https://login.example.com',
      scope: 'a b',
    })
  })

  it('with another assertion each time', async () => {
    const { ask, asked } = createEndpoint()
    await ask(google)
    await ask(google)
    const [one, two] = asked.map(({ what }) => (what[0] as { assertion: string }).assertion)
    expect(one).not.toBe(two)
  })

  it('with client credentials, with all that the owner typed in and nothing else', async () => {
    const { ask, asked } = createEndpoint()
    const credential: StoredOf<'oauth2-client-credentials'> = {
      kind: 'oauth2-client-credentials',
      tokenEndpoint: 'https://login.example.com/token',
      clientId: 'client',
      clientAuthentication: 'client_secret_post',
      clientSecret: 'correct-horse',
      scopes: ['read'],
      audience: 'https://api.example.com',
    }
    // A refresh token would be a secret more, and there is no need for it.
    expect(await ask(credential)).toEqual(answer)
    expect(asked).toEqual([
      {
        way: 'client credentials',
        what: [
          {
            provider: 'login.example.com',
            clientId: 'client',
            authentication: 'client_secret_post',
            clientSecret: 'correct-horse',
            tokenEndpoint: 'https://login.example.com/token',
          },
          { scopes: ['read'], audience: 'https://api.example.com', resource: undefined },
        ],
      },
    ])
  })
})
