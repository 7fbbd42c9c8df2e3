import { randomBytes } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { connect, createServer } from 'node:net'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type postgres from 'postgres'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { createAuthenticator, type Deviations } from './fixtures/authenticator.ts'
import { startTestDatabase, type TestDatabase } from './fixtures/database.ts'
import { addPerson } from './fixtures/people.ts'
import { openSuperuser } from './fixtures/superuser.ts'
import { ownerEmail, ownerPassword, startVault, type TestVault } from './fixtures/vault.ts'
import { verifies } from './verifies.ts'

// What is tried on a vault from outside before anybody is signed in: at its cookies under TLS, its files and its passkeys.

interface Answer {
  readonly status: number
  readonly head: string
  readonly body: string
}

/** Sends these bytes and nothing else; the answer as it came. */
function raw(port: number, text: string): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = []
    const socket = connect(port, '127.0.0.1', () => socket.write(text, 'latin1'))
    socket.setTimeout(5_000, () => socket.destroy(new Error('no answer')))
    socket.on('data', (chunk) => chunks.push(chunk))
    socket.on('error', reject)
    socket.on('close', () => {
      const all = Buffer.concat(chunks).toString('latin1')
      const end = all.indexOf('\r\n\r\n')
      const head = all.slice(0, end)
      resolve({ status: Number(head.split(' ')[1]), head, body: all.slice(end + 4) })
    })
  })
}
const get = (port: number, target: string, lines: readonly string[] = []) =>
  ask(port, `GET ${target}`, lines)
const ask = (port: number, what: string, lines: readonly string[] = []) =>
  raw(port, [`${what} HTTP/1.1`, 'Host: x', 'Connection: close', ...lines, '', ''].join('\r\n'))

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const address = server.address()
      server.close(() =>
        resolve(typeof address === 'object' && address !== null ? address.port : 0),
      )
    })
  })
}

describe('a vault behind TLS, however its URL is written', () => {
  let vault: TestVault
  let port: number
  let setupToken: string
  beforeAll(async () => {
    port = await freePort()
    const env = { SALLYPORT_PORT: String(port), SALLYPORT_PUBLIC_URL: 'HTTPS://Vault.Example' }
    vault = await startVault({ bare: true, env })
    setupToken = readFileSync(join(vault.dataDir, 'setup-token'), 'utf8').trim()
  })
  afterAll(() => vault?.stop())

  it('gives a cookie that no other host and no plain connection gets or sets', async () => {
    verifies('S-42')
    const body = JSON.stringify({ setupToken, email: ownerEmail, password: ownerPassword })
    const send = (origin: string) =>
      fetch(`http://127.0.0.1:${port}/api/v1/setup`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', origin },
        body,
      })
    for (const origin of [
      `http://127.0.0.1:${port}`,
      'http://vault.example',
      'https://vault.example:8443',
      'https://vault.example.evil.example',
      'null',
    ]) {
      expect((await send(origin)).status).toBe(403)
    }
    const made = await send('https://vault.example')
    expect(made.status).toBe(201)
    const [cookie = '', ...attributes] = made.headers.getSetCookie()[0]?.split('; ') ?? []
    expect(cookie).toMatch(/^__Host-sallyport=[\w-]{43}$/)
    expect(attributes.slice(0, 4)).toEqual(['Path=/', 'HttpOnly', 'SameSite=Strict', 'Secure'])
    expect(attributes.join().toLowerCase()).not.toContain('domain')
    expect(made.headers.get('strict-transport-security')).toMatch(/max-age=\d{8}/)
    const value = cookie.split('=')[1]
    const status = async (sent: string) =>
      (await fetch(`http://127.0.0.1:${port}/api/v1/session`, { headers: { cookie: sent } })).status
    expect(await status(cookie)).toBe(200)
    // The names that a page of another host, or on plain HTTP, could set.
    for (const name of [
      'sallyport',
      '__host-sallyport',
      '__Secure-sallyport',
      ' __Host-sallyport2',
    ]) {
      expect([name, await status(`${name}=${value}`)]).toEqual([name, 401])
    }
    expect(await status(`${cookie}; __Host-sallyport=${'A'.repeat(43)}`)).toBe(401)
  })
})

