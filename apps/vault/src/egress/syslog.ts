import { isIP, type Socket } from 'node:net'
import { connect as connectTls, rootCertificates } from 'node:tls'
import { Problem } from '@sallyport/contracts'
import type { SyslogServer, SyslogTransport } from '../audit-streams/senders/syslog.ts'
import type { AddressRules } from './address-rules.ts'
import type { Connect } from './connect.ts'
import { type DialTarget, isDnsName, isThisMachine, loopbacks } from './origin-rules.ts'
import { connectProblem, invalidResponse, timeoutProblem } from './upstream-problem.ts'

type Server = Pick<SyslogServer, 'host' | 'tls'>

/**
 * Syslog over the sockets of this room: the address that was checked is the one that is dialled (S-16, S-17), and the TLS upon
 * it is verified against the host's name. Syslog answers nothing: that a server took what was written is known by its hanging up
 * after us, which it does once it has read to the end.
 */
export function createSyslogTransport(needs: {
  readonly rules: AddressRules
  readonly connect: Connect
  readonly extraCa: readonly string[]
  readonly isClosed: () => boolean
  /** Those that are open: whoever closes the room destroys them. */
  readonly sockets: Set<Socket>
}): SyslogTransport {
  const { rules, sockets } = needs
  return {
    mayUse: (server) => checkServer(server, rules),

    async send(server, bytes, signal) {
      const allowed = checkServer(server, rules)
      if (allowed !== true) throw new Problem('address-refused', allowed)
      if (needs.isClosed()) throw stopped()
      const socket = await needs.connect(targetOf(server), signal)
      sockets.add(socket)
      const cut = () => socket.destroy()
      signal.addEventListener('abort', cut)
      try {
        if (signal.aborted || needs.isClosed()) throw stopped()
        const speaking = server.tls ? secure(server, socket, needs.extraCa) : socket
        await writeToEnd(speaking, bytes)
      } catch (error) {
        if (signal.aborted) throw timeoutProblem()
        if (needs.isClosed()) throw stopped()
        throw error
      } finally {
        signal.removeEventListener('abort', cut)
        sockets.delete(socket)
        socket.destroy()
      }
    },
  }
}

const stopped = () => new Problem('request-stopped', 'The vault is stopping.')

/** As of an origin: names over TLS always (their addresses are checked when dialled), all else in the operator's ranges. */
function checkServer({ host, tls }: Server, rules: AddressRules): true | string {
  const name = host.toLowerCase()
  if (isIP(name) !== 0) {
    if (rules.isListed(name)) return true
    return 'A syslog server by its IP address is possible only inside the ranges that the operator listed in SALLYPORT_EGRESS_ALLOW_CIDRS; use its name.'
  }
  if (!isDnsName(name) || endsInNumber.test(name)) {
    return 'The host of a syslog server is a DNS name.'
  }
  if (isThisMachine(name) && !loopbacks.some(rules.isListed)) {
    return 'A syslog server on this machine itself is possible only where the operator listed its address in SALLYPORT_EGRESS_ALLOW_CIDRS.'
  }
  if (tls || rules.hasListed) return true
  return 'Syslog in the clear is possible only inside the ranges that the operator listed in SALLYPORT_EGRESS_ALLOW_CIDRS; use TLS.'
}

/** `127.1` is an address in other words, which resolvers read as such; no name ends so (WHATWG URL §3.5). */
const endsInNumber = /(?:^|\.)(?:\d+|0x[\da-f]*)\.?$/

/** Plain to begin with: TLS is put upon it here, which offers no protocol of HTTP. */
function targetOf({ host, port, tls }: SyslogServer): DialTarget {
  const hostname = host.toLowerCase()
  const isLiteral = isIP(hostname) !== 0
  const origin = `syslog://${hostname}:${port}`
  return { origin, hostname, port, isLiteral, isTls: false, listedOnly: isLiteral || !tls }
}

function secure({ host }: SyslogServer, socket: Socket, extraCa: readonly string[]): Socket {
  const name = host.toLowerCase()
  return connectTls({
    socket,
    minVersion: 'TLSv1.2',
    rejectUnauthorized: true, // said aloud: NODE_TLS_REJECT_UNAUTHORIZED must not switch it off
    ...(isIP(name) === 0 ? { servername: name } : { host: name }),
    ...(extraCa.length > 0 && { ca: [...rootCertificates, ...extraCa] }),
  })
}

/** What a syslog server may say: it says nothing. */
const answerBytesMax = 16 * 1024

/** Writes, ends, and waits for the other side's end: bytes that a dead machine's kernel took were not taken. */
function writeToEnd(socket: Socket, bytes: Uint8Array): Promise<void> {
  return new Promise((resolve, reject) => {
    let isEnded = false
    socket.once('error', (error: NodeJS.ErrnoException) => reject(problemOf(error)))
    socket.once('end', () => {
      isEnded = true
    })
    socket.once('close', () => {
      if (isEnded && socket.writableFinished) resolve()
      else reject(connectProblem('ECONNRESET'))
    })
    // What it says is of no matter, but its end is seen only by reading.
    let answered = 0
    socket.on('data', (bytes: Uint8Array) => {
      answered += bytes.length
      if (answered <= answerBytesMax) return
      reject(invalidResponse('The syslog server talks, which syslog servers do not.'))
      socket.destroy()
    })
    socket.end(bytes)
  })
}

function problemOf({ code }: NodeJS.ErrnoException): Problem {
  return connectProblem(code ?? 'ECONNRESET')
}
