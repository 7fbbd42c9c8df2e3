import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type EchoUpstream, startEchoUpstream } from '../fixtures/echo-upstream.ts'
import { type OAuthScene, startOAuthScene } from '../fixtures/oauth-scene.ts'
import { addSampleAccounts } from '../fixtures/sample-accounts.ts'
import { addSampleData } from '../fixtures/sample-data.ts'
import { placeSampleSources, type SampleSourcePlaces } from '../fixtures/sample-sources.ts'
import { addSampleStreams } from '../fixtures/sample-streams.ts'
import { addSampleTools, stockDocument } from '../fixtures/sample-tools.ts'
import { startVault, type TestVault } from '../fixtures/vault.ts'
import { hasChromium, startChromium } from './chromium.ts'
import { loaded, noneLeft, openPage, overflowOf, phone, turnTo } from './open-page.ts'

// Every page as it looks, in both themes, on a desk and on a phone, with much and with nothing to show. The pictures are kept
// in test-results/screenshots; some of them stand in the README (scripts/screenshots.mjs). A page is loaded once, and then has to
// follow its window and the theme.

const folder = fileURLToPath(new URL('../../test-results/screenshots', import.meta.url))
const shownAfterMs = 250
const testMsMax = 240_000
const looks = [
  { theme: 'light', device: 'desktop', viewport: { width: 1280, height: 860 } },
  { theme: 'dark', device: 'desktop', viewport: { width: 1280, height: 860 } },
  { theme: 'dark', device: 'phone', viewport: phone },
  { theme: 'light', device: 'phone', viewport: phone },
] as const
type Look = (typeof looks)[number]

/** Cards in sight whose exact request is yet to come: each asks for its own. */
const cardsThatWait = (page: Page) =>
  page
    .getByText('not on the screen yet')
    .evaluateAll(
      (notes) => notes.filter((note) => note.getBoundingClientRect().top < innerHeight).length,
    )

