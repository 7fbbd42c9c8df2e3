import { Problem } from '@sallyport/contracts'
import { type HttpNeeds, maskedEnd, readUrl, resultOf } from '../../notify/senders/http-answer.ts'
import { newSigningSecret, signWebhook } from '../../notify/senders/webhook.ts'
import type { StreamSender } from '../sender.ts'

/**
 * Posts lines of JSON or one array of them, signed as Standard Webhooks 1.0 says, as notifications are. Whatever is no 2xx is tried
 * again.
 */
export function createWebhookStream(
  needs: HttpNeeds & {
    readonly randomBytes: (size: number) => Uint8Array
    readonly now: () => number
  },
): StreamSender<'webhook'> {
  return {
    prepare(target) {
      const { href } = readUrl(target.url, 'target.url', needs.mayUseOrigin)
      return {
        target: { ...target, url: href },
        signingSecret: newSigningSecret(needs.randomBytes),
      }
    },

    show({ url }) {
      const { host, pathname, search } = new URL(url)
      return maskedEnd(host, `${pathname}${search}`)
    },

    async send({ url, authorization, body: form }, part, { signal, signingSecret }) {
      if (signingSecret === undefined) throw unsigned()
      const lines = part.lines.map(({ json }) => json)
      const body = form === 'array' ? `[${lines.join(',')}]` : `${lines.join('\n')}\n`
      const timestamp = String(Math.floor(needs.now() / 1000))
      const { pathname, search } = new URL(url)
      const secrets = [url, `${pathname}${search}`, signingSecret, ...wordsIn(authorization)]
      const answer = await needs.post(url, {
        ...{ body, signal, secrets },
        headers: {
          'content-type': form === 'array' ? 'application/json' : 'application/x-ndjson',
          'user-agent': 'Sallyport',
          ...(authorization !== undefined && { authorization }),
          'webhook-id': part.id,
          'webhook-timestamp': timestamp,
          'webhook-signature': `v1,${signWebhook(signingSecret, `${part.id}.${timestamp}.${body}`)}`,
        },
      })
      const result = resultOf(answer, { retriesAll: true })
      if (result.delivered) return { taken: true, message: result.message }
      const { retryAfterSeconds } = result
      return { taken: false, message: result.message, retryAfterSeconds }
    },
  }
}

/** The scheme and the secret by themselves too. */
const wordsIn = (authorization: string | undefined): string[] =>
  authorization === undefined ? [] : [authorization, ...authorization.split(' ').slice(1)]

const unsigned = () =>
  new Problem('credential-unreadable', 'The stream has no secret to sign with.', {
    next: 'An owner gives its target anew.',
  })
