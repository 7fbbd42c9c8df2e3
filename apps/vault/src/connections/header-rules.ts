import { isForbiddenRequestHeader } from '../execute/request-headers.ts'
import { isForbiddenResponseHeader } from '../execute/response-headers.ts'

// Which headers an owner may name. The request path decides again for each request, by the same lists.

/** Credentials travel in these, so an owner may put one there though an agent never may. */
const credentialHeaders: ReadonlySet<string> = new Set(['authorization', 'cookie'])

/** Why a credential may not travel in this header; undefined where it may. */
export function faultOfCredentialHeader(name: string): string | undefined {
  const lower = name.toLowerCase()
  // Cloudflare Access authenticates by CF-Access-Client-Id and -Secret; the other cf-* headers say who asks.
  const carriesCredentials = credentialHeaders.has(lower) || lower.startsWith('cf-access-')
  const fits = carriesCredentials || !isForbiddenRequestHeader(lower)
  return fits && lower !== 'content-type'
    ? undefined
    : 'must not be a header that frames, routes or overrides a request'
}

/** Why agents may not send this header beside the usual ones; undefined where they may. */
export function faultOfExtraRequestHeader(name: string): string | undefined {
  return isForbiddenRequestHeader(name)
    ? `must not name ${name.toLowerCase()}, which agents never send or which the vault sets itself`
    : undefined
}

/** Why agents may not see this header beside the usual ones; undefined where they may. */
export function faultOfExtraResponseHeader(name: string): string | undefined {
  return isForbiddenResponseHeader(name)
    ? `must not name ${name.toLowerCase()}, which agents never see`
    : undefined
}
