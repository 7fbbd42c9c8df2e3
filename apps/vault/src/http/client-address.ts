import ipaddr from 'ipaddr.js'

/**
 * Finds the client's address: the peer, or, while the peer is a trusted proxy, the next address to the left in
 * X-Forwarded-For. What an untrusted peer claims is never read.
 */
export function createClientAddress(trustedProxies: readonly string[]) {
  const ranges = trustedProxies.map(parseRange)
  const isTrusted = (address: string) => {
    if (!ipaddr.isValid(address)) return false
    const parsed = ipaddr.process(address)
    return ranges.some(([base, bits]) => base.kind() === parsed.kind() && parsed.match(base, bits))
  }
  return (peer: string, forwardedFor: string | undefined): string => {
    if (forwardedFor === undefined || !isTrusted(peer)) return peer
    const hops = forwardedFor.split(',').map((hop) => hop.trim())
    for (const hop of hops.toReversed()) {
      if (!ipaddr.isValid(hop)) return peer
      if (!isTrusted(hop)) return hop
    }
    return hops[0] ?? peer
  }
}

/** Parses `10.0.0.0/8` or `10.0.0.1`; throws a RangeError that names the text. */
function parseRange(text: string): [ipaddr.IPv4 | ipaddr.IPv6, number] {
  if (ipaddr.isValidCIDR(text)) return ipaddr.parseCIDR(text)
  if (!ipaddr.isValid(text)) {
    throw new RangeError(`SALLYPORT_TRUSTED_PROXIES: ${text} is neither an address nor a range`)
  }
  const address = ipaddr.process(text)
  return [address, address.kind() === 'ipv4' ? 32 : 128]
}
