import { createHmac } from 'node:crypto'
import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { AuditStream } from '@sallyport/contracts'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { dumpDatabase } from './fixtures/dump.ts'
import { findLeak } from './fixtures/find-leak.ts'
import { type HttpReceiver, type Received, startHttpReceiver } from './fixtures/http-receiver.ts'
import { type Person, signIn } from './fixtures/people.ts'
import { type Replicas, startReplicas } from './fixtures/replicas.ts'
import { type S3Receiver, startS3Receiver } from './fixtures/s3-receiver.ts'
import { eventually } from './fixtures/scene.ts'
import { type SyslogReceiver, startSyslogReceiver } from './fixtures/syslog-receiver.ts'
import { makeCertificates } from './fixtures/tls.ts'
import { verifies } from './verifies.ts'

// Two replicas, and places of every kind on loopback that the audit log is sent to.

const certificates = makeCertificates({ names: ['localhost'] })
const s3Keys = {
  accessKeyId: 'AKIAAUDITSTREAM0001',
  secretAccessKey: 's3-secret/0123456789abcdefghij+klmno',
  sessionToken: `s3-session/${'0123456789abcdef'.repeat(80)}==`,
  region: 'eu-central-1',
}
const authorization = 'Splunk splunk-token-0123456789abcdef'

let replicas: Replicas
let owner: Person
let webhook: HttpReceiver
let syslog: SyslogReceiver
let s3: S3Receiver

beforeAll(async () => {
  const directory = mkdtempSync(join(tmpdir(), 'ca-'))
  writeFileSync(join(directory, 'ca.pem'), certificates.ca)
  webhook = await startHttpReceiver()
  syslog = await startSyslogReceiver(certificates)
  s3 = await startS3Receiver(s3Keys, 'audit-logs')
  replicas = await startReplicas({ env: { NODE_EXTRA_CA_CERTS: join(directory, 'ca.pem') } })
  owner = await signIn(replicas.first)
})
afterAll(async () => {
  await replicas?.stop()
  await webhook?.close()
  await syslog?.close()
  await s3?.close()
})

type Made = { stream: AuditStream; secret?: string; type?: string }
const path = '/api/v1/audit/streams'

async function create(body: unknown): Promise<Made & { status: number }> {
  const made = await owner.send('POST', path, { body })
  return { ...(made.body as unknown as Made), status: made.status }
}
const read = async (id: string) =>
  (await owner.send('GET', `${path}/${id}`)).body.stream as AuditStream
const change = (stream: AuditStream, changes: object) =>
  owner.send('PATCH', `${path}/${stream.id}`, { body: { version: stream.version, ...changes } })
const remove = (id: string) => owner.send('DELETE', `${path}/${id}`)

/** Lines as they came, of records alone. */
type Line = { type: string; seq: number; entry?: string }
const linesOf = (texts: readonly string[]) =>
  texts.flatMap((text) => text.trimEnd().split('\n')).map((text) => JSON.parse(text) as Line)
const recordsOf = (lines: readonly Line[]) =>
  lines.filter(({ type }) => type === 'record').map(({ seq }) => seq)
const taken = (receiver: HttpReceiver, at: string) =>
  linesOf(receiver.at(at).map(({ body }) => body))

async function headSeq(): Promise<number> {
  const { entries } = await replicas.first.owner.call('listAudit', { limit: 1 })
  return entries[0]?.seq ?? 0
}
/** From 1 to at least that number, none left out, none twice. */
const isWhole = (seqs: readonly number[], last: number) =>
  seqs.length >= last && seqs.every((seq, i) => seq === i + 1)

const webhookTarget = (at: string) => ({ kind: 'webhook', url: `${webhook.origin}${at}` }) as const
const syslogTarget = () => ({ kind: 'syslog', host: 'localhost', port: syslog.port }) as const
const s3Target = () =>
  ({
    ...{ kind: 's3', endpoint: s3.origin, bucket: 'audit-logs', prefix: 'vault/prod' },
    ...{ ...s3Keys, everySeconds: 1 },
  }) as const

