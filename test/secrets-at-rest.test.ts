import { generateKeyPairSync, randomBytes } from 'node:crypto'
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { CredentialInput } from '@sallyport/contracts'
import type postgres from 'postgres'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { assertionOf, postToken, tokenRequest } from './fixtures/assertions.ts'
import { startTestDatabase, type TestDatabase } from './fixtures/database.ts'
import { type RawServer, startRawServer } from './fixtures/raw-server.ts'
import { openSuperuser } from './fixtures/superuser.ts'
import {
  ownerEmail,
  ownerPassword,
  startVault,
  type TestAgent,
  type TestVault,
} from './fixtures/vault.ts'
import { verifies } from './verifies.ts'

// Every secret that a vault is told or makes is used, well and badly, and then looked for in the whole database, in
// everything that the process wrote, in its data directory and in every answer that had no business holding it.

let database: TestDatabase
let admin: postgres.Sql
let vault: TestVault
let upstream: RawServer
let agent: TestAgent
const rootKey = randomBytes(32)
const secret = (what: string) => `${what}-${randomBytes(18).toString('base64url')}`

/** No secret: a label, which stands where anybody can read it. */
const canary = secret('canary')
const privateKey = generateKeyPairSync('rsa', { modulusLength: 2048 })
  .privateKey.export({ format: 'pem', type: 'pkcs8' })
  .toString()
const credentials = {
  bearer: secret('bearer'),
  header: secret('header'),
  query: secret('query'),
  basic: secret('basic'),
  path: secret('path'),
  cookie: secret('cookie'),
  several: secret('one-of-several'),
  none: '',
  caller: secret('callers-own'),
  oauth2: secret('refresh-token'),
  'oauth2-client-credentials': secret('client-secret'),
  // A line of the key, which stands in no other text.
  'jwt-service-account': privateKey.split('\n')[5] ?? '',
  'aws-sigv4': secret('aws-secret'),
} satisfies Record<CredentialInput['kind'], string>
const awsSession = secret('aws-session')
const otherOfSeveral = secret('other-of-several')
const inputsAt = (tokenEndpoint: string): CredentialInput[] => [
  { kind: 'bearer', token: credentials.bearer },
  { kind: 'header', name: 'x-api-key', value: credentials.header, prefix: 'Key ' },
  { kind: 'query', name: 'api_key', value: credentials.query },
  { kind: 'basic', username: 'user', password: credentials.basic },
  { kind: 'path', placeholder: 'key', value: credentials.path },
  { kind: 'cookie', name: 'sid', value: credentials.cookie },
  {
    kind: 'several',
    parts: [
      { kind: 'header', name: 'x-api-key', value: credentials.several },
      { kind: 'query', name: 'app_key', value: otherOfSeveral },
    ],
  },
  { kind: 'none' },
  { kind: 'caller', place: 'header', name: 'authorization', prefix: 'Bearer' },
  { kind: 'oauth2', refreshToken: credentials.oauth2 },
  {
    ...{ kind: 'oauth2-client-credentials', tokenEndpoint, clientId: 'client', scopes: [] },
    clientAuthentication: 'client_secret_basic',
    clientSecret: credentials['oauth2-client-credentials'],
  },
  {
    ...{ kind: 'jwt-service-account', tokenEndpoint, issuer: 'robot', scopes: ['read'] },
    privateKey,
  },
  {
    ...{ kind: 'aws-sigv4', accessKeyId: 'AKIDEXAMPLE0123456', sessionToken: awsSession },
    ...{ secretAccessKey: credentials['aws-sigv4'], region: 'eu-west-1', service: 's3' },
  },
]
let inputs: CredentialInput[] = []
/** Whose refresh token it is. */
let oauthAppId = ''
const ofApp = ({ kind }: CredentialInput) => (kind === 'oauth2' ? { oauthAppId } : {})
const secrets = new Map<string, string>([
  ...Object.entries(credentials).filter(([, value]) => value !== ''),
  ['another of several', otherOfSeveral],
  ['the AWS session', awsSession],
])

