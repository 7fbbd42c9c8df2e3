import { Buffer } from 'node:buffer'
import {
  createDecipheriv,
  createECDH,
  createPublicKey,
  hkdfSync,
  randomBytes,
  verify,
} from 'node:crypto'
import { describe, expect, it } from 'vitest'
import webPush from 'web-push'
import { verifies } from '../../../../../test/verifies.ts'
import type { Message } from '../message.ts'
import { createWebPushSender } from './web-push.ts'

const workspaceId = 'wsp_1'
const nowMs = Date.parse('2026-11-21T12:00:00Z')
const pair = webPush.generateVAPIDKeys()

/** What a browser keeps of a subscription. */
function subscribe() {
  const ecdh = createECDH('prime256v1')
  const publicKey = ecdh.generateKeys()
  const auth = randomBytes(16)
  const keys = { p256dh: publicKey.toString('base64url'), auth: auth.toString('base64url') }
  return { ecdh, publicKey, auth, keys, endpoint: 'https://push.example/send/0123456789abcdef' }
}

/** RFC 8291 and RFC 8188, written from their text alone. */
function decrypt({ ecdh, publicKey, auth }: ReturnType<typeof subscribe>, body: Buffer): string {
  const salt = body.subarray(0, 16)
  const keyBytes = body.readUInt8(20)
  const sender = body.subarray(21, 21 + keyBytes)
  const record = body.subarray(21 + keyBytes)
  const info = Buffer.concat([Buffer.from('WebPush: info\0'), publicKey, sender])
  const ikm = Buffer.from(hkdfSync('sha256', ecdh.computeSecret(sender), auth, info, 32))
  const derive = (name: string, bytes: number) =>
    Buffer.from(hkdfSync('sha256', ikm, salt, Buffer.from(`Content-Encoding: ${name}\0`), bytes))
  const decipher = createDecipheriv('aes-128-gcm', derive('aes128gcm', 16), derive('nonce', 12))
  decipher.setAuthTag(record.subarray(-16))
  const padded = Buffer.concat([decipher.update(record.subarray(0, -16)), decipher.final()])
  return padded.subarray(0, padded.lastIndexOf(2)).toString('utf8')
}

interface Sent {
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: string | Uint8Array
}

function scene(status = 201) {
  const sent: Sent[] = []
  const sender = createWebPushSender({
    async post(url, request) {
      sent.push({ url, ...request })
      return { status, words: '', body: '', retryAfterSeconds: undefined }
    },
    mayUseOrigin: (origin) => (origin.startsWith('https:') ? true : 'must be https'),
    findKey: async () => pair,
    generateRequest: async (...given) => webPush.generateRequestDetails(...given),
    subject: () => 'https://vault.example.com',
    now: () => nowMs,
  })
  return { sent, sender }
}

const message: Message = {
  kind: 'approval',
  title: 'Claude asks',
  facts: [{ name: 'Request', value: 'POST api.example.com/v1/things — “ünïcode”' }],
  url: 'https://vault.example.com/approvals/apr_1',
  subjectId: 'apr_1',
  severity: 'urgent',
  detail: 'full',
  expiresAt: new Date(nowMs + 90_000),
}
const context = {
  ...{ workspaceId, channelId: 'ntc_1', ownerId: 'own_1', deliveryId: 'ntd_1' },
  at: new Date(nowMs),
  signal: AbortSignal.timeout(10_000),
}

async function send(over: Partial<Message> = {}, status?: number) {
  const { sent, sender } = scene(status)
  const subscription = subscribe()
  const { endpoint, keys } = subscription
  const target = { kind: 'web-push' as const, endpoint, keys }
  const result = await sender.send(target, { ...message, ...over }, context)
  const [request] = sent
  if (request === undefined) throw new Error('nothing was sent')
  return { result, request, read: () => decrypt(subscription, Buffer.from(request.body)) }
}

describe('a message to a browser', () => {
  it('can be read by the browser alone, and says what to open', async () => {
    const { request, read } = await send()
    const shown = JSON.parse(read())
    expect(shown).toEqual({
      title: 'Claude asks',
      body: 'Request: POST api.example.com/v1/things — “ünïcode”',
      url: 'https://vault.example.com/approvals/apr_1',
      tag: 'apr_1',
      urgent: true,
    })
    expect(Buffer.from(request.body).includes('Claude')).toBe(false)
  })

  it('is signed for the push service with the workspace’s key', async () => {
    const { request } = await send()
    const [, token = '', key] =
      /^vapid t=([^,]+), k=(.+)$/.exec(request.headers.Authorization ?? '') ?? []
    expect(key).toBe(pair.publicKey)
    const [head = '', claims = '', signature = ''] = token.split('.')
    expect(JSON.parse(Buffer.from(claims, 'base64url').toString())).toMatchObject({
      aud: 'https://push.example',
      sub: 'https://vault.example.com',
    })
    const point = Buffer.from(pair.publicKey, 'base64url')
    const jwk = {
      ...{ kty: 'EC', crv: 'P-256' },
      x: point.subarray(1, 33).toString('base64url'),
      y: point.subarray(33).toString('base64url'),
    }
    const publicKey = createPublicKey({ key: jwk, format: 'jwk' })
    const signed = Buffer.from(`${head}.${claims}`)
    const how = { key: publicKey, dsaEncoding: 'ieee-p1363' } as const
    expect(verify('sha256', signed, how, Buffer.from(signature, 'base64url'))).toBe(true)
  })

  it('is kept by the push service no longer than it is of use', async () => {
    expect((await send()).request.headers.TTL).toBe('90')
    expect((await send({ expiresAt: new Date(nowMs - 1) })).request.headers.TTL).toBe('0')
  })

  it('stays within what push services take, however long its words are', async () => {
    const facts = [{ name: 'Why', value: '\u{1f600}'.repeat(5_000) }]
    const { request, read } = await send({ facts })
    expect(Buffer.from(request.body).length).toBeLessThanOrEqual(4_096)
    expect(() => JSON.parse(read())).not.toThrow()
  })

  it.each([404, 410])('is the last to a subscription that is over (%i)', async (status) => {
    expect((await send({}, status)).result).toMatchObject({ delivered: false, gone: true })
  })

  it('is tried again where the push service is busy', async () => {
    expect((await send({}, 429)).result).toMatchObject({ delivered: false, retry: true })
  })
})

describe('a subscription', () => {
  it('is taken as a browser says it, and shown without its secret', async () => {
    const { endpoint, keys } = subscribe()
    const made = await scene().sender.prepare({ kind: 'web-push', endpoint, keys }, workspaceId)
    expect(made).toMatchObject({ status: 'active', shown: 'push.example ••••cdef' })
  })

  it('is refused where its keys are none, or where it leads where nothing may be sent', async () => {
    verifies('S-17')
    const { endpoint, keys } = subscribe()
    const { sender } = scene()
    const wrong = [
      { endpoint, keys: { ...keys, p256dh: 'AAAAAAAAAAAA' } },
      { endpoint, keys: { ...keys, p256dh: Buffer.alloc(65, 3).toString('base64url') } },
      { endpoint, keys: { ...keys, auth: 'AAAAAAAAAAAA' } },
      { endpoint: 'http://push.example/1', keys },
    ]
    for (const target of wrong) {
      await expect(
        (async () => sender.prepare({ kind: 'web-push', ...target }, workspaceId))(),
      ).rejects.toThrow(/must/)
    }
  })
})
