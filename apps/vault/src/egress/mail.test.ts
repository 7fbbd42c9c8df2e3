import { afterEach, describe, expect, it } from 'vitest'
import { type MailReceiver, startMailReceiver } from '../../../../test/fixtures/mail-receiver.ts'
import { makeCertificates } from '../../../../test/fixtures/tls.ts'
import { verifies } from '../../../../test/verifies.ts'
import type { Mail, MailServerSettings } from '../notify/mail-transport.ts'
import { createEgress, type Resolve } from './egress.ts'

const certificates = makeCertificates({ names: ['mail.test'] })
const others = makeCertificates({ names: ['mail.test'] })
const user = { name: 'sallyport', password: 'a mail password 0123' }
const mail: Mail = {
  from: 'vault@example.com',
  to: 'owner@example.com',
  subject: 'A request waits',
  text: 'Agent: robot\n.\nEnd',
  html: '<p>robot</p>',
  messageId: 'ntd_1@example.com',
  headers: { 'Auto-Submitted': 'auto-generated' },
}
const open: { close(): Promise<void> }[] = []
afterEach(async () => {
  for (const one of open.splice(0)) await one.close()
})
const signal = () => AbortSignal.timeout(5_000)

async function scene(
  options: Parameters<typeof startMailReceiver>[0] = {},
  egressOptions: { allow?: readonly string[]; resolve?: Resolve } = {},
) {
  const server = await startMailReceiver(options)
  const egress = createEgress({
    allowCidrs: egressOptions.allow ?? ['127.0.0.0/8'],
    denyCidrs: [],
    now: () => performance.now(),
    resolve: egressOptions.resolve ?? (async () => [{ address: '127.0.0.1' }]),
    extraCa: [certificates.ca],
  })
  open.push(server, egress)
  const settings = (more: Partial<MailServerSettings> = {}): MailServerSettings => ({
    ...{ host: 'mail.test', port: server.port, security: 'starttls', from: mail.from },
    ...more,
  })
  return { server, egress, settings }
}

const typeOf = (promise: Promise<unknown>) =>
  promise.then(
    (answer) => answer,
    (error: unknown) => String(Object(error).type),
  )
const said = (server: MailReceiver) => server.commands.join('\n')

