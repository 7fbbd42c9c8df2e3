// Where metadata are looked for, in the order that MCP and the RFCs give. Pure: nothing is asked here.

const resourcePart = '/.well-known/oauth-protected-resource'

/** RFC 9728 §3.1: the well-known part before the server’s path, then without a path. */
export function resourceMetadataUrls(serverUrl: string): string[] {
  const { origin, pathname } = new URL(serverUrl)
  return unique([`${origin}${resourcePart}${pathOf(pathname)}`, `${origin}${resourcePart}`])
}

/** RFC 8414 §3.1 and OpenID Connect Discovery §4, as MCP orders them. */
export function serverMetadataUrls(issuer: string): string[] {
  const { origin, pathname } = new URL(issuer)
  const path = pathOf(pathname)
  return unique([
    `${origin}/.well-known/oauth-authorization-server${path}`,
    `${origin}/.well-known/openid-configuration${path}`,
    `${origin}${path}/.well-known/openid-configuration`,
  ])
}

/** A slash at its end is no part of it. */
const pathOf = (pathname: string): string => pathname.replace(/\/$/, '')

const unique = (urls: readonly string[]): string[] => [...new Set(urls)]
