import { isIP, type Socket } from 'node:net'
import { rootCertificates } from 'node:tls'
import { Problem } from '@sallyport/contracts'
import type { AddressRules } from './address-rules.ts'
import type { Connect } from './connect.ts'
import { type DialTarget, isDnsName, isThisMachine, loopbacks } from './origin-rules.ts'

/** Where a database listens, and whether what is said to it is in the clear. */
export interface DatabaseHost {
  readonly host: string
  readonly port: number
  /** Its driver puts verified TLS upon the socket before it says anything that is secret. */
  readonly isTls: boolean
}

/** Sockets for the drivers of databases. */
export interface DatabaseDial {
  /** Whether an owner may name a host: true, or a sentence that says why not. */
  mayDial(host: Omit<DatabaseHost, 'port'>): true | string
  /**
   * Opens a TCP connection to an address that was checked (S-16, S-17), on which nothing was said yet. It ends with the signal.
   * @throws Problem address-refused, upstream-unreachable, upstream-timeout, request-stopped
   */
  dial(host: DatabaseHost, signal: AbortSignal): Promise<Socket>
  /** What the certificates of databases are verified with; undefined: what Node trusts. */
  readonly ca: readonly string[] | undefined
}

/** Makes the sockets for drivers of databases, which look up no name and open no socket themselves. */
export function createDatabaseDial(needs: {
  readonly rules: AddressRules
  readonly connect: Connect
  readonly extraCa: readonly string[]
  readonly isClosed: () => boolean
  /** Those that are open: whoever closes the room destroys them. */
  readonly sockets: Set<Socket>
}): DatabaseDial {
  const { rules, sockets, extraCa } = needs
  return {
    mayDial: (host) => checkHost(host, rules),
    async dial(host, signal) {
      const allowed = checkHost(host, rules)
      if (allowed !== true) throw new Problem('address-refused', allowed)
      if (needs.isClosed()) throw new Problem('request-stopped', 'The vault is stopping.')
      const socket = await needs.connect(targetOf(host), signal)
      sockets.add(socket)
      const cut = () => socket.destroy()
      signal.addEventListener('abort', cut)
      socket.once('close', () => {
        sockets.delete(socket)
        signal.removeEventListener('abort', cut)
      })
      if (signal.aborted || needs.isClosed()) cut()
      return socket
    },
    ca: extraCa.length > 0 ? [...rootCertificates, ...extraCa] : undefined,
  }
}

/** As of an origin: names over TLS always (their addresses are checked when dialled), all else in the operator's ranges. */
function checkHost({ host, isTls }: Omit<DatabaseHost, 'port'>, rules: AddressRules) {
  const name = host.toLowerCase()
  if (isIP(name) !== 0) {
    if (rules.isListed(name)) return true
    return 'A database by its IP address is possible only inside the ranges that the operator listed in SALLYPORT_EGRESS_ALLOW_CIDRS; use its name.'
  }
  if (!isDnsName(name) || endsInNumber.test(name)) return 'The host of a database is a DNS name.'
  if (isThisMachine(name) && !loopbacks.some(rules.isListed)) {
    return 'A database on this machine itself is possible only where the operator listed its address in SALLYPORT_EGRESS_ALLOW_CIDRS.'
  }
  if (isTls || rules.hasListed) return true
  return 'A database in the clear is possible only inside the ranges that the operator listed in SALLYPORT_EGRESS_ALLOW_CIDRS; use TLS.'
}

/** `2130706433` and `127.1` are addresses in other words, which resolvers read as such; no name ends so (WHATWG URL §3.5). */
const endsInNumber = /(?:^|\.)(?:\d+|0x[\da-f]*)\.?$/

/** Plain to begin with: both protocols say something before TLS begins. */
function targetOf({ host, port, isTls }: DatabaseHost): DialTarget {
  const hostname = host.toLowerCase()
  const isLiteral = isIP(hostname) !== 0
  const origin = `sql://${hostname}:${port}`
  return { origin, hostname, port, isLiteral, isTls: false, listedOnly: isLiteral || !isTls }
}
