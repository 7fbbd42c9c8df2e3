import { Problem } from '@sallyport/contracts'
import { describe, expect, it } from 'vitest'
import { verifies } from '../../../../../test/verifies.ts'
import type { StoredConnection } from '../../connections/connection-store.ts'
import type { OAuthClient } from '../../connections/oauth-apps/resolve-client.ts'
import { encodeCredential, type StoredCredential } from '../../connections/stored-credential.ts'
import { createServerAuthorization } from './authorize.ts'

const url = 'https://mcp.example.com/mcp'
const appId = 'oap_01k8v3t5m9r2c4x6z8b0d1f3h5'
const account: StoredCredential = { kind: 'oauth2', oauthAppId: appId, place: 'there' }
const itself: StoredCredential = {
  ...{ kind: 'oauth2-client-credentials', tokenEndpoint: 'https://auth.example/token' },
  ...{ clientId: 'c', clientSecret: 'secret-of-c', clientAuthentication: 'client_secret_basic' },
  ...{ scopes: [], resource: url },
}

/** A sign-in of one server, as it is stored, with fakes around it. */
function room(set: {
  credential?: StoredCredential
  row?: Partial<StoredConnection>
  app?: Partial<NonNullable<OAuthClient['upstream']>>
}) {
  const credential = set.credential ?? account
  const row = {
    ...{ id: 'con_1', workspaceId: 'wsp_1', version: 1, status: 'healthy', statusReason: null },
    ...{ credentialKind: credential.kind, origins: ['mcp://ups_1'], ...set.row },
    sealed: encodeCredential(credential),
  } as StoredConnection
  const state = { row: row as StoredConnection | undefined, refused: [] as number[], version: 1 }
  const upstream = {
    ...{ serverId: 'ups_1', url, resource: url, redirectUri: 'https://v.example/x', way: 'given' },
    ...set.app,
  }
  const authorize = createServerAuthorization({
    findConnection: async () => state.row,
    tokens: {
      open: async () => ({ accessToken: `token-${state.version}`, version: state.version }),
      async renewRefused(_connection, version) {
        state.refused.push(version)
        state.version += 1
        return { accessToken: `token-${state.version}`, version: state.version }
      },
    },
    clients: { get: async () => ({ place: 'there', upstream }) as OAuthClient },
    keyring: { seal: async (_context, bytes) => bytes, open: async (_context, bytes) => bytes },
  })
  const signIn = { id: 'con_1' } as NonNullable<Parameters<typeof authorize>[0]['signIn']>
  const of = (server: { id?: string; url?: string } = {}) => {
    const made = authorize({ id: 'ups_1', workspaceId: 'wsp_1', url, signIn, ...server })
    if (made === undefined) throw new Error('no authorization')
    return made
  }
  return { state, of }
}

const refusalOf = async (work: Promise<unknown>) => {
  const error = await work.catch((thrown: unknown) => thrown)
  expect(error).toBeInstanceOf(Problem)
  return error instanceof Problem ? `${error.type}: ${error.detail}` : ''
}

describe('the token of a sign-in', () => {
  it('goes to the server that it was got for, and is renewed with the version that was refused', async () => {
    for (const credential of [account, itself]) {
      const { of, state } = room({ credential })
      const authorization = of()
      expect(await authorization.token()).toBe('token-1')
      expect(await authorization.renewed('token-1')).toBe('token-2')
      expect(state.refused).toEqual([1])
      expect(authorization.tokens.list()).toEqual([])
    }
  })

  it('goes nowhere else, whatever somebody writes into the rows', async () => {
    verifies('S-33')
    const { of } = room({})
    const elsewhere = /upstream-sign-in-required.*for another address/
    expect(await refusalOf(of({ url: 'https://evil.example/mcp' }).token())).toMatch(elsewhere)
    expect(await refusalOf(of({ id: 'ups_2' }).token())).toMatch(/another server/)
    const moved = room({ app: { serverId: 'ups_2' } })
    expect(await refusalOf(moved.of().token())).toMatch(elsewhere)
    const mail = room({ row: { origins: ['https://gmail.googleapis.com'] } })
    expect(await refusalOf(mail.of().token())).toMatch(/another server/)
    const client = room({ credential: itself })
    const evil = client.of({ url: 'https://mcp.example.com.evil.example/mcp' })
    expect(await refusalOf(evil.token())).toMatch(elsewhere)
    const key = room({ credential: { kind: 'bearer', token: 'somebody-elses-key' } })
    expect(await refusalOf(key.of().token())).toMatch(elsewhere)
  })

  it('is used no more from the moment that it is revoked, or has ended', async () => {
    verifies('S-10')
    const { of, state } = room({})
    const authorization = of()
    await authorization.token()
    if (state.row !== undefined) state.row = { ...state.row, status: 'revoked' }
    expect(await refusalOf(authorization.token())).toMatch(/was revoked/)
    if (state.row !== undefined) state.row = { ...state.row, status: 'needs_reauth' }
    expect(await refusalOf(authorization.token())).toMatch(/has ended/)
    state.row = undefined
    expect(await refusalOf(authorization.renewed('token-1'))).toMatch(/was revoked/)
  })
})
