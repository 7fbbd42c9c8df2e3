import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'
import type { Browser, Page } from 'playwright-core'
import { hasChromium, startChromium } from '../test/browser/chromium.ts'
import { openPage } from '../test/browser/open-page.ts'
import { startVault, type TestVault } from '../test/fixtures/vault.ts'
import { type Goal, type Measured, median, rounded } from './results.ts'

// What the dashboard costs whoever opens it: the script of the first load, and an inbox in which very much waits, beside the
// same inbox with nothing in it and a page that only scrolls, in the same browser and run.

const rounds = 5
const agents = 500
/** As many as an agent may have waiting. */
const asksEach = 20
const atOnce = 8
const frames = 120
const pixelsAFrame = 200
/**
 * The design wants the inbox usable with 10 000 waiting and gives no figures. These are public ones: what web.dev calls a good
 * Largest Contentful Paint, what browsers call a long task, and the nodes from which Lighthouse calls a page excessive.
 */
const usable = { firstCardMs: 2500, frameMs: 50, nodes: 1400 }
/** As if in bench/dist: two folders up is the workspace. */
const assets = fileURLToPath(new URL('../../apps/dashboard/dist/', import.meta.url))

/** Measures the built dashboard in Debian's Chromium; without it the script alone. */
export async function benchDashboard(): Promise<Measured> {
  const size: Goal = {
    what: 'dashboard, script of the first load, gzip',
    figure: rounded(firstLoadBytes('frame', 'approvals-page') / 1000),
    unit: 'KB',
    bound: 150,
    better: 'less',
  }
  if (!hasChromium) {
    const notes = ['Chromium is not installed, so no page was measured.']
    return { rounds: 1, goals: [size], figures: {}, notes }
  }
  const [empty, full, browser] = await Promise.all([startVault(), startVault(), startChromium()])
  try {
    await askMuch(full)
    const samples: Awaited<ReturnType<typeof measureRound>>[] = []
    for (let round = 0; round < rounds; round += 1) {
      samples.push(await measureRound(browser, { empty, full }))
    }
    const of = (read: (sample: (typeof samples)[number]) => number) =>
      rounded(median(samples.map(read)))
    return {
      rounds,
      goals: [
        size,
        ...inboxGoals({
          firstCardMs: of(({ fullMs }) => fullMs),
          frameMs: of(({ scrolled }) => scrolled.p95),
          nodes: of(({ nodes }) => nodes),
        }),
      ],
      figures: {
        'requests that wait': agents * asksEach,
        'ms from the address to "nothing waits", empty inbox': of(({ emptyMs }) => emptyMs),
        'first card, ratio to the empty inbox': of(({ fullMs, emptyMs }) => fullMs / emptyMs),
        'frame while scrolling, p50 ms': of(({ scrolled }) => scrolled.p50),
        'frame p95, ratio to a page that only scrolls': of(
          ({ scrolled, plain }) => scrolled.p95 / plain.p95,
        ),
        'DOM nodes, empty inbox': of(({ emptyNodes }) => emptyNodes),
      },
      notes: [],
    }
  } finally {
    await browser.close()
    await Promise.all([empty.stop(), full.stop()])
  }
}

function inboxGoals(of: typeof usable): Goal[] {
  const inbox = `inbox with ${agents * asksEach} waiting`
  const less = { better: 'less' } as const
  return [
    {
      ...{ ...less, unit: 'ms', bound: usable.firstCardMs, figure: of.firstCardMs },
      what: `${inbox}, from the address to the first card`,
    },
    {
      ...{ ...less, unit: 'ms', bound: usable.frameMs, figure: of.frameMs },
      what: `${inbox}, a frame while scrolling, p95`,
    },
    {
      ...{ ...less, unit: '', bound: usable.nodes, figure: of.nodes },
      what: `${inbox}, DOM nodes after scrolling`,
    },
  ]
}

