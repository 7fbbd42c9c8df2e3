import type { CredentialOpener } from '../connections/credential-opener.ts'
import type { OpenedCredential } from '../connections/opened-credential.ts'
import { isRenewable } from '../connections/stored-credential.ts'
import { noCredentialToTry } from '../execute/caller-credential.ts'
import type { ConnectionSnapshot } from '../execute/resolve-call.ts'
import { createScrubber, joinScrubbers } from '../execute/scrub.ts'
import type { ReadyCredential } from '../execute/send-permitted.ts'
import { createTokenScrubbers } from '../execute/token-scrubbers.ts'

/** An access token; its version is raised by each renewal. */
interface AccessToken {
  readonly accessToken: string
  readonly version: number
}

/** What keeps access tokens fresh: see the token keeper of `connections`. */
export interface AccessTokens {
  open(connection: ConnectionSnapshot): Promise<AccessToken>
  /** A newer one than that of `version`, which an upstream refused; the same where it is from a moment ago. */
  renewRefused(connection: ConnectionSnapshot, version: number): Promise<AccessToken>
}

export interface ReadyCredentialNeeds {
  readonly opener: Pick<CredentialOpener, 'open' | 'peek'>
  readonly tokens: AccessTokens
  /** What must not come back from an upstream MCP server, of which nothing goes on its calls; the same list until it changes. */
  readonly upstreamSecrets: (
    connection: ConnectionSnapshot,
  ) => readonly string[] | Promise<readonly string[]>
  /** Milliseconds since the epoch. */
  readonly now: () => number
}

/**
 * Makes credentials ready: what they put on, and the scrubber for their secrets, made once for each opened credential and,
 * while it is in use, for each access token. What is in memory is answered at once.
 */
export function createReadyCredential({
  opener,
  tokens,
  upstreamSecrets,
  now,
}: ReadyCredentialNeeds) {
  const keys = new WeakMap<OpenedCredential, ReadyCredential>()
  const scrubbers = createTokenScrubbers()

  function arm(id: string, opened: OpenedCredential, token: AccessToken): ReadyCredential {
    const { accessToken } = token
    return {
      put: { headers: [['authorization', `Bearer ${accessToken}`]], query: [] }, // RFC 6750 §2.1
      scrubber: scrubbers.get(id, accessToken, opened.secrets),
      async renew(connection) {
        const renewed = await tokens.renewRefused(connection, token.version)
        return renewed.accessToken === accessToken ? undefined : arm(id, opened, renewed)
      },
    }
  }

  async function open(connection: ConnectionSnapshot): Promise<ReadyCredential> {
    const opened = await opener.open(connection)
    if (isRenewable(opened.kind)) {
      return arm(connection.id, opened, await tokens.open(connection))
    }
    const ready = keys.get(opened) ?? makeKey(opened, now)
    keys.set(opened, ready)
    return ready
  }

  const ofUpstream = createUpstreamCredentials()
  return (connection: ConnectionSnapshot): ReadyCredential | Promise<ReadyCredential> => {
    if (connection.credentialKind === 'upstream') {
      const secrets = upstreamSecrets(connection)
      return secrets instanceof Promise ? secrets.then(ofUpstream) : ofUpstream(secrets)
    }
    const opened = opener.peek(connection)
    return (opened && keys.get(opened)) ?? open(connection)
  }
}

/** Nothing goes on: the connection to the upstream was opened with all of it. A scrubber is made once for each list. */
function createUpstreamCredentials() {
  const made = new WeakMap<readonly string[], ReadyCredential>()
  return (secrets: readonly string[]): ReadyCredential => {
    const known = made.get(secrets)
    if (known !== undefined) return known
    const ready = { put: { headers: [], query: [] }, scrubber: createScrubber(secrets) }
    made.set(secrets, ready)
    return ready
  }
}

function makeKey(opened: OpenedCredential, now: () => number): ReadyCredential {
  const { sign } = opened
  const scrubber = createScrubber(opened.secrets)
  if (opened.ofCaller !== undefined) throw noCredentialToTry()
  if (sign === undefined) return { put: opened, scrubber }
  return {
    put: opened,
    scrubber,
    sign(request) {
      const { headers, signature } = sign(request, now())
      return {
        put: { headers, query: [] },
        scrubber: joinScrubbers(scrubber, createScrubber([signature])),
      }
    },
  }
}
