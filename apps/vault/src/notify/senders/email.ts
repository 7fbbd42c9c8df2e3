import { Problem } from '@sallyport/contracts'
import type { Mail, MailServerSettings, MailTransport } from '../mail-transport.ts'
import { bodyOf, type Message } from '../message.ts'
import type { SendContext, Sender } from '../sender.ts'
import { invalid, wordsOf } from './http-answer.ts'

/** Sends mail through the workspace's own mail server, as plain text and as simple HTML. */
export function createEmailSender(needs: {
  readonly mail: Pick<MailTransport, 'send'>
  /** Undefined where the workspace has none. Problem: `credential-unreadable`. */
  readonly findMailServer: (workspaceId: string) => Promise<MailServerSettings | undefined>
}): Sender<'email'> {
  return {
    async prepare({ to }, workspaceId) {
      if (!isPlainAddress(to)) throw invalid('target.to', 'must be one plain address')
      if ((await needs.findMailServer(workspaceId)) === undefined) throw noMailServer()
      return { target: { kind: 'email', to }, shown: to, status: 'active' }
    },

    async send({ to }, message, context) {
      const server = await needs.findMailServer(context.workspaceId)
      if (server === undefined) {
        return { delivered: false, retry: false, message: 'The workspace has no mail server.' }
      }
      const secrets = server.password === undefined ? [] : [server.password]
      const answer = await needs.mail.send(
        server,
        mailOf(message, context, { server, to }),
        context.signal,
      )
      const words = wordsOf(answer.message, secrets)
      if (answer.taken) return { delivered: true, message: words }
      return { delivered: false, message: words, retry: answer.retry }
    },
  }
}

/** No display name, list or group, nor anything that would have to be quoted. */
export const isPlainAddress = (text: string): boolean =>
  /^[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9](?:[A-Za-z0-9.-]{0,252}[A-Za-z0-9])?$/.test(
    text,
  )

function mailOf(
  message: Message,
  { deliveryId }: SendContext,
  { server, to }: { readonly server: MailServerSettings; readonly to: string },
): Mail {
  return {
    from: server.from,
    to,
    subject: message.title,
    text: [message.title, '', bodyOf(message), '', `Open: ${message.url}`, '', footer].join('\n'),
    html: htmlOf(message),
    messageId: `${deliveryId}@${server.from.split('@').at(-1) ?? server.host}`,
    headers: {
      // RFC 3834 §5: nobody's absence is answered to.
      'Auto-Submitted': 'auto-generated',
      'X-Auto-Response-Suppress': 'All',
    },
  }
}

const footer = 'Opening the link decides nothing. Who may be told, and where, is in the settings.'

function htmlOf({ title, facts, url }: Message): string {
  const rows = facts.map(
    ({ name, value }) =>
      `<tr><th align="left" valign="top">${escapeHtml(name)}</th><td>${escapeHtml(value)}</td></tr>`,
  )
  return [
    '<!doctype html><html><head><meta charset="utf-8"></head><body>',
    `<h1 style="font-size:18px">${escapeHtml(title)}</h1>`,
    ...(rows.length === 0 ? [] : [`<table cellpadding="4">${rows.join('')}</table>`]),
    `<p><a href="${escapeHtml(url)}">Open in Sallyport</a></p>`,
    `<p style="color:#666">${escapeHtml(footer)}</p>`,
    '</body></html>',
  ].join('\n')
}

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}

/** Text that is text, in an element and in an attribute. */
export const escapeHtml = (text: string): string =>
  text.replaceAll(/[&<>"']/g, (character) => entities[character] ?? '')

const noMailServer = () =>
  new Problem('mail-server-not-found', 'The workspace has no mail server yet.', {
    next: 'An owner or admin says in the settings of the workspace how it sends mail.',
  })
