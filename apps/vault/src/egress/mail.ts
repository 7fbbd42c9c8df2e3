import { isIP, type Socket } from 'node:net'
import { Problem } from '@sallyport/contracts'
import type nodemailer from 'nodemailer'
import type {
  Mail,
  MailAnswer,
  MailServerSettings,
  MailTransport,
} from '../notify/mail-transport.ts'
import type { AddressRules } from './address-rules.ts'
import type { Connect } from './connect.ts'
import { type DialTarget, isDnsName, isThisMachine, loopbacks } from './origin-rules.ts'
import { connectProblem, invalidResponse, timeoutProblem } from './upstream-problem.ts'

/** A server that says nothing for as long is given up; the caller's signal bounds the whole. */
const silenceMsMax = 10_000
const greetingMsMax = 8_000
/** No honest answer to a command of ours is longer. */
const answerBytesMax = 64 * 1024
const saidCharsMax = 500

interface ExtraCa {
  readonly extraCa: readonly string[]
}
type Server = Pick<MailServerSettings, 'host' | 'port' | 'security'>

/**
 * Mail over the sockets of this room: the address that was checked is the one that is dialled (S-16, S-17), and the TLS upon it
 * is verified against the host's name, from the first byte or after STARTTLS, as the owner chose. nodemailer speaks SMTP and writes
 * the mail; it looks up no name, opens no socket, and reads no file and no URL.
 */
export function createMailTransport(needs: {
  readonly rules: AddressRules
  readonly connect: Connect
  readonly extraCa: readonly string[]
  readonly isClosed: () => boolean
  /** Those that are open: whoever closes the room destroys them. */
  readonly sockets: Set<Socket>
}): MailTransport {
  const { rules, sockets } = needs

  async function dial(server: MailServerSettings, signal: AbortSignal): Promise<Socket> {
    const allowed = checkMailServer(server, rules)
    if (allowed !== true) throw new Problem('address-refused', allowed)
    if (needs.isClosed()) throw new Problem('request-stopped', 'The vault is stopping.')
    const socket = await needs.connect(targetOf(server), signal)
    sockets.add(socket)
    const cut = () => socket.destroy()
    signal.addEventListener('abort', cut)
    socket.once('close', () => {
      sockets.delete(socket)
      signal.removeEventListener('abort', cut)
    })
    if (signal.aborted || needs.isClosed()) cut()
    return socket
  }

  async function speak(
    server: MailServerSettings,
    signal: AbortSignal,
    work: (transport: ReturnType<typeof transportOver>) => Promise<string>,
  ): Promise<MailAnswer> {
    // Loaded where mail is sent: most starts of a vault do without.
    const { createTransport } = await import('nodemailer')
    const socket = await dial(server, signal)
    const transport = transportOver(server, socket, { createTransport, extraCa: needs.extraCa })
    try {
      return { taken: true, message: (await work(transport)).slice(0, saidCharsMax) }
    } catch (error) {
      if (signal.aborted) throw timeoutProblem()
      return readRefusal(error)
    } finally {
      transport.close()
      socket.destroy()
    }
  }

  return {
    mayUse: (server) => checkMailServer(server, rules),

    send: (server, mail, signal) =>
      speak(
        server,
        signal,
        async (transport) => (await transport.sendMail(letterOf(mail))).response,
      ),

    check: (server, signal) =>
      speak(server, signal, async (transport) => {
        await transport.verify()
        return 'The server took the greeting and the sign-in.'
      }),
  }
}

/** As of an origin: names over TLS always (their addresses are checked when dialled), all else in the operator's ranges. */
function checkMailServer({ host, security }: Server, rules: AddressRules): true | string {
  const name = host.toLowerCase()
  const isLiteral = isIP(name) !== 0
  if (!isLiteral && !isDnsName(name)) return 'The host of a mail server is a DNS name.'
  if (isLiteral) {
    if (rules.isListed(name)) return true
    return 'A mail server by its IP address is possible only inside the ranges that the operator listed in SALLYPORT_EGRESS_ALLOW_CIDRS; use its name.'
  }
  if (isThisMachine(name) && !loopbacks.some(rules.isListed)) {
    return 'A mail server on this machine itself is possible only where the operator listed its address in SALLYPORT_EGRESS_ALLOW_CIDRS.'
  }
  if (security !== 'none' || rules.hasListed) return true
  return 'Mail in the clear is possible only inside the ranges that the operator listed in SALLYPORT_EGRESS_ALLOW_CIDRS; use TLS or STARTTLS.'
}

