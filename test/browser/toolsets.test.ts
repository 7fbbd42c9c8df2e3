import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type EchoUpstream, startEchoUpstream } from '../fixtures/echo-upstream.ts'
import { startVault, type TestVault } from '../fixtures/vault.ts'
import { verifies } from '../verifies.ts'
import { hasChromium, startChromium } from './chromium.ts'
import { faultsInOppositeLooks, looksMsMax } from './looks.ts'
import { loaded, type OpenOptions, openPage, turnTo } from './open-page.ts'

const secret = 'stock_0123456789abcdefghij'
const turned = 'Reads an index.\u202eevil'
const longName = `a_tool_with_a_name_as_long_as_names_may_be_${'x'.repeat(5)}`
const liveMs = 10_000

interface DocumentOptions {
  readonly origin: string
  readonly summary?: string
  readonly without?: string
  readonly more?: number
}

/** An OpenAPI document of a small API, and of as many operations more as are wished for. */
function documentOf({ origin, summary = turned, without, more = 0 }: DocumentOptions): string {
  const id = { name: 'id', in: 'path', required: true, schema: { type: 'string' } }
  const answers = { responses: { 200: { description: 'It.' } } }
  const paths: Record<string, object> = {
    '/v1/index/{id}': {
      get: {
        operationId: 'get_index',
        summary,
        parameters: [id, { name: 'days', in: 'query', schema: { type: 'integer', minimum: 1 } }],
        ...answers,
      },
    },
    '/v1/orders': {
      post: {
        operationId: 'place_order',
        summary: 'Places an order.',
        requestBody: {
          content: {
            'application/json': {
              schema: {
                type: 'object',
                required: ['symbol'],
                properties: { symbol: { type: 'string' }, side: { enum: ['buy', 'sell'] } },
              },
            },
          },
        },
        ...answers,
      },
    },
    '/v1/orders/{id}': { delete: { operationId: longName, parameters: [id], ...answers } },
  }
  if (without !== undefined) delete paths[without]
  for (let number = 0; number < more; number += 1) {
    paths[`/v1/more/${number}`] = { get: { operationId: `more_${number}`, ...answers } }
  }
  return JSON.stringify({
    openapi: '3.1.0',
    info: { title: 'Stock index', version: '1' },
    servers: [{ url: origin }],
    components: { securitySchemes: { key: { type: 'apiKey', in: 'header', name: 'X-Stock-Key' } } },
    security: [{ key: [] }],
    paths,
  })
}

