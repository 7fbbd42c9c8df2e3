import { existsSync, readFileSync } from 'node:fs'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { ownerScopes, Problem } from '@sallyport/contracts'
import { type Client, createClient } from '@sallyport/sdk'
import { findStoredToken, type Settings, storeToken } from './settings.ts'
import { CommandError, type Terminal } from './terminal.ts'

const tokenDays = 90

/** A client with the owner's token: from SALLYPORT_OWNER_TOKEN, from an earlier sign-in, or from one that is asked for now. */
export async function ownerClient(settings: Settings, terminal: Terminal): Promise<Client> {
  const token =
    settings.environment.SALLYPORT_OWNER_TOKEN ||
    findStoredToken(settings, Date.now()) ||
    (await signIn(settings, terminal))
  const client = createClient({ baseUrl: settings.baseUrl, auth: { kind: 'bearer', token } })
  return {
    async call(id, input, options) {
      try {
        return await client.call(id, input, options)
      } catch (thrown) {
        if (!(thrown instanceof Problem) || thrown.type !== 'unauthenticated') throw thrown
        throw new CommandError(
          'The vault does not know this token any more. Run `sallyport login` to sign in again.',
        )
      }
    },
  }
}

/** Signs in, as the first owner where the vault has none yet, and keeps a token. Returns the token. */
export async function signIn(settings: Settings, terminal: Terminal): Promise<string> {
  const session = createSessionFetch(settings.baseUrl)
  const client = createClient({
    baseUrl: settings.baseUrl,
    auth: { kind: 'cookie' },
    fetch: session,
  })
  const setupToken = findSetupToken(settings)
  terminal.note(
    setupToken === undefined
      ? `Sign in to ${settings.baseUrl}`
      : `${settings.baseUrl} has no owner yet. You become the first one.`,
  )
  const email = await terminal.ask('E-mail address', {
    ...(settings.environment.SALLYPORT_OWNER_EMAIL !== undefined && {
      default: settings.environment.SALLYPORT_OWNER_EMAIL,
    }),
    option: 'SALLYPORT_OWNER_EMAIL',
  })
  const password = await terminal.askSecret('Password')
  if (setupToken === undefined) await client.call('signIn', { email, password })
  else await client.call('setUp', { setupToken, email, password })
  const made = await client.call('createToken', {
    name: `sallyport command on ${hostname()}`.slice(0, 120),
    scopes: [...ownerScopes],
    expiresInDays: tokenDays,
  })
  await client.call('signOut', {})
  storeToken(settings, { token: made.secret, expiresAt: made.token.expiresAt })
  return made.secret
}

function findSetupToken(settings: Settings): string | undefined {
  const path = join(settings.dataDir, 'setup-token')
  return existsSync(path) ? readFileSync(path, 'utf8').trim() : undefined
}

/** Keeps the session's cookie between requests, as a browser on the vault's own pages would. */
function createSessionFetch(baseUrl: string): typeof fetch {
  let cookie: string | undefined
  const { origin } = new URL(baseUrl)
  return async (target, init = {}) => {
    const headers = new Headers(init.headers)
    headers.set('origin', origin)
    if (cookie !== undefined) headers.set('cookie', cookie)
    const answer = await fetch(target, { ...init, headers })
    const [set] = answer.headers.getSetCookie()
    if (set !== undefined) cookie = set.split(';', 1)[0]
    return answer
  }
}