beforeAll(async () => {
  database = await startTestDatabase()
  admin = openSuperuser(database.urls.owner)
  // An upstream that says back all that it hears, as an error page does, and that gives tokens.
  upstream = await startRawServer({
    answer(socket, { line, headers, target, body: asked }) {
      if (target === '/token') return void socket.write(giveTokens(asked.toString()))
      if (target.startsWith('/reset')) return void socket.destroy()
      const body = `${line}\n${headers.map((header) => header.join(': ')).join('\n')}`
      const head = `content-type: text/plain\r\netag: "${line.split(' ')[1]}"\r\ncontent-length: ${Buffer.byteLength(body)}`
      socket.write(`HTTP/1.1 500 Oops\r\n${head}\r\n\r\n${body}`)
    },
  })
  vault = await startVault({
    env: {
      DATABASE_URL: database.urls.app,
      DATABASE_MIGRATION_URL: database.urls.owner,
      SALLYPORT_ROOT_KEY: rootKey.toString('base64'),
      SALLYPORT_LOG_LEVEL: 'debug',
    },
  })
  agent = await vault.createAgentWithKey('keeper')
  const tokenEndpoint = `${upstream.origin}/token`
  inputs = inputsAt(tokenEndpoint)
  const clientSecret = secret('app-secret')
  secrets.set('the secret of the OAuth app', clientSecret)
  const { oauthApp } = await vault.owner.call('createOAuthApp', {
    ...{ provider: 'acme', clientId: 'client', clientSecret, tokenEndpoint },
    authorizationEndpoint: `${upstream.origin}/authorize`,
  })
  oauthAppId = oauthApp.id
  secrets.set('the root key', rootKey.toString('base64'))
  secrets.set('the owner’s password', ownerPassword)
  secrets.set('the owner’s token', vault.ownerToken)
  secrets.set('the agent’s private key', agent.privateKey.d)
})
afterAll(async () => {
  await vault?.stop()
  await admin?.end({ timeout: 1 })
  await upstream?.close()
  await database?.stop()
})

const answers: string[] = []

/** A token endpoint's answer. What it gives is a secret like any other, and so is what it was shown. */
function giveTokens(asked: string): string {
  const what = `token ${secrets.size}`
  const given = { access_token: secret('access'), refresh_token: secret('refresh') }
  secrets.set(`an access ${what}`, given.access_token)
  secrets.set(`a refresh ${what}`, given.refresh_token)
  const assertion = new URLSearchParams(asked).get('assertion')
  if (assertion !== null) secrets.set(`an assertion, ${what}`, assertion.split('.')[2] ?? '')
  const body = JSON.stringify({ ...given, token_type: 'Bearer', expires_in: 3600 })
  const head = `content-type: application/json\r\ncontent-length: ${body.length}`
  return `HTTP/1.1 200 OK\r\n${head}\r\n\r\n${body}`
}

async function send(
  method: string,
  path: string,
  more: { headers?: Record<string, string>; body?: unknown } = {},
) {
  const { headers, body } = more
  const response = await fetch(`${vault.url}${path}`, {
    method,
    headers: { 'content-type': 'application/json', ...headers },
    ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  })
  const text = await response.text()
  const cookie = response.headers.getSetCookie()[0]?.split(';', 1)[0] ?? ''
  const others = [...response.headers].filter(([name]) => name !== 'set-cookie')
  return { status: response.status, text, cookie, said: `${text} ${JSON.stringify(others)}` }
}
/** What a caller sends along where nothing is kept. */
const passedTo = (input: CredentialInput | undefined, id: string) =>
  input?.kind === 'caller' && { 'sallyport-caller-credential': `${id} ${credentials.caller}` }
const bearer = (token: string) => ({ authorization: `Bearer ${token}` })

it('keeps every secret out of database, log, files, audit entries and answers', async () => {
  verifies('S-38', 'S-20')
  const ids = await useEverySecret()
  await failWithEverySecret(ids)
  await sleep(500)
  const places = new Map<string, string>([
    ['the database', await dumpDatabase()],
    ['the output', vault.output()],
    [
      'the audit export',
      (await send('GET', '/api/v1/audit/export', { headers: bearer(vault.ownerToken) })).text,
    ],
    ['the answers', answers.join('\n')],
    ['the data directory', filesOf(vault.dataDir)],
  ])
  expect(places.get('the database')).toContain(agent.agentId)
  expect(places.get('the audit export')).toContain('createConnection')
  expect(answers.length).toBeGreaterThan(40)
  expect(places.get('the output')).toMatch(/"level":50|"level":40/)
  // The search finds what is there, in whatever form.
  const holds = (text: string, value: string) => formsOf(value).some((form) => text.includes(form))
  expect(holds(places.get('the database') ?? '', canary)).toBe(true)
  for (const prefix of ['', 'a', 'ab', 'user:']) {
    const bytes = Buffer.from(`${prefix}${canary}`)
    for (const form of ['base64', 'base64url', 'hex'] as const) {
      expect(holds(`{"x":"${bytes.toString(form)}"}`, canary)).toBe(true)
    }
  }
  const found: string[] = []
  for (const [where, text] of places) {
    for (const [what, value] of secrets) {
      if (holds(text, value)) found.push(`${what} in ${where}`)
    }
  }
  expect(found).toEqual([])
}, 120_000)

