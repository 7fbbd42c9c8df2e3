import { Buffer } from 'node:buffer'
import { createHash } from 'node:crypto'
import type { RequestDetails } from 'web-push'
import { bodyOf, type Message, type Severity } from '../message.ts'
import type { KeyPair } from '../push-keys.ts'
import type { Sender } from '../sender.ts'
import { type HttpNeeds, invalid, maskedEnd, readUrl, resultOf } from './http-answer.ts'

/** Encrypts and signs for a subscription; `generateRequestDetails` of web-push fits. */
type GenerateRequest = (
  subscription: { endpoint: string; keys: { p256dh: string; auth: string } },
  payload: string,
  options: {
    vapidDetails: KeyPair & { subject: string }
    TTL: number
    urgency: 'normal' | 'high'
    topic?: string
    contentEncoding: 'aes128gcm'
  },
) => Promise<RequestDetails>

export interface WebPushNeeds extends HttpNeeds {
  readonly findKey: (workspaceId: string) => Promise<KeyPair>
  readonly generateRequest: GenerateRequest
  /** Whom a push service may turn to (RFC 8292 §2.1): a `https:` URL or a `mailto:`. */
  readonly subject: () => string
  /** Milliseconds since the epoch. */
  readonly now: () => number
}

/** RFC 8291 §4: what services take is 4 096 bytes, encrypted; the text of a message stays far below. */
const bodyCharsMax = 1_000
/** How long a push service keeps a message for a browser that is away, where it does not end before. */
const keptSecondsMax = 24 * 3_600
/** An uncompressed point of P-256, and the secret of RFC 8291 §3.2. */
const publicKeyBytes = 65
const authBytes = 16

/** Sends to browsers (RFC 8030): encrypted for the subscription (RFC 8291), so that the push service reads nothing. */
export function createWebPushSender(needs: WebPushNeeds): Sender<'web-push'> {
  const { post, mayUseOrigin, findKey, generateRequest, subject, now } = needs
  return {
    prepare(target) {
      const url = readUrl(target.endpoint, 'target.endpoint', mayUseOrigin)
      const { p256dh, auth } = target.keys
      const key = Buffer.from(p256dh, 'base64url')
      if (key.length !== publicKeyBytes || key[0] !== 4) {
        throw invalid('target.keys.p256dh', 'must be what the browser’s subscription says')
      }
      if (Buffer.from(auth, 'base64url').length !== authBytes) {
        throw invalid('target.keys.auth', 'must be what the browser’s subscription says')
      }
      return {
        target: { ...target, endpoint: url.href },
        shown: maskedEnd(url.host, url.pathname),
        status: 'active',
      }
    },

    async send({ endpoint, keys }, message, { workspaceId, deliveryId, signal }) {
      const vapidDetails = { ...(await findKey(workspaceId)), subject: subject() }
      const { headers, body } = await generateRequest(
        { endpoint, keys },
        JSON.stringify(payloadOf(message)),
        {
          ...{ vapidDetails, contentEncoding: 'aes128gcm' },
          TTL: keptSeconds(message, now()),
          urgency: urgencies[message.severity],
          topic: topicOf(message.subjectId ?? deliveryId),
        },
      )
      const { 'Content-Length': _, ...sent } = headers
      const answer = await post(endpoint, {
        body: body ?? Buffer.alloc(0),
        headers: textsOf(sent),
        signal,
        secrets: [keys.auth, endpoint],
      })
      // RFC 8030 §7.3: a subscription that is over is 404 or 410 for good.
      return resultOf(answer, { goneAt: [404, 410] })
    },
  }
}

/** What the service worker of the dashboard shows. */
const payloadOf = (message: Message) => ({
  title: message.title,
  body: bodyOf(message).slice(0, bodyCharsMax),
  url: message.url,
  ...(message.subjectId !== undefined && { tag: message.subjectId }),
  urgent: message.severity === 'urgent',
})

const urgencies: Readonly<Record<Severity, 'normal' | 'high'>> = {
  normal: 'normal',
  high: 'high',
  urgent: 'high',
}

function keptSeconds({ expiresAt }: Message, nowMs: number): number {
  if (expiresAt === undefined) return keptSecondsMax
  const left = Math.ceil((expiresAt.getTime() - nowMs) / 1000)
  return Math.min(Math.max(left, 0), keptSecondsMax)
}

/** RFC 8030 §5.4: at most 32 characters of base64url. A later message about the same takes the place of the earlier. */
const topicOf = (subject: string) =>
  createHash('sha256').update(subject).digest('base64url').slice(0, 32)

const textsOf = (headers: Readonly<Record<string, unknown>>): Record<string, string> =>
  Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, String(value)]))
