import { Problem } from '@sallyport/contracts'
import type { StoredConnection } from '../../connections/connection-store.ts'
import { readCredential, type Sealer } from '../../connections/credential-opener.ts'
import type { OAuthClients } from '../../connections/oauth-apps/oauth-clients.ts'
import type { TokenKeeper } from '../../connections/tokens/token-keeper.ts'
import { type UpstreamAuthorization, upstreamProblem } from '../clients/upstream-clients.ts'
import { coversUrl } from '../kept/resource.ts'
import type { ServerSettings, SignInRow } from '../kept/server-store.ts'

/** The access tokens that were handed out for a connection: taken out of whatever the server says. */
export interface HandedTokens {
  /** Those handed out last; the same list until another one is. */
  list(): readonly string[]
  /** Called before a token is handed out for the first time. */
  onChanged(notify: () => void): void
}

/** A server with a sign-in, as it is to be reached. */
interface SignedInServer extends Pick<ServerSettings, 'url'> {
  readonly id: string
  readonly workspaceId: string
  readonly signIn: SignInRow | null
}

/** What hands out the tokens of a server’s sign-in; undefined where it has none. */
export type AuthorizeServer = (
  server: SignedInServer,
) => (UpstreamAuthorization & { readonly tokens: HandedTokens }) | undefined

interface AuthorizeNeeds {
  readonly findConnection: (
    workspaceId: string,
    id: string,
  ) => Promise<StoredConnection | undefined>
  readonly tokens: Pick<TokenKeeper, 'open' | 'renewRefused'>
  readonly clients: Pick<OAuthClients, 'get'>
  readonly keyring: Sealer
}

/** More are not in the air: one that is renewed, and those of calls that began before. */
const handedMax = 4
const secretCharsMin = 8

/**
 * Builds what hands out access tokens of sign-ins. The connection is read anew for each request, so that none goes out with a
 * token that was revoked (S-10). It has to be sealed for this server, and its grant for the address that the server has now:
 * no edit of a row, and no change of the address, takes a token anywhere else.
 */
export function createServerAuthorization(needs: AuthorizeNeeds): AuthorizeServer {
  return (server) => {
    const { signIn } = server
    if (signIn === null) return undefined
    const handed = createHanded()
    const checked = { version: -1 }

    async function find(): Promise<StoredConnection> {
      const found = await needs.findConnection(server.workspaceId, signIn?.id ?? '')
      if (found === undefined || found.status === 'revoked') throw signInAgain('was revoked')
      if (found.status === 'needs_reauth') throw signInAgain('has ended', found.statusReason)
      if (found.origins.join() !== `mcp://${server.id}`) throw signInAgain('is another server’s')
      if (checked.version !== found.version) await requirePlace(needs, server, found)
      checked.version = found.version
      return found
    }
    /** The version of each token that is in the air, to be told when it is refused. */
    const versions = new Map<string, number>()
    const hand = ({ accessToken, version }: { accessToken: string; version: number }) => {
      versions.delete(accessToken)
      versions.set(accessToken, version)
      const [oldest] = versions.keys()
      if (versions.size > handedMax && oldest !== undefined) versions.delete(oldest)
      handed.add(accessToken)
      return accessToken
    }
    return {
      tokens: handed,
      token: () => asServers(async () => hand(await needs.tokens.open(await find()))),
      renewed: (refused) =>
        asServers(async () => {
          const version = versions.get(refused) ?? 0
          return hand(await needs.tokens.renewRefused(await find(), version))
        }),
    }
  }
}

function createHanded(): HandedTokens & { add(token: string): void } {
  const watchers: (() => void)[] = []
  let list: readonly string[] = []
  return {
    list: () => list,
    onChanged: (notify) => void watchers.push(notify),
    add(token) {
      if (token.length < secretCharsMin || list.includes(token)) return
      list = [...list, token].slice(-handedMax)
      for (const notify of watchers) notify()
    },
  }
}

/** @throws Problem upstream-sign-in-required where the grant is not for the server’s address */
async function requirePlace(
  { clients, keyring }: AuthorizeNeeds,
  { id, url, workspaceId }: SignedInServer,
  connection: StoredConnection,
): Promise<void> {
  const credential = await readCredential(keyring, connection)
  if (credential.kind === 'oauth2') {
    const { upstream, place } = await clients.get(workspaceId, credential.oauthAppId)
    const isFor = upstream?.serverId === id && upstream.url === url && place === credential.place
    if (!isFor) throw elsewhere()
    return
  }
  if (credential.kind !== 'oauth2-client-credentials') throw elsewhere()
  if (!coversUrl(credential.resource ?? '', url ?? '')) throw elsewhere()
}

const elsewhere = () => signInAgain('is for another address than the server has now')

/** Whoever renews tokens asks for a connection to be reconnected; here that is a sign-in. */
async function asServers<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    if (!(error instanceof Problem)) throw error
    const { type, detail } = error
    if (type === 'connection-needs-reauth') throw signInAgain('has ended', detail)
    if (type === 'connection-revoked') throw signInAgain('was revoked')
    throw error
  }
}

/** The sentence that an owner finds at the server. */
export function signInAgain(what: string, why?: string | null): Problem {
  const reason = why === undefined || why === null || why === '' ? '' : ` ${why}`
  return upstreamProblem('connect', 'upstream-sign-in-required', {
    detail: `The sign-in to the server ${what}.${reason}`,
    next: 'An owner signs in to the server again.',
  })
}
