import { createHmac } from 'node:crypto'
import { Problem } from '@sallyport/contracts'
import { bodyOf, type Message } from '../message.ts'
import type { SealedChannel } from '../sealed-channel.ts'
import type { SendContext, Sender } from '../sender.ts'
import { type HttpNeeds, maskedEnd, readUrl, resultOf } from './http-answer.ts'

type Signing = NonNullable<SealedChannel['signing']>

/** Standard Webhooks 1.0: 24 to 64 random bytes. */
const secretBytes = 32
const secretPrefix = 'whsec_'
/** Both secrets sign for as long. */
const renewalMs = 24 * 3_600_000

/**
 * Posts JSON, signed as Standard Webhooks 1.0 says (https://github.com/standard-webhooks/standard-webhooks): `webhook-id` is the
 * same at each attempt, `webhook-timestamp` is the attempt's, and `webhook-signature` holds one `v1` signature for each secret
 * that is good. Whatever is not a 2xx is tried again; 410 Gone ends it.
 */
export function createWebhookSender(
  needs: HttpNeeds & {
    readonly randomBytes: (size: number) => Uint8Array
    readonly now: () => number
  },
): Sender<'webhook'> {
  return {
    prepare({ url: text }) {
      const url = readUrl(text, 'target.url', needs.mayUseOrigin)
      return {
        target: { kind: 'webhook', url: url.href },
        shown: maskedEnd(url.host, `${url.pathname}${url.search}`),
        status: 'active',
        signing: { secret: newSigningSecret(needs.randomBytes) },
      }
    },

    async send({ url }, message, context) {
      const { signing, signal, deliveryId } = context
      if (signing === undefined) throw unsigned()
      const body = JSON.stringify(payloadOf(message, context))
      const timestamp = String(Math.floor(needs.now() / 1000))
      const signed = `${deliveryId}.${timestamp}.${body}`
      const { pathname, search } = new URL(url)
      const answer = await needs.post(url, {
        ...{ body, signal, secrets: [url, `${pathname}${search}`, ...secretsOf(signing)] },
        headers: {
          'content-type': 'application/json',
          'user-agent': 'Sallyport',
          'webhook-id': deliveryId,
          'webhook-timestamp': timestamp,
          'webhook-signature': goodSecrets(signing, needs.now())
            .map((secret) => `v1,${signWebhook(secret, signed)}`)
            .join(' '),
        },
      })
      return resultOf(answer, { goneAt: [410], retriesAll: true })
    },
  }
}

/** A new `whsec_…`. */
export const newSigningSecret = (randomBytes: (size: number) => Uint8Array): string =>
  `${secretPrefix}${Buffer.from(randomBytes(secretBytes)).toString('base64')}`

/** A new secret in place of the one before, which goes on to sign for a day. */
export const renewSigning = (
  { secret }: Signing,
  needs: { readonly randomBytes: (size: number) => Uint8Array; readonly now: () => number },
): Signing => ({
  secret: newSigningSecret(needs.randomBytes),
  previous: { secret, untilMs: needs.now() + renewalMs },
})

const secretsOf = ({ secret, previous }: Signing): string[] =>
  [secret, ...(previous === undefined ? [] : [previous.secret])].map((text) =>
    text.slice(secretPrefix.length),
  )

/** The newest first. */
const goodSecrets = ({ secret, previous }: Signing, nowMs: number): string[] =>
  previous !== undefined && nowMs < previous.untilMs ? [secret, previous.secret] : [secret]

/** HMAC-SHA-256 in base64 of `id.timestamp.body`. */
export function signWebhook(secret: string, text: string): string {
  const key = Buffer.from(secret.slice(secretPrefix.length), 'base64')
  return createHmac('sha256', key).update(text).digest('base64')
}

/** Standard Webhooks: `type`, `timestamp` (of the event) and `data`. */
const payloadOf = (message: Message, { at }: SendContext) => ({
  type: types[message.kind],
  timestamp: at.toISOString(),
  data: {
    title: message.title,
    text: bodyOf(message),
    facts: message.facts,
    url: message.url,
    severity: message.severity,
    ...(message.subjectId !== undefined && { subjectId: message.subjectId }),
    ...(message.expiresAt !== undefined && { expiresAt: message.expiresAt.toISOString() }),
  },
})

const types: Readonly<Record<Message['kind'], string>> = {
  approval: 'approval.requested',
  capability: 'capability.requested',
  needs_reauth: 'connection.needs_reauth',
  limit_reached: 'alert.limit_reached',
  unusual_activity: 'alert.unusual_activity',
  freeze: 'workspace.frozen',
  test: 'notification.test',
}

const unsigned = () =>
  new Problem('credential-unreadable', 'The webhook has no secret to sign with.', {
    next: 'Its owner makes its secret anew.',
  })