/** The packed bytes of the scripts that the named pages need before they show anything. */
function firstLoadBytes(...pages: readonly string[]): number {
  const read = (path: string) => readFileSync(assets + path)
  const html = read('index.html').toString()
  const first = [...html.matchAll(/"\/assets\/([\w-]+\.js)"/g)].flatMap(([, name]) => name ?? [])
  const known = (text: string) =>
    [...text.matchAll(/"(?:\.\/|assets\/)([\w-]+\.js)"/g)].flatMap(([, name]) => name ?? [])
  const lazy = first.flatMap((name) => known(read(`assets/${name}`).toString()))
  const wanted = pages.flatMap((page) => lazy.find((name) => name.startsWith(`${page}-`)) ?? [])
  if (wanted.length < pages.length) throw new Error('The pages are not in the build as expected')
  const seen = new Set<string>()
  const visit = (name: string) => {
    if (seen.has(name)) return
    seen.add(name)
    const text = read(`assets/${name}`).toString()
    for (const [, next] of text.matchAll(/(?:from|import)\s*"\.\/([\w-]+\.js)"/g)) visit(next ?? '')
  }
  for (const name of [...first, ...wanted]) visit(name)
  return [...seen].reduce((sum, name) => sum + gzipSync(read(`assets/${name}`)).length, 0)
}

/** Each is asked by an agent, as in life, and none is sent. */
async function askMuch(vault: TestVault): Promise<void> {
  const origin = 'https://api.example.com'
  const connectionId = await vault.addConnection({ label: 'An API', origins: [origin] })
  const allow = [{ origin, methods: ['POST' as const], paths: ['/**'] }]
  const left = Array.from({ length: agents }, (_, index) => index)
  const askSome = async () => {
    for (let index = left.pop(); index !== undefined; index = left.pop()) {
      const { agentId, client } = await vault.createAgentWithKey(`Agent ${index}`)
      await vault.addPolicy({ agentId, connectionId, allow, approval: 'always' })
      for (let ask = 0; ask < asksEach; ask += 1) {
        const body = { text: `Note ${ask} of agent ${index}`, tags: ['one', 'two'] }
        const call = { connectionId, method: 'POST' as const, url: `${origin}/v1/notes/${ask}` }
        await client.call('execute', { ...call, body, reason: 'The user asked me to.' })
      }
    }
  }
  await Promise.all(Array.from({ length: atOnce }, askSome))
}

async function measureRound(
  browser: Browser,
  { empty, full }: { empty: TestVault; full: TestVault },
) {
  const nothing = await measureInbox(browser, empty, 'Nothing waits for you')
  const much = await measureInbox(browser, full, 'The user asked me to.')
  const plainPage = await browser.newPage({ viewport: { width: 1280, height: 800 } })
  await plainPage.setContent(`<body><div style="height:${frames * pixelsAFrame * 2}px">`)
  const plain = await scroll(plainPage)
  await plainPage.close()
  return {
    emptyMs: nothing.ms,
    emptyNodes: nothing.nodes,
    fullMs: much.ms,
    nodes: much.nodes,
    scrolled: much.scrolled,
    plain,
  }
}

async function measureInbox(browser: Browser, { url }: TestVault, shown: string) {
  // Signed in and with warm caches, as on every day but the first.
  const { page, context } = await openPage(browser, `${url}/agents`, { signedIn: true })
  const startedMs = performance.now()
  await page.goto(`${url}/approvals`, { waitUntil: 'commit' })
  await page.getByText(shown).first().waitFor()
  const ms = performance.now() - startedMs
  const scrolled = await scroll(page)
  const nodes = await page.evaluate(() => document.querySelectorAll('*').length)
  await context.close()
  return { ms, scrolled, nodes }
}

/** How long the frames take while the page is scrolled by so many pixels in each. */
async function scroll(page: Page): Promise<{ p50: number; p95: number }> {
  const times = await page.evaluate(
    ([frames, pixels]) =>
      new Promise<number[]>((resolve) => {
        const taken: number[] = []
        let last = performance.now()
        const step = () => {
          const now = performance.now()
          taken.push(now - last)
          last = now
          window.scrollBy(0, pixels)
          if (taken.length < frames) requestAnimationFrame(step)
          else resolve(taken)
        }
        requestAnimationFrame(step)
      }),
    [frames, pixelsAFrame] as const,
  )
  const sorted = times.slice(1).toSorted((a, b) => a - b)
  const at = (share: number) => sorted[Math.floor(share * (sorted.length - 1))] ?? Number.NaN
  return { p50: at(0.5), p95: at(0.95) }
}