describe('what is refused', () => {
  it('dials no address that the operator did not list, whatever name leads there', async () => {
    verifies('S-17', 'S-16')
    const { server, egress, settings } = await scene({ tls: certificates }, { allow: [] })
    for (const security of ['tls', 'starttls'] as const) {
      expect(await typeOf(egress.mail.send(settings({ security }), mail, signal()))).toBe(
        'address-refused',
      )
      expect(await typeOf(egress.mail.check(settings({ security }), signal()))).toBe(
        'address-refused',
      )
    }
    for (const host of [
      '127.0.0.1',
      '::1',
      '10.0.0.1',
      '169.254.169.254',
      'localhost',
      'x.localhost',
    ]) {
      expect(egress.mail.mayUse(settings({ host })), host).not.toBe(true)
      expect(await typeOf(egress.mail.check(settings({ host }), signal())), host).toBe(
        'address-refused',
      )
    }
    expect(egress.mail.mayUse(settings({ security: 'none' }))).not.toBe(true)
    expect(server.connections()).toBe(0)
  })

  it('dials the address that was checked and asks for no second one', async () => {
    verifies('S-16')
    let asked = 0
    const { server, egress, settings } = await scene(
      { tls: certificates },
      {
        allow: [],
        resolve: async () => {
          asked += 1
          return [{ address: asked === 1 ? '8.8.8.8' : '127.0.0.1' }, { address: '127.0.0.1' }]
        },
      },
    )
    expect(await typeOf(egress.mail.send(settings(), mail, signal()))).toBe('address-refused')
    expect(asked).toBe(1)
    expect(server.connections()).toBe(0)
  })

  it('sends neither mail nor password where STARTTLS is not offered, refused or not verified', async () => {
    const stripped = await scene({ tls: certificates, noStartTls: true, user })
    const given = { username: user.name, password: user.password }
    stripped.server.behaviour = {
      reply: (line) => (line === 'STARTTLS' ? '454 not now' : undefined),
    }
    const answers = [
      await typeOf(stripped.egress.mail.send(stripped.settings(given), mail, signal())),
    ]
    const unknown = await scene({ tls: others, user })
    answers.push(await typeOf(unknown.egress.mail.send(unknown.settings(given), mail, signal())))
    const implicit = await scene({ tls: others, implicit: true, user })
    answers.push(
      await typeOf(
        implicit.egress.mail.send(implicit.settings({ ...given, security: 'tls' }), mail, signal()),
      ),
    )
    const named = await scene({ tls: certificates, user })
    answers.push(
      await typeOf(
        named.egress.mail.send(named.settings({ ...given, host: 'other.test' }), mail, signal()),
      ),
    )
    expect(answers[1]).toBe('upstream-unreachable')
    expect(answers[2]).toBe('upstream-unreachable')
    expect(answers[3]).toBe('upstream-unreachable')
    for (const { server } of [stripped, unknown, implicit, named]) {
      expect(server.mails).toEqual([])
      expect(said(server)).not.toContain('AUTH')
      expect(said(server)).not.toContain('MAIL')
    }
    expect(answers[0]).not.toMatchObject({ taken: true })
  })

  it('puts nothing into a mail that a server does not offer to sign in for', async () => {
    const { server, egress, settings } = await scene({ tls: certificates })
    const answer = await typeOf(
      egress.mail.send(settings({ username: 'a', password: 'b' }), mail, signal()),
    )
    expect(answer).not.toMatchObject({ taken: true })
    expect(server.mails).toEqual([])
  })

  it('writes no header and no recipient that a text asks for', async () => {
    const { server, egress, settings } = await scene({ tls: certificates })
    const evil = 'x\r\nBcc: evil@example.com\r\n\r\nbody\u2028y\nTo: z@example.com'
    await egress.mail.send(
      settings(),
      { ...mail, subject: evil, text: `${evil}\r\n.\r\nRCPT TO:<evil@example.com>` },
      signal(),
    )
    const [got] = server.mails
    const head = got?.data.split('\r\n\r\n')[0] ?? ''
    expect(got?.to).toEqual([mail.to])
    expect(server.mails).toHaveLength(1)
    expect(head).not.toMatch(/^bcc:/im)
    expect(head.match(/^to:/gim)).toHaveLength(1)
    expect(said(server)).not.toContain('evil@')
  })

  it('waits no longer than it is told to, and ends with the room', async () => {
    const { server, egress, settings } = await scene({ tls: certificates })
    server.behaviour = { reply: (line) => (line.startsWith('EHLO') ? '250-mail.test' : undefined) }
    const late = await typeOf(egress.mail.send(settings(), mail, AbortSignal.timeout(200)))
    expect(late).toBe('upstream-timeout')
    const cut = egress.mail.send(settings(), mail, AbortSignal.timeout(5_000))
    const end = typeOf(cut)
    await new Promise((resolve) => setTimeout(resolve, 100))
    await egress.close()
    expect(await end).toMatch(/^(upstream-unreachable|upstream-invalid-response|request-stopped)$/)
    expect(await typeOf(egress.mail.check(settings(), signal()))).toBe('request-stopped')
  })
})

describe('what is sent', () => {
  it('sends over STARTTLS and over TLS from the first byte, signed in', async () => {
    const given = { username: user.name, password: user.password }
    for (const security of ['starttls', 'tls'] as const) {
      const { server, egress, settings } = await scene({
        ...{ tls: certificates, user, implicit: security === 'tls' },
      })
      const answer = await egress.mail.send(settings({ ...given, security }), mail, signal())
      expect(answer).toMatchObject({ taken: true, message: expect.stringContaining('queued') })
      const [got] = server.mails
      expect(got).toMatchObject({ from: mail.from, to: [mail.to], isSecure: true, user: user.name })
      expect(got?.data).toContain('Message-ID: <ntd_1@example.com>')
      expect(got?.data).toContain('Auto-Submitted: auto-generated')
      expect(got?.data).toContain('multipart/alternative')
    }
  })

  it('sends in the clear where the operator listed the address, and asks without sending', async () => {
    const { server, egress, settings } = await scene()
    expect(await egress.mail.check(settings({ security: 'none' }), signal())).toMatchObject({
      taken: true,
    })
    expect(server.mails).toEqual([])
    expect(said(server)).not.toContain('MAIL')
    const answer = await egress.mail.send(settings({ security: 'none' }), mail, signal())
    expect(answer.taken).toBe(true)
  })

  it('tells what is for now from what is for good', async () => {
    const { server, egress, settings } = await scene()
    const clear = settings({ security: 'none' })
    server.behaviour = {
      reply: (line) => (line.startsWith('RCPT') ? '450 4.2.1 later' : undefined),
    }
    expect(await egress.mail.send(clear, mail, signal())).toMatchObject({
      taken: false,
      retry: true,
    })
    server.behaviour = { reply: (line) => (line === '.' ? '554 5.7.1 spam' : undefined) }
    expect(await egress.mail.send(clear, mail, signal())).toMatchObject({
      ...{ taken: false, retry: false, message: expect.stringContaining('spam') },
    })
  })
})
