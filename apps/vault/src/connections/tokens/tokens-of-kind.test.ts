import { createCatalog } from '@sallyport/catalog'
import { Problem } from '@sallyport/contracts'
import { describe, expect, it } from 'vitest'
import { verifies } from '../../../../../test/verifies.ts'
import type { OAuthClient } from '../oauth-apps/resolve-client.ts'
import { encodeCredential, type StoredCredential } from '../stored-credential.ts'
import { createTokensOfKind } from './tokens-of-kind.ts'

const acme: OAuthClient = {
  ...{ provider: 'acme', clientId: 'client', authentication: 'client_secret_basic' },
  place: 'there',
  ...{ clientSecret: 'the-client-secret', authorizationEndpoint: 'https://acme.example/auth' },
  ...{ tokenEndpoint: 'https://acme.example/token', scopeSeparator: ' ', pkce: true },
  ...{ authorizationParameters: {}, baseScopes: [], sendsIssuer: false, asksConsent: false },
  revokesWholeAccount: false,
}
const kept: Record<string, StoredCredential> = {
  account: { kind: 'oauth2', oauthAppId: 'oap_01m7yp6g78aehg1s6jrvxxgsgk', place: 'there' },
  client: {
    ...{ kind: 'oauth2-client-credentials', tokenEndpoint: 'https://a.example/token' },
    ...{ clientId: 'client', clientAuthentication: 'client_secret_basic', scopes: [] },
    clientSecret: 'correct-horse',
  },
  robot: {
    ...{ kind: 'jwt-service-account', tokenEndpoint: 'https://a.example/token' },
    ...{ issuer: 'robot', privateKey: 'x'.repeat(60), scopes: ['a'] },
  },
  key: { kind: 'bearer', token: 'correct-horse' },
}

function setUp() {
  const asked: string[] = []
  const answer = { accessToken: 'an-access-token' }
  const source = createTokensOfKind({
    keyring: { seal: async (_, text) => text, open: async (_, sealed) => sealed },
    clients: {
      get: async (workspaceId, id) => {
        asked.push(`client of ${workspaceId} ${id.slice(0, 4)}`)
        return acme
      },
    },
    endpoint: {
      refresh: async ({ provider }, token) => {
        asked.push(`refresh ${provider} ${token}`)
        return answer
      },
      revoke: async ({ provider }, token, hint) => {
        asked.push(`revoke ${provider} ${token} ${hint}`)
        return 'revoked'
      },
    },
    askForToken: async ({ kind }) => {
      asked.push(kind)
      return answer
    },
    catalog: createCatalog(),
  })
  const of = (name: string, change: object = {}) => {
    const credential = kept[name]
    if (credential === undefined) throw new Error(name)
    return {
      ...{ id: 'con_1', workspaceId: 'wsp_1', provider: 'acme', version: 1 },
      ...{ origins: ['https://api.example.com'], status: 'healthy' as const },
      sealed: encodeCredential(credential),
      credentialKind: credential.kind,
      ...change,
    }
  }
  return { source, asked, of }
}

describe('tokens', () => {
  it('are got with what is sealed, and never with what a column says', async () => {
    verifies('S-33')
    const { source, asked, of } = setUp()
    for (const [name, credentialKind] of [
      ['key', 'oauth2-client-credentials'],
      ['client', 'oauth2'],
      ['account', 'jwt-service-account'],
    ] as const) {
      const edited = of(name, { credentialKind })
      await expect(source.renew(edited, 'a-refresh-token')).rejects.toMatchObject({
        type: 'credential-unreadable',
      })
    }
    await expect(source.renew(of('key'), 'a-refresh-token')).rejects.toBeInstanceOf(Problem)
    await expect(source.renew(of('account'), undefined)).rejects.toMatchObject({
      type: 'connection-needs-reauth',
    })
    expect(asked).toEqual([])
  })

  it('are got in the way of each kind, and an account’s with the client of its own workspace', async () => {
    const { source, asked, of } = setUp()
    await source.renew(of('account'), 'a-refresh-token')
    await source.renew(of('client'), undefined)
    await source.renew(of('robot'), undefined)
    expect(asked).toEqual([
      ...['client of wsp_1 oap_', 'refresh acme a-refresh-token'],
      ...['oauth2-client-credentials', 'jwt-service-account'],
    ])
    expect(source.canRenew(of('account'), false)).toBe(false)
    expect(source.canRenew(of('account'), true)).toBe(true)
    expect(source.canRenew(of('client'), false)).toBe(true)
  })

  it('of an account alone are revoked, the refresh token where there is one', async () => {
    const { source, asked, of } = setUp()
    const tokens = { accessToken: 'access', refreshToken: 'refresh' }
    expect(await source.revoke(of('account'), tokens)).toBe('revoked')
    expect(await source.revoke(of('account'), { accessToken: 'access' })).toBe('revoked')
    expect(await source.revoke(of('client'), tokens)).toBeUndefined()
    expect(asked.filter((what) => what.startsWith('revoke'))).toEqual([
      'revoke acme refresh refresh_token',
      'revoke acme access access_token',
    ])
  })

  it('that nobody uses are used in time, at half of what the provider says, or after a week', () => {
    const { source } = setUp()
    const dayMs = 86_400_000
    const idle = createCatalog().findProvider('google')?.oauth?.idleDays ?? 0
    expect(idle).toBeGreaterThan(0)
    expect(source.keepAliveMs({ provider: 'google' })).toBe((idle / 2) * dayMs)
    expect(source.keepAliveMs({ provider: 'acme' })).toBe(7 * dayMs)
  })
})
