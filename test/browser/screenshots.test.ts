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
import { addSampleTools, stockDocument } from '../fixtures/sample-tools.ts'
import { startVault, type TestVault } from '../fixtures/vault.ts'
import { hasChromium, startChromium } from './chromium.ts'
import { loaded, noneLeft, openPage, overflowOf } from './open-page.ts'

// Every page as it looks, in both themes, on a desk and on a phone, with much and with nothing to show. The pictures are kept
// in test-results/screenshots; some of them stand in the README (scripts/screenshots.mjs).

const folder = fileURLToPath(new URL('../../test-results/screenshots', import.meta.url))
const shownAfterMs = 250
const testMsMax = 240_000
const looks = [
  ['light', 'desktop'],
  ['light', 'phone'],
  ['dark', 'desktop'],
  ['dark', 'phone'],
] as const

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
    ;[used, fresh, browser, upstream] = await Promise.all([
      startVault({ env: sources.env }),
      startVault(),
      startChromium(),
      startEchoUpstream(),
    ])
    accounts = await startOAuthScene({ vault: used, agentName: 'Calendar helper' })
    const ids = {
      ...(await addSampleAccounts(accounts)),
      ...(await addSampleData(used, upstream)),
      ...(await addSampleTools(used, upstream)),
      ...(await sources.add(used)),
    }
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
  })
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

  async function visit(
    vault: TestVault,
    [colorScheme, device]: (typeof looks)[number],
    named: Readonly<Record<string, string>>,
  ) {
    const options = { signedIn: true, colorScheme, phone: device === 'phone' }
    const { page, context, said } = await openPage(browser, `${vault.url}/agents`, options)
    if (device === 'desktop') await page.setViewportSize({ width: 1280, height: 860 })
    for (const [name, path] of Object.entries(named)) {
      await page.goto(`${vault.url}${path}`, { waitUntil: 'domcontentloaded' })
      await page.locator('main h1').first().waitFor()
      // A page shows that it loads only after a moment.
      await page.waitForTimeout(shownAfterMs)
      await loaded(page)
      await noneLeft(page, () => cardsThatWait(page))
      const picture = join(folder, `${name}-${device}-${colorScheme}.png`)
      await page.screenshot({ path: picture, animations: 'disabled' })
      expect([path, await overflowOf(page), said]).toEqual([path, 0, []])
    }
    if (vault === used) await previewDocument(page, `import-${device}-${colorScheme}.png`)
    await context.close()
  }

  /** What a document would become; nothing of it is kept. */
  async function previewDocument(page: Page, picture: string) {
    await page.goto(`${used.url}/toolsets/new`)
    await page.getByLabel('Paste a document').fill(stockDocument('https://api.stocks.example'))
    await page.getByRole('button', { name: 'Show what it becomes' }).click()
    const operations = page.getByRole('heading', { name: 'Operations' })
    await operations.waitFor()
    await page.getByRole('button', { name: 'Import 5 tools' }).waitFor()
    await operations.evaluate((heading) => {
      heading.style.scrollMarginTop = '2.5rem'
      heading.scrollIntoView()
    })
    await page.screenshot({ path: join(folder, picture), animations: 'disabled' })
    expect(await overflowOf(page)).toBe(0)
  }

  it.concurrent.each(looks)(
    'in %s on a %s, with names as long as they may be',
    async (...look) => {
      await visit(used, look, pages)
    },
    testMsMax,
  )

  it.concurrent.each([looks[0], looks[3]])(
    'in %s on a %s, with nothing there yet',
    async (...look) => {
      const empty = Object.entries(lists).map(([name, path]) => [`${name}-empty`, path])
      await visit(fresh, look, Object.fromEntries(empty))
    },
    testMsMax,
  )
})
