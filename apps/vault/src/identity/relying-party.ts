import { Problem } from '@sallyport/contracts'
import ipaddr from 'ipaddr.js'

/** Whom a passkey is for (WebAuthn §4): a domain, and the one origin whose pages may use it. */
export interface RelyingParty {
  readonly id: string
  readonly origin: string
}

export interface RelyingPartyNeeds {
  /** The vault's public URL without trailing slash. */
  readonly issuer: () => string
  /** Where people open its pages; another one than the public URL only on loopback. */
  readonly pagesUrl: () => string
}

/** Tells whether and for whom there can be passkeys. */
export interface RelyingParties {
  /**
   * The vault's, for somebody who reached it by the name `host` (a `Host` header): undefined where that can have none. Without
   * a host: the vault's in any case.
   */
  at(host?: string): RelyingParty | undefined
  /** The same, where there has to be one. Problem: `passkey-refused`. */
  require(host?: string): RelyingParty
}

/** Passkeys belong to a domain, never to an IP address, and browsers use them over TLS and on localhost alone. */
export function createRelyingParties({ issuer, pagesUrl }: RelyingPartyNeeds): RelyingParties {
  function at(host?: string): RelyingParty | undefined {
    const { protocol, hostname, host: own, origin } = new URL(pagesUrl())
    if (isAddress(hostname)) return undefined
    const isLocal = hostname === 'localhost' || hostname.endsWith('.localhost')
    if (protocol !== 'https:' && !isLocal) return undefined
    // A proxy may call the vault whatever it likes; but who came to 127.0.0.1 is not on the pages of localhost.
    if (host !== undefined && pagesUrl() !== issuer() && host !== own) return undefined
    return { id: hostname, origin }
  }
  return {
    at,
    require(host) {
      const party = at(host)
      if (party !== undefined) return party
      throw new Problem('passkey-refused', 'Passkeys cannot be used at this address.', {
        next:
          at() === undefined
            ? 'The operator can give the vault a name with TLS (SALLYPORT_PUBLIC_URL); until then, use your password.'
            : `Open ${pagesUrl()} in place of this address, or use your password.`,
      })
    },
  }
}

const isAddress = (hostname: string) => ipaddr.isValid(hostname.replaceAll(/^\[|\]$/g, ''))
