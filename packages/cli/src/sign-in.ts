import { existsSync, readFileSync } from 'node:fs'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { ownerScopes, Problem } from '@sallyport/contracts'
import { type Client, createClient } from '@sallyport/sdk'
import { findStoredToken, readStoredToken, type Settings, storeToken } from './settings.ts'
import { CommandError, type Terminal } from './terminal.ts'

/** How long a sign-in of the command lasts. */
const tokenDays = 90
const passwordCharsMin = 12

/** Who signs in, where the command line says it. */
export interface SignInOptions {
  readonly email?: string | undefined
}

/** A client with the owner's token: from SALLYPORT_OWNER_TOKEN, from an earlier sign-in, or from one that is asked for now. */
export async function ownerClient(settings: Settings, terminal: Terminal): Promise<Client> {
  const given = settings.environment.SALLYPORT_OWNER_TOKEN || undefined
  const token =
    given ?? findStoredToken(settings, Date.now()) ?? (await signInNow(settings, terminal))
  const client = createClient({ baseUrl: settings.baseUrl, auth: { kind: 'bearer', token } })
  return {
    async call(id, input, options) {
      try {
        return await client.call(id, input, options)
      } catch (thrown) {
        if (!(thrown instanceof Problem) || thrown.type !== 'unauthenticated') throw thrown
        throw new CommandError(unknownToken(settings, given !== undefined))
      }
    },
  }
}

async function signInNow(settings: Settings, terminal: Terminal): Promise<string> {
  const expired = readStoredToken(settings)
  if (expired !== undefined) terminal.note(`The sign-in here ended at ${expired.expiresAt}.`)
  return (await signIn(settings, terminal)).token
}

const unknownToken = ({ baseUrl, urlOption }: Settings, given: boolean) =>
  given
    ? `The vault at ${baseUrl} does not know the token in SALLYPORT_OWNER_TOKEN. Set another, or unset it and run \`npx sallyport login${urlOption}\`.`
    : `The vault at ${baseUrl} does not know this sign-in any more. Run \`npx sallyport login${urlOption}\` to sign in again.`

/** Signs in, as the first owner where the vault has none yet, and keeps a token. */
export async function signIn(
  settings: Settings,
  terminal: Terminal,
  options: SignInOptions = {},
): Promise<{ token: string; expiresAt: string }> {
  const { baseUrl, environment } = settings
  const anyone = createClient({ baseUrl, auth: { kind: 'none' } })
  // First of all: nobody types a password for a vault that does not answer.
  const { issuer } = await anyone.call('getAuthorizationServerMetadata', {})
  const setupToken = findSetupToken(settings)
  terminal.note(
    setupToken === undefined
      ? `Sign in to the vault at ${baseUrl}`
      : `The vault at ${baseUrl} has no owner yet: you become the first one.`,
  )
  const email =
    options.email ??
    (await terminal.ask('E-mail address', {
      ...(environment.SALLYPORT_OWNER_EMAIL && { default: environment.SALLYPORT_OWNER_EMAIL }),
      option: '`login --email` or SALLYPORT_OWNER_EMAIL',
    }))
  const client = sessionClient(baseUrl, issuer)
  if (setupToken === undefined) {
    await signInSession(client, terminal, email).catch(thinkOfNewVault)
  } else {
    const password = await terminal.askNewPassword(passwordCharsMin)
    await client.call('setUp', { setupToken, email, password })
  }
  return keepNewToken(settings, client)
}

/** A vault tells nobody whether it has an owner: without one it refuses every sign-in, and its link is what is wanted. */
function thinkOfNewVault(thrown: unknown): never {
  if (!(thrown instanceof Problem) || thrown.type !== 'invalid-credentials') throw thrown
  const ofNewVault = 'If nobody owns this vault yet, open the link that it printed when it started.'
  const next = [thrown.next ?? '', ofNewVault].join(' ').trimStart()
  throw new Problem(thrown.type, thrown.detail, { next, cause: thrown })
}

/** A client with a session of its own, and none before it signs in. */
const sessionClient = (baseUrl: string, issuer: string): Client =>
  createClient({
    baseUrl,
    auth: { kind: 'cookie' },
    fetch: createSessionFetch(new URL(issuer).origin),
  })

/** Asks for the password, and for the code where the account has one. */
async function signInSession(client: Client, terminal: Terminal, email: string): Promise<void> {
  const password = await terminal.askSecret('Password')
  try {
    await client.call('signIn', { email, password })
  } catch (thrown) {
    if (!(thrown instanceof Problem) || thrown.type !== 'otp-required') throw thrown
    const otp = await terminal.askSecret('Code of your authenticator app, or a recovery code')
    await client.call('signIn', { email, password, otp })
  }
}

/**
 * Runs `work` with a session of an owner who has just proved who they are, and ends the session. A token cannot prove
 * that: it may have been lying there for weeks.
 */
export async function inFreshSession<Answer>(
  { baseUrl }: Settings,
  { terminal, email }: { terminal: Terminal; email: string },
  work: (client: Client) => Promise<Answer>,
): Promise<Answer> {
  const anyone = createClient({ baseUrl, auth: { kind: 'none' } })
  const { issuer } = await anyone.call('getAuthorizationServerMetadata', {})
  const client = sessionClient(baseUrl, issuer)
  await signInSession(client, terminal, email)
  try {
    return await work(client)
  } finally {
    await client.call('signOut', {})
  }
}

async function keepNewToken(settings: Settings, client: Client) {
  const before = readStoredToken(settings)
  const { secret, token } = await client.call('createToken', {
    name: `sallyport command on ${hostname()}`.slice(0, 120),
    scopes: [...ownerScopes],
    expiresInDays: tokenDays,
  })
  const { id: tokenId, expiresAt } = token
  storeToken(settings, { token: secret, tokenId, expiresAt })
  if (before?.tokenId) await endToken(client, before.tokenId)
  await client.call('signOut', {})
  return { token: secret, expiresAt }
}

/** The token that is replaced; it may have ended by itself, or belong to somebody else who used this machine. */
async function endToken(client: Client, tokenId: string): Promise<void> {
  try {
    await client.call('deleteToken', { tokenId })
  } catch (thrown) {
    if (!(thrown instanceof Problem) || thrown.type !== 'token-not-found') throw thrown
  }
}

/** The setup token of the vault on this machine. It is for nobody else, so it never goes to another address. */
function findSetupToken({ baseUrl, dataDir, environment }: Settings): string | undefined {
  const { hostname: host } = new URL(baseUrl)
  const isOwn =
    ['127.0.0.1', 'localhost', '[::1]', environment.SALLYPORT_HOST].includes(host) ||
    baseUrl === environment.SALLYPORT_PUBLIC_URL?.replace(/\/+$/, '')
  const path = join(dataDir, 'setup-token')
  return isOwn && existsSync(path) ? readFileSync(path, 'utf8').trim() : undefined
}

/** Keeps the session's cookie between requests and names the vault's own origin, as a browser on its pages would. */
function createSessionFetch(ownOrigin: string): typeof fetch {
  let cookie: string | undefined
  return async (target, init = {}) => {
    const headers = new Headers(init.headers)
    headers.set('origin', ownOrigin)
    if (cookie !== undefined) headers.set('cookie', cookie)
    const answer = await fetch(target, { ...init, headers })
    const [set] = answer.headers.getSetCookie()
    if (set !== undefined) cookie = set.split(';', 1)[0]
    return answer
  }
}
