import type { Context } from 'hono'
import { getCookie } from 'hono/cookie'

/** What a cookie carries and when it ends (ms since the epoch): a session, or a sign-in under way. */
export interface SessionCookie {
  readonly value: string
  readonly expiresAtMs: number
}

/**
 * The session's cookie: `__Host-` and `Secure` where the public URL has TLS, neither on plain-HTTP loopback. There, whatever
 * else serves pages on this machine can set a cookie of this name for a longer path, which browsers send first: two of them
 * are none, so that nobody goes on in a session that somebody else chose.
 */
export const createSessionCookie = (secure: boolean) => createCookie('sallyport', secure)

/** The cookie of a sign-in at the organisation's provider: by it the browser is known again that began it. */
export const createFlowCookie = (secure: boolean) => createCookie('sallyport-sign-in', secure)

function createCookie(plainName: string, secure: boolean) {
  const name = secure ? `__Host-${plainName}` : plainName
  const attributes = `Path=/; HttpOnly; SameSite=Strict${secure ? '; Secure' : ''}`
  return {
    read: (c: Context): string | undefined =>
      isSentOnce(c.req.header('cookie'), name) ? getCookie(c, name) : undefined,
    set: (session: SessionCookie): string =>
      `${name}=${session.value}; ${attributes}; Expires=${new Date(session.expiresAtMs).toUTCString()}`,
    clear: (): string => `${name}=; ${attributes}; Max-Age=0`,
  }
}

const isSentOnce = (header: string | undefined, name: string) =>
  header?.split(';').filter((pair) => pair.split('=', 1)[0]?.trim() === name).length === 1

export type SessionCookies = ReturnType<typeof createSessionCookie>
