import { execFile } from 'node:child_process'
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import { dirname, extname, join, normalize, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { hasChromium, startChromium } from './browser/chromium.ts'
import { faultsInOppositeLooks } from './browser/looks.ts'

// The documentation site as `npm run docs` builds it. That takes VitePress, 100 MB, and half a minute of the processor: elsewhere
// than in CI the site that was built last is looked at, if there is one.

const run = promisify(execFile)
const at = (path: string) => fileURLToPath(new URL(`../${path}`, import.meta.url))
const site = at('out/docs')
const buildMsMax = 400_000
const pagesMsMax = 180_000

let missing: string | undefined
let pages: readonly string[] = []

beforeAll(async () => {
  if (process.env.SALLYPORT_TEST_LARGE_CLIENTS === 'true') {
    await run(process.execPath, [at('scripts/docs.mjs')], { cwd: at('.'), maxBuffer: 2 ** 26 })
  } else if (!existsSync(join(site, 'index.html'))) {
    missing = 'the site is built where SALLYPORT_TEST_LARGE_CLIENTS=true, or by `npm run docs`'
    return
  }
  const builtAt = statSync(join(site, 'index.html')).mtimeMs
  const isOld = readdirSync(at('docs')).some(
    (name) => statSync(at(`docs/${name}`)).mtimeMs > builtAt,
  )
  if (isOld) missing = 'the site is older than docs/: `npm run docs` builds it anew'
  pages = filesUnder(site).filter((file) => file.endsWith('.html') && file !== '404.html')
}, buildMsMax)

describe('the documentation site', () => {
  it('has a page for everything that is written, and for each noun of the API', ({ skip }) => {
    if (missing !== undefined) return skip(missing)
    const written = readdirSync(at('docs')).filter((name) => name.endsWith('.md'))
    for (const name of written) {
      expect(pages).toContain(name === 'README.md' ? 'index.html' : name.replace(/md$/, 'html'))
    }
    expect(pages.filter((page) => page.startsWith('api/')).length).toBeGreaterThanOrEqual(40)
    expect(readFileSync(join(site, 'api/vault.html'), 'utf8')).toContain('/v1/vault/execute')
    expect(pages).toContain('decisions/index.html')
  })

  it('links to nothing that is not there, anchors included', ({ skip }) => {
    if (missing !== undefined) return skip(missing)
    const texts = new Map(pages.map((page) => [page, readFileSync(join(site, page), 'utf8')]))
    const ids = new Map(
      [...texts].map(([page, html]) => [
        page,
        new Set([...html.matchAll(/\sid="([^"]+)"/g)].map(([, id]) => id)),
      ]),
    )
    const broken = [...texts].flatMap(([page, html]) =>
      [...html.matchAll(/\s(?:href|src)="([^"]+)"/g)].flatMap(([, link = '']) => {
        if (/^([a-z]+:|\/\/)/.test(link)) return []
        const [path = '', anchor] = link.replaceAll('&amp;', '&').split('#')
        const file = fileOf(page, decodeURIComponent(path))
        if (file === undefined) return [`${page}: ${link}`]
        const known =
          anchor === undefined || anchor === '' || ids.get(file)?.has(decodeURIComponent(anchor))
        return known ? [] : [`${page}: ${link}`]
      }),
    )
    expect(broken).toEqual([])
  })

  describe('in a browser', () => {
    let browser: Browser
    let server: Server
    let url: string

    beforeAll(async () => {
      if (missing !== undefined || !hasChromium) return
      server = createServer((asked, answer) => {
        const file = fileOf(
          'index.html',
          decodeURIComponent(new URL(asked.url ?? '/', 'http://x').pathname),
        )
        if (file === undefined) return void answer.writeHead(404).end()
        answer.writeHead(200, {
          'content-type': types[extname(file)] ?? 'application/octet-stream',
        })
        answer.end(readFileSync(join(site, file)))
      })
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
      const address = server.address()
      url = `http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}`
      browser = await startChromium()
    })
    afterAll(async () => {
      await browser?.close()
      server?.close()
    })

    it(
      'can be read in both themes, at a desk and on a phone, and asks nobody else for anything',
      async ({ skip }) => {
        if (missing !== undefined) return skip(missing)
        if (!hasChromium) return skip('Debian’s Chromium (apt: chromium) is not installed')
        const page = await browser.newPage()
        const elsewhere: string[] = []
        page.on('request', (request) => {
          if (!request.url().startsWith(url) && !/^(data|blob):/.test(request.url()))
            elsewhere.push(request.url())
        })
        const faults: string[] = []
        // One of each kind: a list, text, a generated table, an operation's page, code.
        for (const path of [
          '',
          'quick-start.html',
          'configuration.html',
          'api/agents.html',
          'tools.html',
        ]) {
          await page.goto(`${url}/${path}`, { waitUntil: 'networkidle' })
          for (const fault of await faultsInOppositeLooks(page)) faults.push(`${path} ${fault}`)
        }
        expect(faults).toEqual([])
        expect(elsewhere).toEqual([])
        await page.close()
      },
      pagesMsMax,
    )

    it(
      'finds a page by a word of it, without a network',
      async ({ skip }) => {
        if (missing !== undefined) return skip(missing)
        if (!hasChromium) return skip('Debian’s Chromium (apt: chromium) is not installed')
        const page = await browser.newPage()
        await page.goto(`${url}/quick-start.html`, { waitUntil: 'networkidle' })
        await page
          .getByRole('button', { name: /search/i })
          .first()
          .click()
        await page.getByRole('searchbox').fill('consumer token')
        await page.locator('#localsearch-list a').first().waitFor()
        expect(await page.locator('#localsearch-list').textContent()).toMatch(/MCP clients/)
        await page.close()
      },
      pagesMsMax,
    )
  })
})

const types: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
}

/** The file of the site at a path, as a server of files finds it; undefined where there is none. */
function fileOf(page: string, path: string): string | undefined {
  const wanted =
    path === '' ? page : path.startsWith('/') ? path.slice(1) : join(dirname(page), path)
  const file = normalize(wanted === '' || wanted.endsWith('/') ? `${wanted}index.html` : wanted)
  return [file, `${file}.html`].find(
    (one) =>
      !one.startsWith('..') && existsSync(join(site, one)) && statSync(join(site, one)).isFile(),
  )
}

function filesUnder(folder: string, base = folder): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name)
    return entry.isDirectory() ? filesUnder(path, base) : [relative(base, path)]
  })
}