describe('where the log is not sent', () => {
  it('takes no place that the operator did not allow', async () => {
    verifies('S-17')
    const hosts = ['10.0.0.1', '[::1]', '169.254.169.254', '192.168.0.1']
    for (const host of hosts) {
      for (const target of [
        { kind: 'webhook', url: `https://${host}/in` },
        { kind: 'webhook', url: `http://${host}/in` },
        { kind: 'syslog', host: host.replace(/[[\]]/g, '') },
        { ...s3Target(), endpoint: `https://${host}` },
      ]) {
        const { status, type } = await create({ target })
        expect([host, target.kind, status >= 400, type]).toEqual([
          host,
          target.kind,
          true,
          expect.stringMatching(/^(origin-not-allowed|address-refused|invalid-input)$/),
        ])
      }
    }
    for (const host of ['2130706433', '127.1', '0x7f.1']) {
      expect(await create({ target: { kind: 'syslog', host } })).toMatchObject({ status: 403 })
    }
  })

  it('is not for somebody else’s token, nor with an old version', async () => {
    verifies('S-08')
    const token = await owner.newToken(['audit:read'])
    const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' }
    const refused = await owner.send('POST', path, {
      headers,
      body: { target: webhookTarget('/none') },
    })
    expect(refused.status).toBe(403)
    const { stream } = await create({ target: webhookTarget('/versions') })
    expect((await change(stream, { enabled: false })).status).toBe(200)
    expect((await change(stream, { enabled: true })).status).toBe(409)
    expect((await remove(stream.id)).status).toBe(200)
    expect((await owner.send('GET', `${path}/${stream.id}`)).status).toBe(404)
  })
})

describe('the log as it grows', () => {
  it('reaches webhooks, syslog and a bucket whole and in order, each record once while all goes well', async () => {
    verifies('S-17', 'S-37')
    const from = 'beginning'
    const hook = await create({ target: { ...webhookTarget('/in'), authorization }, from })
    const log = await create({ target: syslogTarget(), from })
    const bucket = await create({ target: s3Target(), from })
    expect([hook.status, log.status, bucket.status]).toEqual([201, 201, 201])
    for (let i = 0; i < 8; i += 1) await replicas.first.createAgentWithKey(`streamed-${i}`)
    const last = await headSeq()
    const inBucket = () => linesOf([...s3.objects].sort().flatMap(([, lines]) => lines))
    const inSyslog = () => linesOf(syslog.messages.map(({ text }) => text))
    await expect
      .poll(() => isWhole(recordsOf(taken(webhook, '/in')), last), { timeout: 20_000 })
      .toBe(true)
    await expect.poll(() => isWhole(recordsOf(inSyslog()), last), { timeout: 20_000 }).toBe(true)
    await expect.poll(() => isWhole(recordsOf(inBucket()), last), { timeout: 20_000 }).toBe(true)

    const [first] = webhook.at('/in')
    expect(first?.headers).toMatchObject({ authorization, 'content-type': 'application/x-ndjson' })
    expect(isSigned(first, hook.secret)).toBe(true)
    expect(syslog.faults).toEqual([])
    expect(syslog.messages[0]).toMatchObject({
      ...{ priority: 110, hostname: '127.0.0.1', appName: 'sallyport', messageId: 'entry' },
      data: expect.stringMatching(/^\[sallyport@32473 workspace="wsp_\w+" seq="1" kind="entry"\]$/),
    })
    expect([...s3.objects.keys()][0]).toMatch(
      /^vault\/prod\/\d{4}\/\d\d\/\d\d\/wsp_\w+-000000000001-\d{12}-[0-9a-f]{16}\.jsonl\.gz$/,
    )
    expect(s3.refusals).toEqual([])
    // What was delivered is what an export says.
    const exported = await fetch(`${replicas.first.url}/api/v1/audit/export`, {
      headers: { authorization: `Bearer ${replicas.first.ownerToken}` },
    })
    const whole = linesOf([await exported.text()]).filter(({ type }) => type === 'record')
    expect(
      taken(webhook, '/in')
        .filter(({ type }) => type === 'record')
        .slice(0, last),
    ).toEqual(whole.slice(0, last))
    for (const { stream } of [hook, log, bucket]) {
      expect(await read(stream.id)).toMatchObject({ status: 'active', failures: 0 })
      await remove(stream.id)
    }
  }, 90_000)

  it('skips nothing where a place is down, hangs or answers garbage, and holds up nothing else', async () => {
    verifies('S-44', 'S-38')
    syslog.isHung = true
    let secret = ''
    webhook.answer = ({ path: at }) =>
      at === '/down' ? { status: 500, body: `no: ${authorization} ${secret}` } : { status: 200 }
    const down = await create({ target: { ...webhookTarget('/down'), authorization } })
    secret = down.secret ?? ''
    const healthy = await create({ target: webhookTarget('/healthy') })
    const hung = await create({ target: syslogTarget() })
    const start = down.stream.lastSeq
    // It hangs until it is told not to: what waited for it would wait for ever.
    await replicas.first.createAgentWithKey('while-it-is-down')
    const last = await headSeq()
    const wants = (seqs: readonly number[]) => Math.max(0, ...seqs) >= last
    await expect
      .poll(() => wants(recordsOf(taken(webhook, '/healthy'))), { timeout: 20_000 })
      .toBe(true)
    await eventually(async () => (await read(down.stream.id)).status === 'failing', 15_000)
    const failing = await read(down.stream.id)
    expect(failing).toMatchObject({ status: 'failing', lastSeq: start, lastError: 'HTTP 500' })
    expect(failing.behind).toBeGreaterThan(0)

    syslog.isHung = false
    webhook.answer = () => ({ status: 200 })
    webhook.requests.length = 0
    // An owner who turns it off and on again does not wait for the next attempt.
    await change(failing, { enabled: true })
    await expect
      .poll(() => wants(recordsOf(taken(webhook, '/down'))), { timeout: 20_000 })
      .toBe(true)
    expect(recordsOf(taken(webhook, '/down'))[0]).toBe(start + 1)
    // It is written down after the answer that this side has just given.
    await expect
      .poll(() => read(down.stream.id), { timeout: 10_000 })
      .toMatchObject({ status: 'active', failures: 0 })
    for (const { stream } of [down, healthy, hung]) await remove(stream.id)
  }, 90_000)

  it('is sent as events where that is wanted, in one array, and a test says what comes of it', async () => {
    const { stream } = await create({
      target: { ...webhookTarget('/ocsf'), body: 'array' },
      format: 'ocsf',
      sends: ['entries'],
    })
    const test = await owner.send('POST', `${path}/${stream.id}/test`)
    expect(test.body).toMatchObject({ delivered: true, message: 'HTTP 200: ok' })
    expect((await owner.send('POST', `${path}/${stream.id}/test`)).status).toBe(429)
    expect(JSON.parse(webhook.at('/ocsf')[0]?.body ?? '')).toMatchObject([{ type: 'test' }])
    await replicas.first.createAgentWithKey('an event')
    await expect.poll(() => webhook.at('/ocsf').length, { timeout: 15_000 }).toBeGreaterThan(1)
    const events = webhook
      .at('/ocsf')
      .slice(1)
      .flatMap(({ body }) => JSON.parse(body))
    expect(events[0]).toMatchObject({ class_uid: 6003, api: { operation: 'createAuditStream' } })
    await remove(stream.id)
  }, 60_000)
})