// Skipped where Chromium is not installed (Debian's package `chromium`).
describe.skipIf(!hasChromium)('every page fits its screen, and its console is silent', () => {
  let upstream: EchoUpstream
  let accounts: OAuthScene
  let sources: SampleSourcePlaces
  let used: TestVault
  let fresh: TestVault
  let browser: Browser
  let pages: Readonly<Record<string, string>>

  beforeAll(async () => {
    mkdirSync(folder, { recursive: true })
    sources = placeSampleSources()
    // One after the other: a vault that starts takes all that there is, and the other's database would not answer in time.
    upstream = await startEchoUpstream()
    used = await startVault({ env: sources.env })
    accounts = await startOAuthScene({ vault: used, agentName: 'Calendar helper' })
    const ids = {
      ...(await addSampleAccounts(accounts)),
      ...(await addSampleData(used, upstream)),
      ...(await addSampleTools(used, upstream)),
      ...(await sources.add(used)),
    }
    await addSampleStreams(used, upstream)
    fresh = await startVault()
    browser = await startChromium()
    pages = {
      ...lists,
      'approvals-of-one-agent': `/approvals?agentId=${ids.agentId}`,
      approval: `/approvals/${ids.approvalId}`,
      'capability-request': `/capability-requests/${ids.capabilityRequestId}`,
      agent: `/agents/${ids.agentId}`,
      connection: `/connections/${ids.connectionId}`,
      'oauth-connection': `/connections/${ids.oauthConnectionId}`,
      'oauth-connection-ended': `/connections/${ids.endedConnectionId}`,
      'device-code': `/connections/flows/${ids.deviceFlowId}`,
      'oauth-app': `/settings/oauth-apps/${ids.oauthAppId}`,
      policy: `/policies/${ids.policyId}`,
      toolset: `/toolsets/${ids.toolsetId}`,
      'toolset-access': `/toolsets/${ids.toolsetId}?tab=access`,
      tool: `/toolsets/tools/${ids.toolId}`,
      'long-tool': `/toolsets/tools/${ids.longToolId}`,
      'approval-of-a-tool': `/approvals/${ids.toolApprovalId}`,
      server: `/servers/${ids.serverId}`,
      'failed-server': `/servers/${ids.failedServerId}`,
      'edit-a-server': `/servers/${ids.serverId}/edit`,
      'server-tool': `/toolsets/tools/${ids.serverToolId}`,
      'server-connection': `/connections/${ids.serverConnectionId}`,
      'approval-of-a-server-tool': `/approvals/${ids.serverApprovalId}`,
      database: `/databases/${ids.sourceId}`,
      'edit-a-database': `/databases/${ids.sourceId}/edit`,
      statement: `/databases/${ids.sourceId}/statement?name=orders_of`,
      'statement-tool': `/toolsets/tools/${ids.statementToolId}`,
      'approval-of-a-statement': `/approvals/${ids.statementApprovalId}`,
    }
  }, testMsMax)
  afterAll(async () => {
    await browser?.close()
    await Promise.all([accounts?.stop(), used?.stop(), fresh?.stop(), upstream?.close()])
    sources?.remove()
  })

  const lists = {
    approvals: '/approvals',
    'capability-requests': '/capability-requests',
    agents: '/agents',
    connections: '/connections',
    'add-a-connection': '/connections?add=any',
    'connect-gmail': '/connections?service=google-gmail',
    policies: '/policies',
    tools: '/toolsets',
    'add-tools': '/toolsets/new',
    servers: '/servers',
    'add-a-server': '/servers/new',
    'paste-servers': '/servers/new?from=paste',
    variables: '/servers/variables',
    databases: '/databases',
    'add-a-database': '/databases/new',
    'import-databases': '/databases/new?from=document',
    activity: '/activity',
    audit: '/audit',
    alerts: '/alerts',
    notifications: '/settings/notifications',
    'mail-server': '/settings/mail-server',
    'audit-streams': '/settings/audit-streams',
    'add-an-audit-stream': '/settings/audit-streams?add=s3',
    'alert-settings': '/settings/alerts',
    account: '/settings/account',
    members: '/settings/members',
    tokens: '/settings/tokens',
    'oauth-apps': '/settings/oauth-apps',
    'add-an-oauth-app': '/settings/oauth-apps?add=google',
    'single-sign-on': '/settings/single-sign-on',
    workspace: '/settings/workspace',
    welcome: '/welcome',
  }

  /** The page as it is now, in this look. */
  async function picture(page: Page, name: string, { theme, device, viewport }: Look) {
    await page.setViewportSize(viewport)
    await page.emulateMedia({ colorScheme: theme })
    await noneLeft(page, () => cardsThatWait(page))
    const path = join(folder, `${name}-${device}-${theme}.png`)
    await page.screenshot({ path, animations: 'disabled' })
    expect([name, device, theme, await overflowOf(page)]).toEqual([name, device, theme, 0])
  }

  interface Visit {
    readonly vault: TestVault
    readonly named: Readonly<Record<string, string>>
    readonly goTo: (page: Page, path: string) => Promise<unknown>
    readonly looks: readonly Look[]
  }

  async function visit({ vault, named, goTo, looks }: Visit) {
    const { page, context, said } = await openPage(browser, `${vault.url}/agents`, {
      signedIn: true,
    })
    for (const [name, path] of Object.entries(named)) {
      await goTo(page, path)
      await page.locator('main h1').first().waitFor()
      // A page shows that it loads only after a moment.
      await page.waitForTimeout(shownAfterMs)
      await loaded(page)
      for (const look of looks) await picture(page, name, look)
      expect([path, said]).toEqual([path, []])
    }
    if (vault === used) await previewDocument(page)
    await context.close()
  }

  /** What a document would become; nothing of it is kept. */
  async function previewDocument(page: Page) {
    await page.goto(`${used.url}/toolsets/new`)
    await page.getByLabel('Paste a document').fill(stockDocument('https://api.stocks.example'))
    await page.getByRole('button', { name: 'Show what it becomes' }).click()
    const operations = page.getByRole('heading', { name: 'Operations' })
    await operations.waitFor()
    await page.getByRole('button', { name: 'Import 5 tools' }).waitFor()
    for (const look of looks) {
      await page.setViewportSize(look.viewport)
      await operations.evaluate((heading) => {
        heading.style.scrollMarginTop = '2.5rem'
        heading.scrollIntoView()
      })
      await picture(page, 'import', look)
    }
  }

  it.concurrent(
    'with names as long as they may be, opened by its address',
    async () => {
      const goTo = (page: Page, path: string) =>
        page.goto(`${used.url}${path}`, { waitUntil: 'domcontentloaded' })
      await visit({ vault: used, named: pages, goTo, looks })
    },
    testMsMax,
  )

  it.concurrent(
    'with nothing there yet, gone to from another page',
    async () => {
      const named = Object.entries(lists).map(([name, path]) => [`${name}-empty`, path])
      await visit({
        ...{ vault: fresh, named: Object.fromEntries(named), looks: [looks[0], looks[2]] },
        // The heading has the focus of whoever comes from elsewhere, which a picture is not to show.
        goTo: async (page, path) => {
          await turnTo(page, path)
          await page.evaluate(() => document.querySelector<HTMLElement>('h1:focus')?.blur())
        },
      })
    },
    testMsMax,
  )
})
