import { lookup } from 'node:dns/promises'
import { connect as connectTcp, type LookupFunction, type Socket } from 'node:net'
import {
  connect as connectTls,
  createSecureContext,
  rootCertificates,
  type SecureContext,
} from 'node:tls'
import { Problem } from '@sallyport/contracts'
import { type AddressRules, isSameAddress } from './address-rules.ts'
import type { DialTarget } from './origin-rules.ts'
import { connectProblem } from './upstream-problem.ts'

/** Asks for all addresses of a name, in the order in which to try them. */
export type Resolve = (hostname: string) => Promise<readonly { readonly address: string }[]>

/** Opens one connection to the host of an origin, or rejects with a problem. */
export type Connect = (target: DialTarget, signal: AbortSignal) => Promise<Socket>

/** The addresses of one name that are tried before giving up. */
const attemptsMax = 4
/** More answers than this are no honest answer. */
const answersMax = 256
const socketBufferBytes = 64 * 1024
const tcpKeepAliveMs = 60_000

/** Asks the system's resolver: /etc/hosts, then DNS, sorted by RFC 6724. */
export const resolveBySystem: Resolve = (hostname) =>
  lookup(hostname, { all: true, verbatim: true })

/**
 * Makes the one function that opens sockets to upstreams (S-16, S-17): all addresses of the name are asked for once, one
 * address that is not allowed fails the whole, an allowed one is dialled as an address, so that nothing is resolved a
 * second time, and the connected socket's peer is compared with it. Certificates are always verified, TLS 1.2 or newer.
 */
export function createConnect(options: {
  rules: AddressRules
  resolve: Resolve
  resolveMs: number
  connectMs: number
  /** Further certificate authorities, PEM. */
  extraCa: readonly string[]
}): Connect {
  const { rules, connectMs } = options
  const resolveOnce = createSharedResolve(options.resolve, options.resolveMs)
  let madeContext: SecureContext | undefined
  // Made with the first connection that needs it: reading all authorities takes a while.
  const secureContext = () => {
    madeContext ??= createSecureContext({
      minVersion: 'TLSv1.2',
      ...(options.extraCa.length > 0 && { ca: [...rootCertificates, ...options.extraCa] }),
    })
    return madeContext
  }

  function open(target: DialTarget, address: string): Socket {
    const base = {
      host: address,
      port: target.port,
      highWaterMark: socketBufferBytes,
      autoSelectFamily: false,
      lookup: refuseLookup,
    }
    if (!target.isTls) return connectTcp(base)
    return connectTls({
      ...base,
      secureContext: secureContext(),
      rejectUnauthorized: true, // said aloud: NODE_TLS_REJECT_UNAUTHORIZED must not switch it off
      ALPNProtocols: ['http/1.1'],
      ...(!target.isLiteral && { servername: target.hostname }),
    })
  }

  async function dial(target: DialTarget, address: string, limits: DialLimits): Promise<Socket> {
    const socket = open(target, address)
    socket.on('error', () => {}) // between two listeners an error must find one, or it ends the process
    const check = (): Problem | undefined => {
      const peer = socket.remoteAddress
      // It hung up between the handshake and this look: nobody is there, which says nothing about the address.
      if (peer === undefined) return connectProblem('ECONNRESET')
      const isTheOne = isSameAddress(peer, address) && isAllowed(rules, target, peer)
      return isTheOne ? undefined : addressRefused()
    }
    await connected(socket, { ...limits, check, isTls: target.isTls })
    socket.setNoDelay(true)
    socket.setKeepAlive(true, tcpKeepAliveMs)
    return socket
  }

  return async (target, signal) => {
    const answers = target.isLiteral
      ? [{ address: target.hostname }]
      : await resolveOnce(target.hostname)
    if (answers.length === 0 || answers.length > answersMax) throw connectProblem('ENOTFOUND')
    if (answers.some(({ address }) => !isAllowed(rules, target, address))) throw addressRefused()
    const attempts = answers.slice(0, attemptsMax)
    let failure: unknown
    for (const { address } of attempts) {
      if (signal.aborted) throw new Problem('request-stopped', 'The request was stopped.')
      try {
        return await dial(target, address, { timeoutMs: connectMs / attempts.length, signal })
      } catch (error) {
        failure = error
      }
    }
    throw failure
  }
}

function isAllowed(rules: AddressRules, target: DialTarget, address: string): boolean {
  return target.listedOnly ? rules.isListed(address) : rules.mayDial(address)
}

/** Does not name the address: what a private name resolves to is nothing for an agent to learn. */
function addressRefused(): Problem {
  return new Problem(
    'address-refused',
    'The host has an address that this vault does not connect to.',
    {
      next: 'If the host is meant to be reached, the operator adds its range to SALLYPORT_EGRESS_ALLOW_CIDRS.',
    },
  )
}

/** Never called while the host is an address; should that ever change, the connection fails instead of going elsewhere. */
const refuseLookup: LookupFunction = (_name, _options, done) => {
  done(new Error('An upstream is only ever dialled by address'), '')
}

/**
 * Lets connections that are being opened to one name at the same time share one question, answered or given up in
 * `timeoutMs`. getaddrinfo occupies a thread of few until the system gives up: a name that hangs must hold only one.
 */
function createSharedResolve(resolve: Resolve, timeoutMs: number): Resolve {
  const running = new Map<string, ReturnType<Resolve>>()
  return async (hostname) => {
    const shared = running.get(hostname) ?? resolve(hostname)
    if (!running.has(hostname)) {
      running.set(hostname, shared)
      const forget = () => running.delete(hostname)
      shared.then(forget, forget)
    }
    try {
      return await within(shared, timeoutMs)
    } catch (error) {
      throw connectProblem(error)
    }
  }
}

async function within<T>(work: Promise<T>, timeoutMs: number): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined
  const expired = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(connectProblem('UND_ERR_CONNECT_TIMEOUT')), timeoutMs)
  })
  try {
    return await Promise.race([work, expired])
  } finally {
    clearTimeout(timer)
  }
}

interface DialLimits {
  readonly timeoutMs: number
  readonly signal: AbortSignal
}

/** Waits until the socket stands and its peer was checked: at the TCP handshake, before any byte of ours. */
function connected(
  socket: Socket,
  limits: DialLimits & { check: () => Problem | undefined; isTls: boolean },
): Promise<void> {
  return new Promise((resolve, reject) => {
    const fail = (error: Problem) => {
      settle()
      socket.destroy()
      reject(error)
    }
    const onAbort = () => fail(new Problem('request-stopped', 'The request was stopped.'))
    const onError = (error: Error) => fail(connectProblem(error))
    const onClose = () => fail(connectProblem('ECONNRESET'))
    const onConnect = () => {
      const wrong = limits.check()
      if (wrong !== undefined) fail(wrong)
      else if (!limits.isTls) done()
    }
    const done = () => {
      settle()
      resolve()
    }
    const timer = setTimeout(
      () => fail(connectProblem('UND_ERR_CONNECT_TIMEOUT')),
      limits.timeoutMs,
    )
    const settle = () => {
      clearTimeout(timer)
      limits.signal.removeEventListener('abort', onAbort)
      socket.off('connect', onConnect).off('secureConnect', done)
      socket.off('error', onError).off('close', onClose)
    }
    limits.signal.addEventListener('abort', onAbort)
    socket.on('connect', onConnect).on('error', onError).on('close', onClose)
    if (limits.isTls) socket.on('secureConnect', done)
  })
}
