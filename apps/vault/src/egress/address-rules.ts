import ipaddr from 'ipaddr.js'

/** A range of addresses: its first address and the length of its prefix in bits. */
export type Cidr = readonly [ipaddr.IPv4 | ipaddr.IPv6, number]

/**
 * The IANA special-purpose registries (RFC 6890 and its successors), and what clouds keep inside public space.
 * ipaddr.js knows most of them; the list stands here whole, so that no update of a library can open one.
 */
const specialRanges: readonly Cidr[] = [
  '0.0.0.0/8',
  '10.0.0.0/8',
  '100.64.0.0/10', // carrier-grade NAT, and Alibaba's metadata service
  '127.0.0.0/8',
  '169.254.0.0/16',
  '172.16.0.0/12',
  '192.0.0.0/24', // IETF protocol assignments, and Oracle's metadata service
  '192.0.2.0/24',
  '192.31.196.0/24',
  '192.52.193.0/24',
  '192.88.99.0/24', // 6to4 relays
  '192.168.0.0/16',
  '192.175.48.0/24',
  '198.18.0.0/15', // benchmarking
  '198.51.100.0/24',
  '203.0.113.0/24',
  '224.0.0.0/4',
  '240.0.0.0/4',
  '168.63.129.16/32', // Azure's host agent answers here from inside a virtual machine
  '2001::/23', // IETF protocol assignments: Teredo, benchmarking, ORCHID and others
  '2001:db8::/32',
  '2002::/16', // 6to4 carries an IPv4 address that nobody checked
  '2620:4f:8000::/48',
  '3fff::/20',
].map((text) => ipaddr.parseCIDR(text))

/**
 * All of IPv6 that is routed today. Everything else is refused whole: loopback, mapped, compatible and translated IPv4,
 * NAT64, discard-only, SRv6 (5f00::/16), unique local, link local, site local, multicast, and what is not yet assigned.
 */
const globalUnicast6: Cidr = ipaddr.parseCIDR('2000::/3')

/** Says which addresses may be dialled. Built once from the operator's ranges. */
export interface AddressRules {
  /** Whether an address may be dialled: not denied, and public or in the operator's ranges. Text that is no address: never. */
  mayDial(address: string): boolean
  /** Whether an address is in the operator's ranges, and not denied. Plain http and literal origins need this. */
  isListed(address: string): boolean
  /** Whether the operator listed any range at all. */
  readonly hasListed: boolean
}

/**
 * Reads one range such as `10.20.0.0/16`; a single address stands for itself.
 * @throws RangeError with a sentence that says what is wrong with the text
 */
export function parseCidr(text: string): Cidr {
  const slash = text.indexOf('/')
  const address = parseAddress(slash < 0 ? text : text.slice(0, slash))
  if (address === undefined) {
    throw new RangeError(
      `"${text}" is not a range of addresses; write one such as 10.20.0.0/16 or fd12::/16`,
    )
  }
  const bitsMax = address.kind() === 'ipv4' ? 32 : 128
  const prefix = slash < 0 ? String(bitsMax) : text.slice(slash + 1)
  const bits = /^(?:0|[1-9]\d{0,2})$/.test(prefix) ? Number(prefix) : -1
  if (bits < 0 || bits > bitsMax) {
    throw new RangeError(`"${text}" has no prefix length between 0 and ${bitsMax} after the slash`)
  }
  const first = firstOf(address, bits)
  if (first !== address.toString()) {
    throw new RangeError(`"${text}" has bits set behind its prefix; write ${first}/${bits}`)
  }
  return [address, bits]
}

/**
 * Makes the rules from the operator's ranges. What is denied stays denied inside an allowed range.
 * @throws RangeError for text that is not a range, and for an allowed range that is the whole of an address family
 */
export function createAddressRules(options: {
  allowCidrs: readonly string[]
  denyCidrs: readonly string[]
}): AddressRules {
  const allowed = options.allowCidrs.map(parseCidr)
  const denied = options.denyCidrs.map(parseCidr)
  if (allowed.some(([, bits]) => bits === 0)) {
    throw new RangeError('A range that holds every address may not be allowed; name the ranges')
  }
  const isListed = (address: ipaddr.IPv4 | ipaddr.IPv6) =>
    isInside(address, allowed) && !isInside(address, denied)
  return {
    hasListed: allowed.length > 0,
    isListed: (text) => {
      const address = parseAddress(text)
      return address !== undefined && isListed(address)
    },
    mayDial: (text) => {
      const address = parseAddress(text)
      if (address === undefined || isInside(address, denied)) return false
      return isListed(address) || isPublic(address)
    },
  }
}

/** Whether two texts name the same address; false where one is not an address. */
export function isSameAddress(one: string, other: string): boolean {
  const first = parseAddress(one)
  const second = parseAddress(other)
  return first !== undefined && second !== undefined && first.toString() === second.toString()
}

/** Strict: four decimal parts without leading zeros, or IPv6 without a zone; what inet_aton would guess at is no address. */
function parseAddress(text: string): ipaddr.IPv4 | ipaddr.IPv6 | undefined {
  if (text.includes(':')) {
    if (text.includes('%') || !ipaddr.IPv6.isValid(text)) return undefined
    return ipaddr.IPv6.parse(text)
  }
  if (!/^(?:(?:0|[1-9]\d{0,2})(?:\.(?!$)|$)){4}$/.test(text) || !ipaddr.IPv4.isValid(text)) {
    return undefined
  }
  return ipaddr.IPv4.parse(text)
}

function isPublic(address: ipaddr.IPv4 | ipaddr.IPv6): boolean {
  if (address.kind() === 'ipv6' && !isInside(address, [globalUnicast6])) return false
  return address.range() === 'unicast' && !isInside(address, specialRanges)
}

function isInside(address: ipaddr.IPv4 | ipaddr.IPv6, ranges: readonly Cidr[]): boolean {
  return ranges.some(
    ([first, bits]) => first.kind() === address.kind() && address.match(first, bits),
  )
}

function firstOf(address: ipaddr.IPv4 | ipaddr.IPv6, bits: number): string {
  const bytes = address.toByteArray()
  const masked = bytes.map((byte, i) => byte & (0xff00 >> Math.min(8, Math.max(0, bits - 8 * i))))
  return ipaddr.fromByteArray(masked.map((byte) => byte & 0xff)).toString()
}