/** Plain to begin with: nodemailer puts TLS upon it, which tells the server nothing of HTTP. */
function targetOf({ host, port, security }: Server): DialTarget {
  const hostname = host.toLowerCase()
  const isLiteral = isIP(hostname) !== 0
  const origin = `smtp://${hostname}:${port}`
  return {
    ...{ origin, hostname, port, isLiteral, isTls: false },
    listedOnly: isLiteral || security === 'none',
  }
}

function transportOver(
  server: MailServerSettings,
  socket: Socket,
  { createTransport, extraCa }: Pick<typeof nodemailer, 'createTransport'> & ExtraCa,
) {
  const { host, port, security, username, password } = server
  return createTransport({
    ...{ host: host.toLowerCase(), port },
    getSocket: (_options, done) => done(null, { connection: socket }),
    secure: security === 'tls',
    requireTLS: security === 'starttls',
    ignoreTLS: security === 'none',
    // Whoever has a password wants to be asked for it: without AUTH the server is another one than was meant.
    ...(username !== undefined && {
      auth: { user: username, pass: password ?? '' },
      forceAuth: true,
    }),
    tls: {
      minVersion: 'TLSv1.2',
      rejectUnauthorized: true, // said aloud: NODE_TLS_REJECT_UNAUTHORIZED must not switch it off
      ...(extraCa.length > 0 && { ca: [...extraCa] }),
    },
    disableFileAccess: true,
    disableUrlAccess: true,
    greetingTimeout: greetingMsMax,
    socketTimeout: silenceMsMax,
    connectionTimeout: silenceMsMax,
    maxResponseSize: answerBytesMax,
    logger: false,
  })
}

/** The addresses as objects: a name in them would be parsed. */
const letterOf = ({ from, to, subject, text, html, messageId, headers }: Mail) => ({
  from: { name: 'Sallyport', address: from },
  to: { name: '', address: to },
  envelope: { from, to },
  ...{ subject: oneLine(subject), text, html },
  messageId: `<${messageId}>`,
  headers: { ...headers },
  disableFileAccess: true,
  disableUrlAccess: true,
})

/** Headers are lines. nodemailer folds and encodes what is left. */
const oneLine = (text: string): string => text.replaceAll(/[\p{Cc}\p{Zl}\p{Zp}]+/gu, ' ')

/** What nodemailer fails with; where the server said something, that is the answer, and everything else is a problem. */
function readRefusal(error: unknown): MailAnswer {
  const { code, responseCode, response } = membersOf(error)
  if (responseCode !== undefined && response !== undefined) {
    const message = response.slice(0, saidCharsMax)
    return { taken: false, message, retry: responseCode >= 400 && responseCode < 500 }
  }
  if (code === 'ETIMEDOUT') throw timeoutProblem()
  if (code === 'ETLS') {
    throw new Problem(
      'upstream-unreachable',
      'No secure connection to the mail server: it offers no TLS, or its certificate could not be verified.',
      {
        next: 'Whoever runs the mail server puts it right, or the owner chooses the kind of TLS that it speaks on this port. Nothing was sent.',
        cause: code,
      },
    )
  }
  if (code === 'ESOCKET' || code === 'ECONNECTION') throw connectProblem('ECONNRESET')
  if (code === 'EAUTH' || code === 'ENOAUTH') {
    return {
      taken: false,
      message: 'The server offers no sign-in that the vault knows.',
      retry: false,
    }
  }
  throw invalidResponse('The answer of the mail server is not valid SMTP.', code)
}

function membersOf(error: unknown) {
  const member = (name: string): unknown =>
    typeof error === 'object' && error !== null ? Reflect.get(error, name) : undefined
  const [code, responseCode, response] = ['code', 'responseCode', 'response'].map(member)
  return {
    code: typeof code === 'string' ? code : 'UNKNOWN',
    responseCode: typeof responseCode === 'number' ? responseCode : undefined,
    response: typeof response === 'string' ? response : undefined,
  }
}
