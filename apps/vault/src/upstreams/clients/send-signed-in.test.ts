import { Problem } from '@sallyport/contracts'
import { describe, expect, it } from 'vitest'
import type { AuthChallenge } from './auth-challenge.ts'
import type { OpenConfig } from './live-upstream.ts'
import { sendSignedIn } from './send-signed-in.ts'

/** A server that answers with these, one after the other, and the tokens that it got. */
function room(
  answers: readonly Response[],
  authorize?: OpenConfig['authorize'],
  headers: Record<string, string> = {},
) {
  const sent: (string | null)[] = []
  const challenges: AuthChallenge[] = []
  const config = {
    ...{ headers, authorize, onChallenge: (one: AuthChallenge) => challenges.push(one) },
  } as unknown as OpenConfig
  const left = [...answers]
  const door = {
    async fetch(_url: string | URL, options: { readonly headers?: Headers } = {}) {
      sent.push(options.headers?.get('authorization') ?? null)
      return left.shift() ?? new Response('{}')
    },
    close: () => {},
  }
  const request = { target: 'https://a.example/mcp', init: { method: 'POST', body: '{}' } }
  return { sent, challenges, send: () => sendSignedIn(config, door, request) }
}

const answer = (status: number, challenge?: string) =>
  new Response('{}', {
    status,
    headers: challenge === undefined ? {} : { 'www-authenticate': challenge },
  })

const problemOf = async (work: Promise<unknown>) => {
  const error = await work.catch((thrown: unknown) => thrown)
  if (!(error instanceof Problem)) throw new Error(`no problem: ${String(error)}`)
  return error
}

describe('a request to a server that is signed in to', () => {
  const authorize = { token: async () => 'first', renewed: async () => 'second' }

  it('is sent once more after a 401, with another token, and not a third time', async () => {
    const good = room([answer(401)], authorize)
    expect((await good.send()).status).toBe(200)
    expect(good.sent).toEqual(['Bearer first', 'Bearer second'])
    const bad = room([answer(401), answer(401), answer(200)], authorize)
    expect((await problemOf(bad.send())).type).toBe('upstream-sign-in-required')
    expect(bad.sent).toEqual(['Bearer first', 'Bearer second'])
    expect(bad.challenges).toEqual([{ status: 401, isBearer: false }])
  })

  it('is not sent again where there is no other token', async () => {
    const { sent, send } = room([answer(401)], { ...authorize, renewed: async () => 'first' })
    expect((await problemOf(send())).next).toBe('An owner signs in to the server again.')
    expect(sent).toEqual(['Bearer first'])
  })

  it('names the scopes that are lacking, and renews nothing for them', async () => {
    const lacking = answer(403, 'Bearer error="insufficient_scope", scope="files:write admin"')
    const { sent, challenges, send } = room([lacking], authorize)
    const { detail, extra } = await problemOf(send())
    expect(detail).toBe('The server wants files:write, admin (403).')
    expect(extra).toEqual({ wants: 'scopes' })
    expect(sent).toEqual(['Bearer first'])
    expect(challenges[0]?.scopes).toEqual(['files:write', 'admin'])
  })

  it('does not go out where there is no token to be had', async () => {
    const gone = new Problem('upstream-sign-in-required', 'Gone.')
    const token = () => Promise.reject(gone)
    const { sent, send } = room([], { ...authorize, token })
    expect(await problemOf(send())).toBe(gone)
    expect(sent).toEqual([])
  })
})

describe('a request to a server without a sign-in', () => {
  it('says that one is wanted where the server speaks of Bearer tokens, and else leaves it to the headers', async () => {
    const oauth = room([answer(401, 'Bearer resource_metadata="https://a.example/x"')])
    expect((await problemOf(oauth.send())).next).toBe('An owner signs in to the server.')
    const key = room([answer(401)], undefined, { Authorization: 'Basic abc' })
    expect((await key.send()).status).toBe(401)
    expect(key.sent).toEqual(['Basic abc'])
    expect(key.challenges).toHaveLength(1)
  })
})