/** The ways in which a text may stand somewhere. Base64 is looked for at each of the three alignments. */
function formsOf(value: string): string[] {
  const bytes = Buffer.from(value)
  const aligned = [0, 1, 2].flatMap((shift) => {
    const padded = Buffer.concat([Buffer.alloc(shift), bytes]).toString('base64')
    const whole = padded.slice(shift === 0 ? 0 : 4, padded.length - 4)
    return [whole, whole.replaceAll('+', '-').replaceAll('/', '_')]
  })
  const hex = bytes.toString('hex')
  const raw = /^[A-Za-z0-9+/_-]{43}=?$/.test(value)
    ? Buffer.from(value, 'base64').toString('hex')
    : hex
  return [value, encodeURIComponent(value), hex, hex.toUpperCase(), raw, ...aligned]
}

async function useEverySecret(): Promise<string[]> {
  const ids: string[] = []
  for (const credential of inputs) {
    const id = await vault.addConnection({
      origins: [upstream.origin],
      label: `${credential.kind} ${canary}`,
      credential,
      ...ofApp(credential),
    })
    ids.push(id)
    await vault.addPolicy({ agentId: agent.agentId, connectionId: id })
  }
  const signer = { ...agent, issuer: vault.url }
  const assertion = assertionOf(signer)
  const token = JSON.parse((await postToken(vault.url, tokenRequest(assertion))).text).access_token
  secrets.set('the agent’s token', token)
  secrets.set('an assertion', assertion.split('.')[2] ?? '')
  const { bootstrapSecret } = await vault.owner.call('createAgent', { name: 'second' })
  secrets.set('an enrolment code', bootstrapSecret)
  const signedIn = await send('POST', '/api/v1/session', {
    body: { email: ownerEmail, password: ownerPassword },
  })
  answers.push(signedIn.said)
  secrets.set('a session', signedIn.cookie.split('=')[1] ?? '')
  await useChannels(signedIn.cookie)
  for (const [index, id] of ids.entries()) {
    const path = inputs[index]?.kind === 'path' ? '/x/{key}/y' : '/x'
    for (const url of [path, `/reset${path}`]) {
      const sent = await send('POST', '/v1/vault/execute', {
        headers: { ...bearer(token), ...passedTo(inputs[index], id) },
        body: { connectionId: id, method: 'GET', url: `${upstream.origin}${url}` },
      })
      answers.push(sent.said)
    }
    for (const path of ['', '/test']) {
      const method = path === '' ? 'GET' : 'POST'
      const body = path === '' ? undefined : { url: `${upstream.origin}/x` }
      const answer = await send(method, `/api/v1/connections/${id}${path}`, {
        headers: bearer(vault.ownerToken),
        ...(body && { body }),
      })
      answers.push(answer.said)
    }
  }
  for (const path of ['connections', 'agents', 'policies', 'audit?limit=200', 'audit/verify']) {
    answers.push((await send('GET', `/api/v1/${path}`, { headers: bearer(vault.ownerToken) })).said)
  }
  return ids
}

/** Tells people through services that say back all that they hear. */
async function useChannels(cookie: string): Promise<void> {
  const headers = { cookie, origin: vault.url }
  const [topic, token] = [secret('topic'), secret('ntfy')]
  const paths = ['slack', 'discord', 'webhook'].map((kind) => secret(`${kind}-path`))
  const [slack = '', discord = '', webhook = ''] = paths
  for (const [index, value] of [topic, token, ...paths].entries()) {
    secrets.set(`secret ${index} of a notification channel`, value)
  }
  const { origin } = upstream
  for (const target of [
    { kind: 'ntfy', server: origin, topic, token },
    { kind: 'slack', webhookUrl: `${origin}/services/T/B/${slack}` },
    { kind: 'discord', webhookUrl: `${origin}/api/webhooks/1/${discord}` },
    { kind: 'webhook', url: `${origin}/${webhook}` },
  ]) {
    const made = await send('POST', '/api/v1/notification-channels', { headers, body: { target } })
    expect(made.status).toBe(201)
    const { channel, secret: signing } = JSON.parse(made.text)
    if (signing !== undefined) secrets.set('the secret of a webhook', String(signing).slice(6))
    const path = `/api/v1/notification-channels/${channel.id}`
    const named = { label: `mine ${target.kind === 'ntfy' ? token : paths.join(' ')}` }
    const later = [
      await send('POST', `${path}/test`, { headers, body: {} }),
      await send('GET', path, { headers }),
      await send('PATCH', path, { headers, body: named }),
      await send('GET', '/api/v1/notification-deliveries', { headers }),
    ]
    expect(later[2]?.status).toBe(400)
    answers.push(...later.map(({ said }) => said))
  }
}