describe('a vault that is known as localhost', () => {
  it('leaves nobody else an address of that name to answer at', async () => {
    verifies('S-42')
    const port = await freePort()
    const url = `http://localhost:${port}`
    const env = { SALLYPORT_PORT: String(port), SALLYPORT_PUBLIC_URL: url }
    const vault = await startVault({ bare: true, env })
    try {
      // Browsers try both; whoever held the other one would be sent the session's cookie.
      const code = await new Promise<string>((resolve) => {
        const other = createServer()
        other.on('error', (error) => resolve('code' in error ? String(error.code) : ''))
        other.listen(port, '::1', () => other.close(() => resolve('free')))
      })
      expect(['EADDRINUSE', 'EADDRNOTAVAIL', 'EAFNOSUPPORT']).toContain(code)
      const setupToken = readFileSync(join(vault.dataDir, 'setup-token'), 'utf8').trim()
      expect(vault.output()).toContain(`${url}/setup#token=${setupToken}`)
    } finally {
      await vault.stop()
    }
  })
})

describe('the files that are served', () => {
  let vault: TestVault
  let port: number
  beforeAll(async () => {
    vault = await startVault()
    port = Number(new URL(vault.url).port)
  })
  afterAll(() => vault?.stop())

  const dist = fileURLToPath(new URL('../apps/dashboard/dist/', import.meta.url))
  const script = () =>
    readdirSync(join(dist, 'assets')).find((name) => /^index-.*\.js$/.test(name)) ?? ''
  const headersOfAll = [
    'x-content-type-options: nosniff',
    'content-security-policy: ',
    'x-frame-options: DENY',
    'referrer-policy: no-referrer',
    'x-request-id: ',
  ]

  it('are those of the dashboard and no other, whatever the address is made of', async () => {
    verifies('S-42')
    const up = [
      '..',
      '%2e%2e',
      '.%2e',
      '%252e%252e',
      '..%00',
      '..;',
      '%c0%ae%c0%ae',
      '%uff0e%uff0e',
      '...',
      '..%5c',
      '..\\',
    ]
    const between = ['/', '%2f', '\\', '%5c', '//', '%252f']
    const targets = up.flatMap((part) =>
      between.flatMap((slash) => {
        const path = Array.from({ length: 6 }, () => part).join(slash)
        return [
          `/${path}${slash}etc/passwd`,
          `/assets/${path}${slash}package.json`,
          `/assets${slash}${part}${slash}index.html`,
        ]
      }),
    )
    const odd = [
      '/assets/%00',
      '/icon.svg%00.html',
      '/icon.svg/',
      '//icon.svg',
      '/assets//',
      '/ICON.SVG',
      '/.stamp',
      '/assets/.',
      '/index.html',
      '/index.html.br',
      '/.git/config',
      '/.env',
      '/setup-token',
      '/data/root-key',
      '//evil.example/%2e%2e',
      '/\\evil.example',
      'http://evil.example/icon.svg.br',
      '/%',
      '/%zz',
      '/%ff%fe',
    ]
    for (const target of [...targets, ...odd]) {
      for (const accept of ['text/html', '*/*']) {
        const { status, head, body } = await get(port, target, [`Accept: ${accept}`])
        // An address that a client has tidied up may be one that the page could have: it is the page then, and no file.
        const isPage = status === 200 && body.includes('<div id="root"></div>')
        expect([target, isPage || (status >= 400 && status < 500)]).toEqual([target, true])
        expect([target, /root:x|devDependencies/.test(body)]).toEqual([target, false])
        // No answer leads anywhere.
        expect(head.toLowerCase()).not.toContain('location:')
      }
    }
  })

  it('are not the page where an operation could be, and the page is not where data is asked for', async () => {
    verifies('S-42')
    for (const path of [
      '/api',
      '/api/',
      '/api/v1',
      '/api/v2/agents',
      '/v1',
      '/v1/none',
      '/metrics',
      '/healthz/x',
      '/assets',
      '/assets/x',
    ]) {
      const { status, head } = await get(port, path, ['Accept: text/html'])
      expect([path, status, head.includes('application/problem+json')]).toEqual([path, 404, true])
    }
    for (const path of ['/mcp', '/mcp/x']) {
      const { status, head } = await get(port, path, ['Accept: text/html'])
      expect([path, status, head.includes('text/html')]).toEqual([path, 401, false])
    }
    for (const accept of ['application/json', 'text/html;q=0', 'image/png', '']) {
      expect((await get(port, '/agents', [`Accept: ${accept}`])).status).toBe(404)
    }
  })

  it('come whole, with every protecting header, by no method that changes anything', async () => {
    verifies('S-42')
    const asset = `/assets/${script()}`
    const whole = await get(port, asset)
    for (const lines of [
      ['Range: bytes=0-1'],
      ['Range: bytes=999999999-'],
      ['If-Range: "x"', 'Range: bytes=1-2'],
      ['If-Match: "x"'],
      ['If-None-Match: "x", W/"y"'],
      ['If-Modified-Since: Thu, 01 Jan 2099 00:00:00 GMT'],
    ]) {
      const { status, body } = await get(port, asset, lines)
      expect([lines, status, body === whole.body]).toEqual([lines, 200, true])
    }
    const etag = /etag: (\S+)/i.exec(whole.head)?.[1]
    const answers = [
      whole,
      await get(port, '/'),
      await get(port, '/nothing/here.js'),
      await ask(port, 'HEAD /agents'),
      await get(port, asset, [`If-None-Match: ${etag}`]),
      await get(port, '/api/v1/session'),
      await get(port, '/api/v1/session', ['Cookie: sallyport=x']),
    ]
    for (const method of [
      'POST',
      'PUT',
      'DELETE',
      'PATCH',
      'OPTIONS',
      'TRACE',
      'PROPFIND',
      'BREW',
    ]) {
      for (const path of ['/', asset, '/agents', '/api/v1/session']) {
        const answer = await ask(port, `${method} ${path}`, [
          'Content-Length: 0',
          'Origin: http://evil.example',
          'Access-Control-Request-Method: DELETE',
        ])
        expect([method, path, answer.status >= 400 && answer.status < 500]).toEqual([
          method,
          path,
          true,
        ])
        expect(answer.head.toLowerCase()).not.toContain('access-control-')
        // What node itself does not know is refused before there is anything to protect.
        if (answer.head.includes('x-request-id')) answers.push(answer)
      }
    }
    for (const { head } of answers) {
      for (const header of headersOfAll) expect(head.toLowerCase()).toContain(header.toLowerCase())
    }
    for (const path of ['/', '/agents'])
      expect((await get(port, path)).head).toContain('cache-control: no-cache')
    for (const path of ['/api/v1/session', '/api/v1/none', '/none.js']) {
      expect((await get(port, path)).head).toContain('cache-control: no-store')
    }
  })

  it('are served on after heads that are too large or broken', async () => {
    verifies('S-42')
    for (const lines of [
      [`X: ${'a'.repeat(100_000)}`],
      Array.from({ length: 5_000 }, (_, i) => `X-${i}: 1`),
      [`Cookie: ${'sallyport=a; '.repeat(1_000)}`],
      ['Cookie: =; ;;; =a; sallyport'],
      [`Accept: ${'text/html,'.repeat(1_000)}`],
      [`If-None-Match: ${'"a",'.repeat(2_000)}`],
      ['Accept-Encoding: br;q=nan, gzip;;;'],
      ['Bad Header: x'],
      ['X: a\u0000b'],
    ]) {
      const { status } = await get(port, '/', lines).catch(() => ({ status: 400 }))
      expect([lines[0]?.slice(0, 20), status < 500]).toEqual([lines[0]?.slice(0, 20), true])
      expect((await get(port, '/icon.svg')).status).toBe(200)
    }
    expect((await get(port, `/${'a/'.repeat(7_000)}`, ['Accept: text/html'])).status).toBeLessThan(
      500,
    )
  })
})

