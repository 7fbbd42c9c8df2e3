import { callerCredentialHeader } from '@sallyport/contracts'
import type { Context } from 'hono'
import type { SessionCookies } from './session-cookie.ts'

/** Where a request came from, as far as it is told. */
export interface RequestSource {
  /** The address of the client, believed as far as the trusted proxies go. */
  readonly address: string
  /** The session that the browser had until now, good or not. */
  readonly cookie: string | undefined
  /** The cookie of a sign-in at the organisation's provider that was begun in this browser. */
  readonly flowCookie: string | undefined
  readonly userAgent: string | undefined
  /** By what name the vault was reached. */
  readonly host: string | undefined
  /** The header of the caller's own credentials: never log, store or answer it. */
  readonly passed: string | undefined
}

interface SourceNeeds {
  readonly clientAddress: (c: Context) => string
  readonly auth: { readonly cookies: SessionCookies; readonly flowCookies: SessionCookies }
}

/** Reads where a request came from. */
export const sourceOf = (c: Context, { clientAddress, auth }: SourceNeeds): RequestSource => ({
  address: clientAddress(c),
  cookie: auth.cookies.read(c),
  flowCookie: auth.flowCookies.read(c),
  userAgent: c.req.header('user-agent'),
  host: c.req.header('host'),
  passed: c.req.header(callerCredentialHeader),
})
