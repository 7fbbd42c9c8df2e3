import { Buffer } from 'node:buffer'
import { Problem } from '@sallyport/contracts'
import type { StreamLine, StreamSender } from '../sender.ts'

/** Where a syslog server listens. */
export interface SyslogServer {
  readonly host: string
  readonly port: number
  readonly tls: boolean
}

/**
 * The way out to syslog servers. The address rules hold (S-17), TLS is verified. Problems: `address-refused`,
 * `upstream-unreachable`, `upstream-timeout`, `upstream-invalid-response`, `request-stopped`.
 */
export interface SyslogTransport {
  /** Whether an owner may name this server: true, or a sentence that says why not. */
  mayUse(server: Pick<SyslogServer, 'host' | 'tls'>): true | string
  /** Writes all of it over a connection of its own, and resolves when the other side has read it and hung up in its turn. */
  send(server: SyslogServer, bytes: Uint8Array, signal: AbortSignal): Promise<void>
}

/** RFC 5424 §6.2.1: facility 13 is “log audit”. */
const facility = 13
const severities = { informational: 6, warning: 4 } as const
/** RFC 5612: an enterprise number for documentation, since Sallyport has none of its own. */
const structuredDataId = 'sallyport@32473'

/** Sends RFC 5424 messages with octet counting (RFC 5425 §4.3, RFC 6587 §3.4.1). */
export function createSyslogStream(needs: {
  readonly transport: SyslogTransport
  /** Names the vault: the host of its public URL. */
  readonly hostname: () => string
}): StreamSender<'syslog'> {
  const { transport } = needs
  return {
    prepare(target) {
      const prepared = { ...target, host: target.host.toLowerCase() }
      const allowed = transport.mayUse(prepared)
      if (allowed !== true) throw new Problem('address-refused', allowed)
      return { target: prepared }
    },

    show: ({ host, port, tls }) => `${host}:${port}${tls ? '' : ' (plain TCP)'}`,

    async send({ host, port, tls }, { workspaceId, lines }, { signal }) {
      const hostname = headerText(needs.hostname())
      const framed = lines.map((line) => frame(line, { hostname, workspaceId }))
      await transport.send({ host, port, tls }, Buffer.concat(framed), signal)
      return { taken: true, message: `${lines.length} messages` }
    },
  }
}

interface Origin {
  readonly hostname: string
  readonly workspaceId: string
}

/** One message, with its length in front. */
function frame(line: StreamLine, { hostname, workspaceId }: Origin): Buffer {
  const severity = line.refused ? severities.warning : severities.informational
  const priority = facility * 8 + severity
  const at = new Date(line.atMs).toISOString()
  const data =
    `[${structuredDataId} workspace="${parameter(workspaceId)}" seq="${line.seq}"` +
    ` kind="${line.kind}"]`
  // No BOM: those who read JSON stumble over it, and the text is UTF-8 all the same (MSG-ANY).
  const message = Buffer.from(
    `<${priority}>1 ${at} ${hostname} sallyport - ${line.kind} ${data} ${line.json}`,
    'utf8',
  )
  return Buffer.concat([Buffer.from(`${message.length} `), message])
}

/** RFC 5424 §6.3.3. */
const parameter = (text: string): string => text.replaceAll(/["\\\]]/g, '\\$&')
/** Printable ASCII without blanks, or the sign for nothing. */
const headerText = (text: string): string =>
  text.replaceAll(/[^\x21-\x7e]/g, '').slice(0, 255) || '-'