describe('a passkey', () => {
  let database: TestDatabase
  let admin: postgres.Sql
  let vault: TestVault
  let pages: string
  beforeAll(async () => {
    database = await startTestDatabase()
    admin = openSuperuser(database.urls.owner)
    vault = await startVault({
      env: {
        DATABASE_URL: database.urls.app,
        DATABASE_MIGRATION_URL: database.urls.owner,
        SALLYPORT_ROOT_KEY: randomBytes(32).toString('base64'),
      },
    })
    pages = `http://localhost:${new URL(vault.url).port}`
  })
  beforeEach(async () => void (await admin`DELETE FROM sign_in_attempts`))
  afterAll(async () => {
    await vault?.stop()
    await admin?.end({ timeout: 1 })
    await database?.stop()
  })

  type Options = Readonly<Record<string, unknown>>
  async function post(path: string, body: object, cookie = '') {
    const answer = await fetch(`${pages}/api/v1${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', origin: pages, cookie },
      body: JSON.stringify(body),
    })
    const read = (await answer.json()) as Record<string, unknown>
    const set = answer.headers.getSetCookie()[0]?.split(';', 1)[0] ?? ''
    return { status: answer.status, type: read.type, body: read, cookie: set }
  }
  async function challenge(path: string, cookie = '') {
    const { status, body } = await post(path, {}, cookie)
    expect([path, status]).toEqual([path, 200])
    return { challengeId: String(body.challengeId), options: body.options as Options }
  }
  async function personWithPasskey() {
    const person = await addPerson(vault, 'auditor')
    const device = createAuthenticator(pages)
    const { challengeId, options } = await challenge('/passkeys/options', person.cookie)
    const answer = { challengeId, response: device.register(options), name: 'device' }
    const made = await post('/passkeys', answer, person.cookie)
    expect(made.status).toBe(201)
    return { person, device, id: (made.body.passkey as { id: string }).id, registered: answer }
  }
  const signIn = (answer: object) => post('/session/passkey', answer)

  it('answers one challenge once, also when the answer comes several times at the same moment', async () => {
    verifies('S-42')
    const { device, registered, person } = await personWithPasskey()
    const { challengeId, options } = await challenge('/session/passkey/options')
    const answer = { challengeId, response: device.sign(options) }
    const answers = await Promise.all(Array.from({ length: 6 }, () => signIn(answer)))
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1)
    expect(new Set(answers.map(({ type }) => type))).toEqual(
      new Set([undefined, 'passkey-refused']),
    )
    expect((await signIn(answer)).type).toBe('passkey-refused')
    expect((await post('/passkeys', registered, person.cookie)).type).toBe('passkey-refused')
  })

  it('is bound to what it was asked for, by whom, and to the person whose it is', async () => {
    verifies('S-42')
    const [one, other] = [await personWithPasskey(), await personWithPasskey()]
    const { cookie } = one.person
    const again = (answer: object, as = cookie) =>
      post('/session/reauthenticate', { passkey: answer }, as)
    const ofSignIn = () => challenge('/session/passkey/options')
    const ofAgain = (as = cookie) => challenge('/session/reauthenticate/options', as)
    const ofPasskey = (as = cookie) => challenge('/passkeys/options', as)
    type Given = Awaited<ReturnType<typeof ofSignIn>>
    const signed = (
      { challengeId, options }: Given,
      device = one.device,
      more: Deviations = {},
    ) => {
      const rpId = 'localhost'
      return { challengeId, response: device.sign({ ...options, rpId }, more) }
    }
    const attempts: Record<string, () => Promise<{ type: unknown; cookie: string }>> = {
      'another purpose: proving again': async () => again(signed(await ofSignIn())),
      'another purpose: signing in': async () => signIn(signed(await ofAgain())),
      'another purpose: a new passkey': async () => signIn(signed(await ofPasskey())),
      'a challenge of somebody else': async () => again(signed(await ofAgain(other.person.cookie))),
      'a passkey of somebody else': async () => again(signed(await ofAgain(), other.device)),
      'as somebody else': async () =>
        again(signed(await ofAgain(), one.device), other.person.cookie),
      'for a person who is another': async () =>
        signIn(
          signed(await ofSignIn(), one.device, {
            userHandle: Buffer.from(other.person.id).toString('base64url'),
          }),
        ),
      'a challenge that is over': async () => {
        const given = await ofSignIn()
        await admin`UPDATE challenges SET expires_at = now() - interval '1 second'`
        return signIn(signed(given))
      },
      'a challenge of one’s own': async () =>
        signIn({ ...signed(await ofSignIn(), one.device, { challenge: 'AAAA' }) }),
      'another domain': async () =>
        signIn(signed(await ofSignIn(), one.device, { rpId: 'evil.example' })),
      'another origin': async () =>
        signIn(signed(await ofSignIn(), one.device, { origin: 'http://evil.example' })),
      'another port of this machine': async () =>
        signIn(signed(await ofSignIn(), one.device, { origin: 'http://localhost:9' })),
      'the address without passkeys': async () =>
        signIn(signed(await ofSignIn(), one.device, { origin: vault.url })),
      'nobody verified': async () => signIn(signed(await ofSignIn(), one.device, { flags: 0x01 })),
      'nobody present': async () => signIn(signed(await ofSignIn(), one.device, { flags: 0x04 })),
      'another key': async () => signIn(signed(await ofSignIn(), one.device, { otherKey: true })),
      'a counter that went back': async () =>
        signIn(signed(await ofSignIn(), one.device, { counter: 1 })),
      'a counter that is gone': async () =>
        signIn(signed(await ofSignIn(), one.device, { counter: 0 })),
      'an answer to the other question': async () =>
        signIn(signed(await ofSignIn(), one.device, { type: 'webauthn.create' })),
    }
    for (const [what, attempt] of Object.entries(attempts)) {
      const { type, cookie: given } = await attempt()
      expect([what, type, given]).toEqual([what, 'passkey-refused', ''])
      await admin`DELETE FROM sign_in_attempts`
    }
    const good = await signIn(signed(await ofSignIn()))
    expect([good.status, (good.body.owner as { id: string }).id]).toEqual([200, one.person.id])
  })

  it('that was removed opens nothing, and takes the sessions with it that it opened', async () => {
    verifies('S-42')
    const { device, person, id } = await personWithPasskey()
    const use = async () => {
      const { challengeId, options } = await challenge('/session/passkey/options')
      return signIn({ challengeId, response: device.sign(options) })
    }
    const opened = await use()
    expect(opened.status).toBe(200)
    const begun = await challenge('/session/passkey/options')
    const removed = await fetch(`${pages}/api/v1/passkeys/${id}`, {
      method: 'DELETE',
      headers: { origin: pages, cookie: person.cookie },
    })
    expect(removed.status).toBe(200)
    const seen = await fetch(`${pages}/api/v1/session`, { headers: { cookie: opened.cookie } })
    expect(seen.status).toBe(401)
    const late = await signIn({
      challengeId: begun.challengeId,
      response: device.sign(begun.options),
    })
    expect([late.type, (await use()).type]).toEqual(['passkey-refused', 'passkey-refused'])
  })

  it('is held back from being guessed, and asks for no more challenges than a person needs', async () => {
    verifies('S-42')
    const { device } = await personWithPasskey()
    const guesses = await Promise.all(
      Array.from({ length: 50 }, async () => {
        const response = device.sign({ challenge: 'AAAA', rpId: 'localhost' })
        return (await signIn({ challengeId: 'chl_00000000000000000000000000', response })).status
      }),
    )
    expect(guesses.filter((status) => status !== 429).length).toBeLessThanOrEqual(33)
    const asked = await Promise.all(
      Array.from({ length: 90 }, async () => (await post('/session/passkey/options', {})).status),
    )
    expect(asked.filter((status) => status === 200).length).toBeLessThanOrEqual(63)
    expect(asked).toContain(429)
  })
})