it('leaves no secret of a stream in the database, the log or the answers', async () => {
  verifies('S-38')
  const hook = await create({
    target: { ...webhookTarget('/secret-path-0123456789'), authorization },
  })
  const bucket = await create({ target: s3Target() })
  const secrets = [
    authorization.slice(7),
    hook.secret ?? '',
    s3Keys.secretAccessKey,
    s3Keys.sessionToken,
    'secret-path-0123456789',
  ]
  const kept = [
    ...(await dumpDatabase(replicas.database.urls.owner)),
    replicas.first.output(),
    replicas.second.output(),
    JSON.stringify((await owner.send('GET', path)).body),
    JSON.stringify(await replicas.first.owner.call('listAudit', { limit: 100 })),
  ]
  for (const secret of secrets) {
    expect(secret.length).toBeGreaterThan(8)
    for (const text of kept) expect(findLeak(Buffer.from(text), secret)).toBeUndefined()
  }
  const labelled = { target: webhookTarget('/x/label-secret-0123456789'), label: webhook.origin }
  expect((await create(labelled)).status).toBe(201)
  const { url } = labelled.target
  expect((await create({ ...labelled, label: `to ${url}` })).status).toBe(400)
  for (const { stream } of [hook, bucket]) await remove(stream.id)
})

/** As Standard Webhooks 1.0 says. */
function isSigned(request: Received | undefined, secret = ''): boolean {
  const id = request?.headers['webhook-id']
  const at = request?.headers['webhook-timestamp']
  const key = Buffer.from(secret.replace(/^whsec_/, ''), 'base64')
  const mac = createHmac('sha256', key).update(`${id}.${at}.${request?.body}`).digest('base64')
  return request?.headers['webhook-signature'] === `v1,${mac}`
}
