/** Pages that take the connection which was made for them from their address. */
const takers = [/^\/welcome$/, /^\/capability-requests\/[^/]+$/]

/** The path of a page to go back to after something was connected; the pages that ask for a connection are told which it is. */
export function returnPath(path: string, connectionId: string): string {
  const url = new URL(path, 'https://vault.invalid')
  if (!takers.some((taker) => taker.test(url.pathname))) return path
  url.searchParams.set('connectionId', connectionId)
  return `${url.pathname}${url.search}${url.hash}`
}