/** Puts every secret where it does not belong, and makes the database fail while they are on their way. */
async function failWithEverySecret(ids: readonly string[]): Promise<void> {
  const [first = ''] = ids
  for (const value of [...secrets.values()]) {
    const asked = await Promise.all([
      send('GET', `/api/v1/agents?cursor=1.${encodeURIComponent(value)}`, {
        headers: bearer(value),
      }),
      send('GET', `/nothing/${encodeURIComponent(value)}?token=${encodeURIComponent(value)}`),
      send('DELETE', `/api/v1/tokens/${encodeURIComponent(value)}`, { headers: bearer(value) }),
      send('POST', '/v1/agents/token', { body: tokenRequest(value) }),
      send('POST', '/v1/agents/bootstrap', { body: { bootstrapSecret: value, publicKey: value } }),
      send('POST', '/api/v1/session', { body: { email: `${ownerEmail}x`, password: value } }),
      send('POST', '/api/v1/session', { body: `{"password":"${value}` }),
      send('POST', '/api/v1/connections', {
        headers: bearer(vault.ownerToken),
        body: {
          label: 'x',
          origins: [upstream.origin],
          credential: { kind: 'nothing', token: value },
        },
      }),
    ])
    answers.push(...asked.map(({ said }) => said))
  }
  // Nobody gets at these tables while they are asked for: what fails is logged with what it was about.
  await admin.begin(async (tx) => {
    await tx`LOCK TABLE connections, agent_tokens, owners, bootstrap_codes IN ACCESS EXCLUSIVE MODE`
    const failing = await Promise.all([
      ...inputs.map((credential) =>
        send('POST', '/api/v1/connections', {
          headers: bearer(vault.ownerToken),
          body: { label: 'locked', origins: [upstream.origin], credential, ...ofApp(credential) },
        }),
      ),
      send('PATCH', `/api/v1/connections/${first}`, {
        headers: bearer(vault.ownerToken),
        body: { credential: inputs[0] },
      }),
      send('POST', '/api/v1/session', { body: { email: ownerEmail, password: ownerPassword } }),
      send('POST', '/v1/agents/bootstrap', {
        body: {
          bootstrapSecret: secrets.get('an enrolment code'),
          publicKey: { kty: 'EC', crv: 'P-256', x: agent.privateKey.x, y: agent.privateKey.y },
        },
      }),
      postToken(vault.url, tokenRequest(assertionOf({ ...agent, issuer: vault.url }))).then(
        ({ text, status }) => ({ said: text, status }),
      ),
    ])
    for (const { status, said } of failing) {
      expect(status).toBeGreaterThanOrEqual(500)
      answers.push(said)
    }
  })
  // A query that fails for a reason that nobody foresaw.
  await admin.unsafe('ALTER TABLE connections RENAME COLUMN sealed TO sealed_elsewhere')
  for (const credential of inputs) {
    const failed = await send('POST', '/api/v1/connections', {
      headers: bearer(vault.ownerToken),
      body: { label: 'broken', origins: [upstream.origin], credential, ...ofApp(credential) },
    })
    expect(failed.status).toBeGreaterThanOrEqual(500)
    answers.push(failed.said)
  }
  await admin.unsafe('ALTER TABLE connections RENAME COLUMN sealed_elsewhere TO sealed')
}

/** Every row of every table as text; bytes in hexadecimal, and as the text that they may be. */
async function dumpDatabase(): Promise<string> {
  const tables = await admin<{ name: string }[]>`
    SELECT format('%I.%I', table_schema, table_name) AS name FROM information_schema.tables
    WHERE table_type = 'BASE TABLE' AND table_schema NOT IN ('pg_catalog', 'information_schema')`
  expect(tables.length).toBeGreaterThan(15)
  const rows: string[] = []
  for (const { name } of tables) {
    for (const { row } of await admin.unsafe<{ row: string }[]>(
      `SELECT t::text AS row FROM ${name} t`,
    )) {
      rows.push(row)
      for (const [, hex = ''] of row.matchAll(/\\\\?x([0-9a-f]{2,})/g)) {
        rows.push(Buffer.from(hex, 'hex').toString('latin1'))
      }
    }
  }
  return rows.join('\n')
}

function filesOf(directory: string): string {
  return readdirSync(directory, { recursive: true, encoding: 'utf8' })
    .map((name) => join(directory, name))
    .filter((path) => statSync(path).isFile())
    .map((path) => readFileSync(path, 'latin1'))
    .join('\n')
}
