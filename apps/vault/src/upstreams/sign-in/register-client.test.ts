import { Problem } from '@sallyport/contracts'
import { describe, expect, it } from 'vitest'
import type { Discovered } from './discover.ts'
import { pickWay } from './pick-client.ts'
import { registerClient } from './register-client.ts'
import type { WebServer } from './sign-in-needs.ts'

const endpoint = 'https://auth.example/register'
const about = {
  redirectUri: 'https://vault.example.com/api/v1/connections/callback',
  clientUri: 'https://vault.example.com',
  offered: undefined,
}

/** An authorization server that answers a registration with this. */
function room(status: number, body: unknown, offered?: readonly string[]) {
  const sent: { url: string; body: Record<string, unknown> }[] = []
  const needs = {
    mayUseOrigin: (origin: string) => origin === 'https://auth.example' || 'not there',
    async fetch(url: string, options: { body?: unknown }) {
      sent.push({ url, body: JSON.parse(String(options.body)) })
      return new Response(JSON.stringify(body), { status })
    },
  }
  const register = (at = endpoint) => registerClient(needs, at, { ...about, offered })
  return { sent, register }
}

const refusalOf = async (work: Promise<unknown>) => {
  const error = await work.catch((thrown: unknown) => thrown)
  return error instanceof Problem ? `${error.type}: ${error.detail}` : `none: ${String(error)}`
}

describe('a registration', () => {
  it('says what the vault is, and no secret', async () => {
    const { sent, register } = room(201, { client_id: 'c1', client_secret: 'secret-of-c1' })
    expect(await register()).toEqual({
      ...{ clientId: 'c1', clientSecret: 'secret-of-c1', authentication: 'client_secret_basic' },
    })
    expect(sent[0]?.body).toEqual({
      ...{ client_name: 'Sallyport', client_uri: 'https://vault.example.com' },
      ...{ redirect_uris: [about.redirectUri], response_types: ['code'] },
      grant_types: ['authorization_code', 'refresh_token'],
      ...{ token_endpoint_auth_method: 'client_secret_basic', application_type: 'web' },
    })
  })

  it('takes what was registered, whatever was asked for', async () => {
    const made = {
      ...{ client_id: 'c1', client_secret: 'secret-of-c1', client_secret_expires_at: 9 },
      token_endpoint_auth_method: 'client_secret_post',
    }
    expect(await room(201, made).register()).toMatchObject({
      ...{ authentication: 'client_secret_post', secretExpiresAt: 9 },
    })
    const open = { client_id: 'c2', token_endpoint_auth_method: 'none' }
    expect(await room(200, open).register()).toEqual({ clientId: 'c2', authentication: 'none' })
    expect(await room(201, { client_id: 'c3' }, ['none']).register()).toEqual({
      ...{ clientId: 'c3', authentication: 'none' },
    })
  })

  it('comes to nothing where the answer is none, in a sentence that says what is left to do', async () => {
    const cases: [number, unknown, RegExp][] = [
      [201, {}, /provider-refused: .*names no client id/],
      [201, { client_id: 'c' }, /provider-refused: .*gave no client secret/],
      [201, { client_id: 'c', client_secret: 'short' }, /provider-refused: .*secret that is none/],
      [
        400,
        { error: 'invalid_redirect_uri' },
        /provider-refused: .*refused \(invalid_redirect_uri\)/,
      ],
      [302, {}, /provider-refused: .*answered 302/],
      [503, {}, /provider-unavailable: .*answered 503/],
    ]
    for (const [status, body, sentence] of cases) {
      expect(await refusalOf(room(status, body).register())).toMatch(sentence)
    }
  })

  it('is not sent where the operator’s rules do not lead', async () => {
    const { sent, register } = room(201, { client_id: 'c1' })
    expect(await refusalOf(register('https://10.0.0.1/register'))).toMatch(/^origin-not-allowed/)
    expect(sent).toEqual([])
  })
})

it('is not needed where the authorization server reads the vault’s own document, which others can reach', () => {
  const server = { id: 'ups_1', url: 'https://mcp.example.com/mcp', signIn: null } as WebServer
  const found = {
    ...{ takesDocuments: true, registrationEndpoint: endpoint, resource: server.url },
    server: { issuer: 'https://auth.example' },
  } as Discovered
  const pick = (pagesUrl: string) =>
    pickWay(
      { pagesUrl: () => pagesUrl, now: () => 0 },
      { server, found, redirectUri: about.redirectUri },
      { wish: {}, apps: [] },
    )
  expect(pick('https://vault.example.com')).toEqual({
    ...{ way: 'document', documentUrl: 'https://vault.example.com/oauth/mcp-client.json' },
  })
  expect(pick('http://localhost:4770')).toEqual({ way: 'registration' })
})
