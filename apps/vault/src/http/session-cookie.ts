import type { Context } from 'hono'
import { getCookie } from 'hono/cookie'

/** A session that was begun or renewed: what the cookie carries and when it ends (ms since the epoch). */
export interface SessionCookie {
  readonly value: string
  readonly expiresAtMs: number
}

/** The session's cookie: `__Host-` and `Secure` where the public URL has TLS, neither on plain-HTTP loopback. */
export function createSessionCookie(secure: boolean) {
  const name = secure ? '__Host-sallyport' : 'sallyport'
  const attributes = `Path=/; HttpOnly; SameSite=Strict${secure ? '; Secure' : ''}`
  return {
    read: (c: Context): string | undefined => getCookie(c, name),
    set: (session: SessionCookie): string =>
      `${name}=${session.value}; ${attributes}; Expires=${new Date(session.expiresAtMs).toUTCString()}`,
    clear: (): string => `${name}=; ${attributes}; Max-Age=0`,
  }
}
export type SessionCookies = ReturnType<typeof createSessionCookie>
