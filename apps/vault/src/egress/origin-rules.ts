import { isIP } from 'node:net'
import type { AddressRules } from './address-rules.ts'

/** What an origin means for the socket: where to dial, and how strict to be about the address. */
export interface DialTarget {
  readonly origin: string
  readonly isTls: boolean
  /** A DNS name, or an address without brackets. */
  readonly hostname: string
  readonly port: number
  readonly isLiteral: boolean
  /** Every address must be in the operator's ranges: being public is not enough. */
  readonly listedOnly: boolean
}

/**
 * Says whether an owner may name an origin: `true`, or a sentence that says why not. Over https a DNS name always may
 * (its addresses are checked at each connection); plain http and IP addresses only inside the operator's ranges.
 */
export function checkOrigin(origin: string, rules: AddressRules): true | string {
  const target = readOrigin(origin)
  if (typeof target === 'string') return target
  if (target.isLiteral) {
    if (rules.isListed(target.hostname)) return true
    return 'An origin with an IP address is possible only inside the ranges that the operator listed in SALLYPORT_EGRESS_ALLOW_CIDRS; use the name of the host.'
  }
  if (isThisMachine(target.hostname) && !loopbacks.some(rules.isListed)) {
    return 'An origin on this machine itself is possible only where the operator listed its address in SALLYPORT_EGRESS_ALLOW_CIDRS.'
  }
  if (target.isTls || rules.hasListed) return true
  return 'An origin with http: is possible only inside the ranges that the operator listed in SALLYPORT_EGRESS_ALLOW_CIDRS; use https:.'
}

/** The addresses that a name of this machine leads to. */
export const loopbacks = ['127.0.0.1', '::1']

/** RFC 6761 §6.3. */
export const isThisMachine = (hostname: string): boolean => /(?:^|\.)localhost$/.test(hostname)

/** Reads an origin in the form that the WHATWG URL standard writes; anything that needed repair is a sentence. */
export function readOrigin(origin: string): DialTarget | string {
  const url = URL.canParse(origin) ? new URL(origin) : undefined
  if (url === undefined || url.origin !== origin) {
    return 'An origin is a scheme, a host and perhaps a port, such as https://api.example.com.'
  }
  if (url.protocol !== 'https:' && url.protocol !== 'http:') {
    return 'An origin begins with https: (or http:, where the operator allows it).'
  }
  const isTls = url.protocol === 'https:'
  const hostname = url.hostname.replace(/^\[|\]$/g, '')
  const isLiteral = isIP(hostname) !== 0
  if (!isLiteral && !isDnsName(hostname)) return 'The host of an origin is a DNS name.'
  const port = url.port === '' ? (isTls ? 443 : 80) : Number(url.port)
  if (port === 0) return 'The port of an origin is between 1 and 65535.'
  return { origin, isTls, hostname, port, isLiteral, listedOnly: isLiteral || !isTls }
}

/** RFC 1035 lengths and letters, with the underscore that some hosts use; no trailing dot, since certificates have none. */
export function isDnsName(hostname: string): boolean {
  if (hostname.length > 253) return false
  return hostname
    .split('.')
    .every((label) => /^[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?$/.test(label))
}
