import { readdirSync, readFileSync } from 'node:fs'
import { request } from 'node:http'
import { fileURLToPath } from 'node:url'
import { brotliDecompressSync, gunzipSync, gzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startVault, type TestVault } from './fixtures/vault.ts'
import { verifies } from './verifies.ts'

const folder = fileURLToPath(new URL('../apps/dashboard/dist/', import.meta.url))
const read = (path: string) => readFileSync(folder + path)
const names = () => readdirSync(`${folder}assets`)

describe('the built dashboard', () => {
  const firstLoadBytesMax = 150_000
  const html = () => read('index.html').toString()
  const entries = () => [...html().matchAll(/"\/assets\/([\w-]+\.js)"/g)].map(([, name]) => name)

  /** A script with all that it imports before it runs. */
  function graphOf(wanted: readonly (string | undefined)[], seen = new Set<string>()) {
    for (const name of wanted) {
      if (name === undefined || seen.has(name)) continue
      seen.add(name)
      const text = read(`assets/${name}`).toString()
      const imports = [...text.matchAll(/(?:from|import)\s*"\.\/([\w-]+\.js)"/g)]
      graphOf(
        imports.map(([, path]) => path),
        seen,
      )
    }
    return seen
  }
  const bytesOf = (graph: Iterable<string>) =>
    [...graph].reduce((sum, name) => sum + gzipSync(read(`assets/${name}`)).length, 0)
  const chunk = (page: string) =>
    names().find((name) => name.startsWith(`${page}-`) && /\.js$/.test(name))

  it('has a first page of at most 150 KB of packed script', () => {
    expect(entries().length).toBeGreaterThan(0)
    expect(bytesOf(graphOf(entries()))).toBeLessThan(firstLoadBytesMax)
  })

  it.each([
    ['setup-page'],
    ['sign-in-page'],
    ['frame', 'approvals-page'],
    ['frame', 'agents-page'],
    ['frame', 'connections-page'],
    ['frame', 'toolsets-page'],
    ['frame', 'servers-page'],
    ['frame', 'databases-page'],
    ['frame', 'policies-page'],
    ['frame', 'capability-requests-page'],
  ])('shows %s %s with no more than that, all of it counted', (...pages) => {
    const wanted = pages.map((page) => chunk(page))
    expect(wanted).not.toContain(undefined)
    expect(bytesOf(graphOf([...entries(), ...wanted]))).toBeLessThan(firstLoadBytesMax)
  })

  it('holds no script or style of its own in its page, and names nobody else’s address', () => {
    verifies('S-42')
    const page = html()
    expect(page).not.toMatch(/<style|style=|\son\w+=|javascript:/i)
    expect(page.match(/<script\b[^>]*>/g)).toEqual(
      page.match(/<script\b[^>]*\ssrc="\/assets\/[^>]*>/g),
    )
    expect(page).not.toMatch(/<script\b[^>]*>[^<]/)
    expect(page).not.toMatch(/https?:\/\//)
    const styles = names().filter((name) => name.endsWith('.css'))
    for (const name of styles)
      expect(read(`assets/${name}`).toString()).not.toMatch(/url\(|@import/)
  })

  it('can be installed: a manifest with a name, a start and icons that are there', () => {
    const manifest = JSON.parse(read('manifest.webmanifest').toString())
    expect(manifest).toMatchObject({ name: 'Sallyport', start_url: '/', display: 'standalone' })
    const icons = manifest.icons as { src: string; sizes: string; type: string }[]
    for (const { src, sizes, type } of icons) {
      const bytes = read(src.slice(1))
      if (type !== 'image/png') continue
      // PNG (ISO 15948 §11.2.2): width and height stand at 16 and 20.
      expect(`${bytes.readUInt32BE(16)}x${bytes.readUInt32BE(20)}`).toBe(sizes)
    }
    const sizes = icons.filter(({ type }) => type === 'image/png').map((icon) => icon.sizes)
    expect(sizes).toEqual(expect.arrayContaining(['192x192', '512x512']))
  })
})

describe('the served dashboard', () => {
  let vault: TestVault
  beforeAll(async () => {
    vault = await startVault()
  })
  afterAll(() => vault?.stop())

  interface Answer {
    readonly status: number
    readonly headers: Readonly<Record<string, string | string[] | undefined>>
    readonly body: Buffer
  }
  function ask(path: string, headers: Record<string, string> = {}, method = 'GET') {
    return new Promise<Answer>((resolve, reject) => {
      const sent = request(`${vault.url}${path}`, { method, headers, agent: false }, (answer) => {
        const chunks: Buffer[] = []
        answer.on('data', (part: Buffer) => chunks.push(part))
        answer.on('end', () => {
          const { statusCode: status = 0, headers: given } = answer
          resolve({ status, headers: given, body: Buffer.concat(chunks) })
        })
      })
      sent.on('error', reject)
      sent.end()
    })
  }
  const html = { accept: 'text/html,application/xhtml+xml,*/*;q=0.8' }
  const script = () => names().find((name) => /^index-.*\.js$/.test(name)) ?? ''

  it('lets nothing run, load or frame but the vault’s own files', async () => {
    verifies('S-42')
    const { status, headers } = await ask('/approvals', html)
    expect(status).toBe(200)
    const policy = String(headers['content-security-policy'])
    const directives = new Map(
      policy.split('; ').map((part) => {
        const [name = '', ...values] = part.split(' ')
        return [name, values]
      }),
    )
    expect(directives.get('default-src')).toEqual(["'none'"])
    expect(directives.get('script-src')).toEqual(["'self'"])
    expect(directives.get('frame-ancestors')).toEqual(["'none'"])
    expect(directives.get('base-uri')).toEqual(["'none'"])
    expect(directives.get('form-action')).toEqual(["'none'"])
    expect(directives.get('require-trusted-types-for')).toEqual(["'script'"])
    expect(directives.get('trusted-types')).toEqual(['service-worker'])
    expect(directives.get('worker-src')).toEqual(["'self'"])
    expect(policy).not.toMatch(/unsafe|\*|https?:/)
    expect(headers).toMatchObject({
      'x-frame-options': 'DENY',
      'x-content-type-options': 'nosniff',
      'referrer-policy': 'no-referrer',
      'cross-origin-opener-policy': 'same-origin',
      'cache-control': 'no-cache',
      'permissions-policy': expect.stringContaining('camera=()'),
    })
  })

  it('serves the service worker as a script that is asked for anew, and that may load pictures alone', async () => {
    verifies('S-42')
    const { status, headers, body } = await ask('/sw.js')
    expect(status).toBe(200)
    expect(headers).toMatchObject({
      'content-type': 'text/javascript; charset=utf-8',
      'cache-control': 'no-cache',
      'content-security-policy': "default-src 'none'; img-src 'self'",
      'x-content-type-options': 'nosniff',
    })
    // It keeps no page: nothing of it answers in the vault's place.
    expect(body.toString()).not.toMatch(/caches|respondWith|importScripts|fetch/)
  })

  it('gives each answer a nonce of its own, the same in the policy and in the page', async () => {
    verifies('S-42')
    const nonces = await Promise.all(
      Array.from({ length: 20 }, async () => {
        const { headers, body } = await ask('/', html)
        const policy = String(headers['content-security-policy'])
        const [, nonce = ''] = /style-src 'self' 'nonce-([^']+)'/.exec(policy) ?? []
        expect(body.toString()).toContain(`<meta name="csp-nonce" content="${nonce}"`)
        expect(Buffer.from(nonce, 'base64').length).toBe(16)
        return nonce
      }),
    )
    expect(new Set(nonces).size).toBe(nonces.length)
  })

  it('packs what it sends as the client can unpack it, and says what may be kept', async () => {
    const path = `/assets/${script()}`
    const plain = await ask(path)
    expect(plain.headers['content-encoding']).toBeUndefined()
    expect(plain.headers['content-type']).toBe('text/javascript; charset=utf-8')
    expect(plain.headers['cache-control']).toBe('public, max-age=31536000, immutable')
    expect(plain.headers.vary).toBe('accept-encoding')
    const packed = [
      ['br', 'gzip, deflate, br', brotliDecompressSync],
      ['gzip', 'gzip', gunzipSync],
      ['gzip', 'br;q=0, gzip;q=0.5', gunzipSync],
    ] as const
    for (const [encoding, accepted, unpack] of packed) {
      const { headers, body } = await ask(path, { 'accept-encoding': accepted })
      expect(headers['content-encoding']).toBe(encoding)
      expect(unpack(body).equals(plain.body)).toBe(true)
      expect(headers.etag).not.toBe(plain.headers.etag)
    }
    const etag = String(plain.headers.etag)
    for (const known of [etag, `"other", ${etag}`, `W/${etag}`]) {
      const again = await ask(path, { 'if-none-match': known })
      expect([again.status, again.body.length]).toEqual([304, 0])
    }
    expect((await ask(path, { 'if-none-match': '"other"' })).status).toBe(200)
    expect((await ask('/icon.svg')).headers['cache-control']).toBe('no-cache')
  })

  it('answers HEAD as GET without the body', async () => {
    for (const path of ['/', `/assets/${script()}`, '/manifest.webmanifest']) {
      const { status, body, headers } = await ask(path, html, 'HEAD')
      expect([status, body.length]).toEqual([200, 0])
      expect(headers['content-type']).toBe((await ask(path, html)).headers['content-type'])
    }
  })

  it('never passes its page off as a missing file, an operation or data', async () => {
    for (const path of ['/assets/none.js', '/assets/', '/api/v1/none', '/v1/none', '/.env']) {
      const { status, headers } = await ask(path, html)
      expect([path, status]).toEqual([path, 404])
      expect(headers['content-type']).toBe('application/problem+json')
    }
    expect((await ask('/approvals', { accept: 'application/json' })).status).toBe(404)
    expect((await ask('/approvals', { accept: 'text/html;q=0, application/json' })).status).toBe(
      404,
    )
  })

  it('gives nothing away that is not part of it', async () => {
    for (const path of [
      '/.stamp',
      '/index.html',
      `/assets/${script()}.br`,
      '/assets/..%2findex.html',
    ]) {
      expect([path, (await ask(path)).status]).toEqual([path, 404])
    }
  })
})
