import { createClient } from '@sallyport/sdk'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type EchoUpstream, startEchoUpstream } from '../fixtures/echo-upstream.ts'
import { addPerson } from '../fixtures/people.ts'
import { startVault, type TestVault } from '../fixtures/vault.ts'
import { hasChromium, startChromium } from './chromium.ts'
import { faultsInEveryLook, looksMsMax } from './looks.ts'
import { desk, loaded, type OpenOptions, openPage, phone, turnTo } from './open-page.ts'

const longName = 'y'.repeat(120)
const liveMs = 10_000

async function generateKey() {
  const pair = await crypto.subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, true, [
    'sign',
    'verify',
  ])
  const { x = '', y = '', d = '' } = await crypto.subtle.exportKey('jwk', pair.privateKey)
  const publicKey = { kty: 'EC', crv: 'P-256', x, y } as const
  return { publicKey, privateKey: { ...publicKey, d } }
}

// Skipped where Chromium is not installed (Debian's package `chromium`).
describe.skipIf(!hasChromium)('the agents', () => {
  let vault: TestVault
  let browser: Browser
  let upstream: EchoUpstream
  let connectionId: string

  beforeAll(async () => {
    ;[vault, browser, upstream] = await Promise.all([
      startVault(),
      startChromium(),
      startEchoUpstream(),
    ])
    connectionId = await vault.addConnection({ label: 'Billing', origins: [upstream.origin] })
  })
  afterAll(async () => {
    await browser?.close()
    await vault?.stop()
    await upstream?.close()
  })

  const open = (path: string, options: OpenOptions = {}) =>
    openPage(browser, `${vault.url}${path}`, { signedIn: true, ...options })
  const card = (page: Page, name: string) =>
    page.locator('section').filter({ has: page.getByRole('heading', { name }) })
  const confirm = async (page: Page, title: string, label: string) => {
    const dialog = page.getByRole('alertdialog', { name: title })
    await dialog.getByRole('button', { name: label, exact: true }).click()
    await dialog.waitFor({ state: 'detached' })
  }
  const clientOf = (
    agentId: string,
    privateKey: Awaited<ReturnType<typeof generateKey>>['privateKey'],
  ) => createClient({ baseUrl: vault.url, auth: { kind: 'agent', agentId, privateKey } })

  it('are added by a name and a code, and turn active, and show their calls, while somebody looks', async () => {
    const { page, context, said } = await open('/agents')
    await page.getByRole('button', { name: 'Add an agent' }).first().click()
    await page.getByRole('textbox', { name: 'Name' }).fill('Release helper')
    await page.getByRole('button', { name: 'Add it' }).click()
    const code = page.locator('code').filter({ hasText: /^spb_/ })
    const bootstrapSecret = (await code.textContent()) ?? ''
    const { publicKey, privateKey } = await generateKey()
    const { agentId } = await vault.owner.call('bootstrapAgent', { bootstrapSecret, publicKey })
    await page.getByText('It has enrolled.').waitFor({ timeout: liveMs })
    expect(await page.content()).not.toContain(bootstrapSecret)
    await page.getByRole('link', { name: 'Go to the agent' }).click()
    await page.getByText('Active', { exact: true }).waitFor()
    await page.getByText('None yet. They appear here as they happen.').waitFor()
    await vault.addPolicy({ agentId, connectionId })
    await card(page, 'What it may do').getByText('May read (GET) anything').waitFor({
      timeout: liveMs,
    })
    const url = `${upstream.origin}/v1/hidden\u202e-and-long`
    await clientOf(agentId, privateKey).call('execute', {
      connectionId,
      method: 'GET',
      url: encodeURI(url),
    })
    const calls = card(page, 'Last calls')
    await calls.getByText('/v1/hidden').waitFor({ timeout: liveMs })
    await calls.getByText('200', { exact: true }).waitFor()
    expect(said).toEqual([])
    await context.close()
  })

  it('get a key that is made in the browser, in what is pasted, and it works', async () => {
    const { page, context, said } = await open('/agents')
    await page.getByRole('button', { name: 'Add an agent' }).first().click()
    await page.getByRole('textbox', { name: 'Name' }).fill('Pasted')
    await page.getByRole('textbox', { name: 'Name' }).press('Enter')
    await page.getByRole('button', { name: 'Make the key' }).click()
    await page.getByRole('tab', { name: 'mcporter' }).click()
    const pasted = JSON.parse((await page.locator('pre:visible').textContent()) ?? '')
    const { env } = pasted.mcpServers.sallyport
    const privateKey = JSON.parse(Buffer.from(env.SALLYPORT_PRIVATE_KEY, 'base64').toString())
    const agentId = env.SALLYPORT_AGENT_ID
    await clientOf(agentId, privateKey).call('listMyConnections', {})
    const { agent } = await vault.owner.call('getAgent', { agentId })
    expect(agent).toMatchObject({ name: 'Pasted', status: 'active' })
    await page.getByRole('button', { name: 'Close' }).last().click()
    expect(await page.content()).not.toContain(env.SALLYPORT_PRIVATE_KEY)
    expect(said).toEqual([])
    await context.close()
  })

  it('are disabled, enabled, renamed, given a new key and deleted, each after saying what it does', async () => {
    const agent = await vault.createAgentWithKey('Doomed')
    const { page, context } = await open(`/agents/${agent.agentId}`)
    const list = () => agent.client.call('listMyConnections', {})
    await list()
    const control = card(page, 'Control')
    const press = (name: string) => control.getByRole('button', { name, exact: true }).click()
    await press('Disable')
    await page.getByText('Everything it asks for is refused at once').waitFor()
    await confirm(page, 'Disable this agent?', 'Disable')
    await page.getByText('Disabled', { exact: true }).waitFor()
    await expect(list()).rejects.toThrow()
    await press('Enable')
    await confirm(page, 'Enable this agent?', 'Enable')
    await page.getByText('Active', { exact: true }).waitFor()
    await list()
    await press('Stop')
    await confirm(page, 'Stop what it is doing?', 'Stop')
    await press('Reset')
    await confirm(page, 'Reset this agent?', 'Reset')
    await list()
    await page.getByRole('button', { name: 'Rename' }).click()
    await page.getByRole('textbox', { name: 'Name' }).fill('Still doomed')
    await page.getByRole('textbox', { name: 'Name' }).press('Enter')
    await page.getByRole('heading', { level: 1, name: 'Still doomed' }).waitFor()
    await press('New enrolment code')
    await page.getByText('until then the present key goes on working').waitFor()
    await confirm(page, 'Issue an enrolment code?', 'Issue it')
    await page.locator('code').filter({ hasText: /^spb_/ }).waitFor()
    await list()
    await page.getByRole('button', { name: 'Make the key' }).click()
    await page.getByText('It has its key.').waitFor()
    await expect(list()).rejects.toThrow()
    await page.getByRole('button', { name: 'Close' }).click()
    await press('Delete')
    await confirm(page, 'Delete this agent?', 'Delete')
    await page.getByText('Agent deleted').waitFor()
    expect(new URL(page.url()).pathname).toBe('/agents')
    await expect(vault.owner.call('getAgent', { agentId: agent.agentId })).rejects.toMatchObject({
      type: 'agent-not-found',
    })
    await context.close()
  })

  it('cannot be changed on the page by who may only look', async () => {
    const auditor = await addPerson(vault, 'auditor')
    const { agentId } = await vault.createAgentWithKey('Looked at')
    const { page, context } = await open(`/agents/${agentId}`, {
      signedIn: { email: auditor.email, password: auditor.password },
    })
    await page.getByText('needs another role').waitFor()
    for (const name of ['Rename', 'Disable', 'Delete', 'New enrolment code']) {
      expect(await page.getByRole('button', { name, exact: true }).count()).toBe(0)
    }
    await page.goto(`${vault.url}/agents`)
    await page.getByRole('link', { name: 'Looked at' }).waitFor()
    expect(await page.getByRole('button', { name: 'Add an agent' }).count()).toBe(0)
    await context.close()
  })

  it('say that one is gone where a link leads to none', async () => {
    const { page, context } = await open('/agents/agt_00000000000000000000000000')
    await page
      .getByRole('alert')
      .filter({ hasText: /no such agent/i })
      .waitFor()
    await context.close()
  })

  it(
    'can be read by everyone, in both themes, on a phone, with the longest names',
    async () => {
      const { agent } = await vault.owner.call('createAgent', { name: longName })
      const { page, context } = await open('/agents', { audit: true })
      for (const path of ['/agents', `/agents/${agent.id}`]) {
        await turnTo(page, path)
        await page.getByText(longName).first().waitFor()
        await loaded(page)
        expect([path, await faultsInEveryLook(page)]).toEqual([path, []])
      }
      await page.getByRole('button', { name: 'Give it a key' }).click()
      await confirm(page, 'Issue an enrolment code?', 'Issue it')
      const dialog = page.getByRole('dialog')
      await dialog.getByText('spb_').waitFor()
      expect(await faultsInEveryLook(page)).toEqual([])
      for (const viewport of [desk, phone]) {
        await page.setViewportSize(viewport)
        expect(await dialog.evaluate((box) => box.scrollWidth - box.clientWidth)).toBe(0)
      }
      await context.close()
    },
    looksMsMax,
  )
})
