/** How a workspace sends mail, with its password. */
export interface MailServerSettings {
  readonly host: string
  readonly port: number
  /** `tls`: from the first byte; `starttls`: before anything of the mail is said, or not at all; `none`: in the clear. */
  readonly security: 'tls' | 'starttls' | 'none'
  readonly username?: string
  readonly password?: string
  readonly from: string
}

/** One mail. */
export interface Mail {
  readonly from: string
  readonly to: string
  readonly subject: string
  readonly text: string
  readonly html: string
  /** Without angle brackets; the same at each attempt. */
  readonly messageId: string
  readonly headers: Readonly<Record<string, string>>
}

/** What a mail server said to a mail. */
export type MailAnswer =
  | { readonly taken: true; readonly message: string }
  | {
      readonly taken: false
      readonly message: string
      /** RFC 5321 §4.2.1: 4yz is for now, 5yz for good. */
      readonly retry: boolean
    }

/**
 * The way out for mail. Address rules hold (S-17), TLS is verified, what is chosen is never fallen behind. Problems:
 * `address-refused`, `upstream-unreachable`, `upstream-timeout`, `upstream-invalid-response`.
 */
export interface MailTransport {
  send(server: MailServerSettings, mail: Mail, signal: AbortSignal): Promise<MailAnswer>
  /** Greets and signs in, and sends nothing. */
  check(server: MailServerSettings, signal: AbortSignal): Promise<MailAnswer>
  /** Whether an owner may name this server: true, or a sentence that says why not. */
  mayUse(server: Pick<MailServerSettings, 'host' | 'port' | 'security'>): true | string
}