// Skipped where Chromium is not installed (Debian's package `chromium`).
describe.skipIf(!hasChromium)('the pages of tools', () => {
  let vault: TestVault
  let browser: Browser
  let upstream: EchoUpstream
  let agentId: string

  beforeAll(async () => {
    ;[vault, browser, upstream] = await Promise.all([
      startVault(),
      startChromium(),
      startEchoUpstream(),
    ])
    agentId = (await vault.createAgentWithKey('Release helper')).agentId
  })
  afterAll(async () => {
    await browser?.close()
    await vault?.stop()
    await upstream?.close()
  })

  const open = (path: string, options: OpenOptions = {}) =>
    openPage(browser, `${vault.url}${path}`, { signedIn: true, ...options })
  const button = (page: Page, name: string | RegExp) => page.getByRole('button', { name })
  const preview = async (page: Page, document: string) => {
    await page.getByLabel('Paste a document').fill(document)
    await button(page, 'Show what it becomes').click()
    await page.getByRole('heading', { name: 'Operations' }).waitFor({ timeout: liveMs })
  }
  const toolsetOf = async (name: string) => {
    const { toolsets } = await vault.owner.call('listToolsets', { name })
    return toolsets[0]?.id ?? ''
  }

  it('take a document that is pasted to a tool that an agent has and an owner tries', async () => {
    verifies('S-41')
    const { page, context, said } = await open('/toolsets')
    await page.getByText('No tools yet').waitFor()
    await page.getByRole('link', { name: 'Import a document' }).click()
    await preview(page, documentOf({ origin: upstream.origin }))
    // Nothing is kept before somebody says so.
    expect((await vault.owner.call('listToolsets', {})).toolsets).toEqual([])
    expect(await page.getByText('‹U+202E›').count()).toBeGreaterThan(0)
    await page.getByRole('checkbox', { name: longName }).uncheck()
    const key = page.locator('input[name="credential.value"]')
    await key.fill(secret)
    await button(page, 'Import 2 tools').click()
    await page.getByRole('heading', { level: 1, name: 'stock-index' }).waitFor({ timeout: liveMs })
    expect(await page.content()).not.toContain(secret)

    await page.getByRole('tab', { name: 'Access' }).click()
    await page.getByText('No agent has any of these tools').waitFor()
    await page.getByLabel('Give tools to').selectOption({ label: 'Release helper' })
    await page.getByRole('radio', { name: /All tools/ }).check()
    await page.getByLabel('a day').fill('100')
    await button(page, 'Save').click()
    await page.getByText('Permission saved').waitFor()
    await button(page, /Release helper, All tools: .*100 a day/).waitFor()
    const { tools } = await vault.owner.call('listAgentTools', { agentId })
    expect(tools.map(({ name }) => name)).toEqual(['get_index', 'place_order'])

    await page.getByRole('link', { name: 'get_index' }).click()
    await page.getByLabel('days').fill('0.5')
    await button(page, 'Show the request').click()
    await page.getByText('It must be given.').waitFor()
    await page.getByText('It must be a whole number.').waitFor()
    await page.getByLabel('id', { exact: true }).fill('000001 SH')
    await page.getByLabel('days').fill('3')
    await button(page, 'Show the request').click()
    const request = page.getByRole('region', { name: 'The request' })
    await request.getByText(`GET ${upstream.origin}/v1/index/000001%20SH?days=3`).waitFor()
    expect(upstream.requests).toEqual([])
    await button(page, 'Send it').click()
    const answer = page.getByRole('region', { name: 'The answer' })
    await answer.getByText('"path": "/v1/index/000001%20SH"').waitFor()
    expect(upstream.requests.at(-1)?.headers).toContainEqual(['x-stock-key', secret])
    await page.getByLabel('As', { exact: true }).selectOption({ label: 'Release helper' })
    await button(page, 'Show the request').click()
    await page.getByText('for Release helper').waitFor()
    expect(upstream.requests).toHaveLength(1)
    expect(said).toEqual([])
    await context.close()
  })

  it('show what a newer document would change and for whom, and apply just that', async () => {
    const toolsetId = await toolsetOf('stock-index')
    const { page, context, said } = await open(`/toolsets/${toolsetId}`)
    await page.getByRole('link', { name: 'A newer document' }).click()
    const document = documentOf({
      origin: upstream.origin,
      summary: 'Reads one index.',
      without: '/v1/orders',
    })
    await preview(page, document)
    const changes = page
      .locator('section')
      .filter({ has: page.getByRole('heading', { name: 'What would change' }) })
    await changes.getByText('Reads one index.').first().waitFor()
    await changes.getByText('place_order').waitFor()
    await changes.getByRole('link', { name: 'Release helper' }).first().waitFor()
    // It was left out before: it stays out, unless somebody takes it now.
    expect(await changes.getByText(longName).count()).toBe(0)
    await page.getByRole('checkbox', { name: longName }).check()
    await changes.getByText(longName).waitFor()
    await button(page, 'Apply the changes').click()
    await page.getByRole('tab', { name: 'Versions' }).click()
    await page.locator('li', { hasText: 'Version 2' }).getByText('Newer document').waitFor()
    await button(page, 'Compare with now').click()
    await page.getByRole('heading', { name: 'Since version 1' }).waitFor()
    const { tools } = await vault.owner.call('listTools', { toolsetId })
    expect(tools.map(({ name }) => name).sort()).toEqual([longName, 'get_index'].sort())
    expect(said).toEqual([])
    await context.close()
  })

  it('say what is wrong with a document, and where', async () => {
    const { page, context } = await open('/toolsets/new')
    await page.getByLabel('Paste a document').fill('openapi: 3.1.0\npaths: [')
    await button(page, 'Show what it becomes').click()
    await page
      .getByRole('alert')
      .getByText(/line 2/i)
      .waitFor()
    await context.close()
  })

  it('draw a thousand tools as fast as ten, and let the keyboard reach each permission', async () => {
    const { toolset } = await vault.owner.call('createToolset', {
      name: 'many',
      document: documentOf({ origin: upstream.origin, more: 1200 }),
      credential: { kind: 'none' },
    })
    await vault.owner.call('setToolsetPermission', {
      toolsetId: toolset.id,
      agentId,
      allowed: true,
    })
    const { page, context } = await open(`/toolsets/${toolset.id}?tab=access`)
    const grid = page.getByRole('grid')
    await button(page, /^Release helper, All tools/).focus()
    await page.keyboard.press('ArrowDown')
    for (let times = 0; times < 30; times += 1) await page.keyboard.press('PageDown')
    const name = () => page.evaluate(() => document.activeElement?.textContent ?? '')
    await expect.poll(name).toMatch(/^Release helper, more_\d+:/)
    expect(await grid.getByRole('row').count()).toBeLessThan(100)
    await page.keyboard.press('Enter')
    await page.getByRole('radio', { name: /Not allowed/ }).check()
    await page.keyboard.press('Enter')
    await page.getByText('Permission saved').waitFor()
    const { tools } = await vault.owner
      .call('listToolsetPermissions', {
        toolsetId: toolset.id,
      })
      .then(
        ({ permissions }) => permissions.find(({ agent }) => agent.id === agentId) ?? { tools: [] },
      )
    expect(tools).toMatchObject([{ permission: { allowed: false, from: 'tool' } }])
    await context.close()
  })

  it(
    'can be read by everyone, in both themes, on a phone',
    async () => {
      const toolsetId = await toolsetOf('stock-index')
      const { tools } = await vault.owner.call('listTools', { toolsetId })
      const tool = `/toolsets/tools/${tools[0]?.id}`
      const at = `/toolsets/${toolsetId}`
      const { page, context } = await open('/toolsets', { audit: true })
      const check = async (path: string) =>
        expect([path, await faultsInOppositeLooks(page)]).toEqual([path, []])
      for (const path of ['/toolsets', at, `${at}?tab=access`, tool, `/agents/${agentId}`]) {
        await turnTo(page, path)
        await page.getByRole('heading', { level: 1 }).waitFor()
        await loaded(page)
        await check(path)
      }
      await turnTo(page, '/toolsets/new')
      await preview(page, documentOf({ origin: upstream.origin }))
      await button(page, 'More').first().click()
      await check('/toolsets/new')
      await context.close()
    },
    looksMsMax,
  )
})
