import type { Problem } from '@sallyport/contracts'
import { expect, it } from 'vitest'
import { verifies } from '../../../../../test/verifies.ts'
import { discover } from './discover.ts'

const url = 'https://mcp.example.com/mcp'
const issuer = 'https://auth.example.com'
const wellKnown = 'https://mcp.example.com/.well-known/oauth-protected-resource/mcp'
const metadata = {
  ...{ issuer, authorization_endpoint: `${issuer}/authorize`, token_endpoint: `${issuer}/token` },
  code_challenge_methods_supported: ['S256'],
}

/** Discovers where every address may be used, and says which were asked. */
async function discovering(said: {
  readonly challenge?: string
  readonly resource?: object
  readonly server?: object
  /** What it answers to somebody without a token; 401 is usual. */
  readonly status?: number
  /** Nothing is found out about it anywhere. */
  readonly hasNothing?: boolean
}) {
  const asked: string[] = []
  const answers: Record<string, object> = said.hasNothing
    ? {}
    : {
        [wellKnown]: { resource: url, authorization_servers: [issuer], ...said.resource },
        [`${issuer}/.well-known/oauth-authorization-server`]: { ...metadata, ...said.server },
      }
  const headers = new Headers({ 'www-authenticate': said.challenge ?? 'Bearer' })
  const found = await discover(
    {
      mayUseOrigin: () => true,
      openDoor: () => ({
        fetch: async () => new Response(null, { status: said.status ?? 401, headers }),
        close: () => {},
      }),
      async fetch(target) {
        asked.push(target)
        const answer = answers[target]
        return new Response(JSON.stringify(answer ?? {}), { status: answer ? 200 : 404 })
      },
    },
    { id: 'ups_1', url, transport: 'streamable_http' },
    undefined,
  ).catch((error: Problem) => error)
  return { found, asked }
}

it('reads what a server on the web says of its sign-in', async () => {
  const { found } = await discovering({})
  expect(found).toMatchObject({ resource: url, issuers: [issuer], knowsS256: true })
})

it('tells a server that needs no sign-in from one that says too little of it', async () => {
  const { found } = await discovering({ status: 200, hasNothing: true })
  expect(found).toMatchObject({ detail: expect.stringContaining('answers without a sign-in') })
  const silent = await discovering({ hasNothing: true })
  expect(silent.found).toMatchObject({ detail: expect.stringContaining('no metadata') })
})

it.each([
  ['its metadata', { challenge: 'Bearer resource_metadata="http://10.0.0.5/admin"' }],
  ['its authorization server', { resource: { authorization_servers: ['http://10.0.0.5'] } }],
  ['where people sign in', { server: { authorization_endpoint: 'http://10.0.0.5/a' } }],
  ['where tokens are given', { server: { token_endpoint: 'http://10.0.0.5/t' } }],
  ['where clients register', { server: { registration_endpoint: 'http://10.0.0.5/r' } }],
  ['where tokens are taken back', { server: { revocation_endpoint: 'http://10.0.0.5/v' } }],
])(
  'follows a server on the web to nothing that only the operator’s own network has: %s',
  async (...[, said]) => {
    verifies('S-17')
    const { found, asked } = await discovering(said)
    expect(found).toMatchObject({ type: 'origin-not-allowed' })
    expect(asked.filter((target) => target.startsWith('http:'))).toEqual([])
  },
)
